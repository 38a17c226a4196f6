"""What is measured in Python."""

from __future__ import annotations

import logust_family
import structlog_family

FAMILIES = (structlog_family.FAMILY, logust_family.FAMILY)
