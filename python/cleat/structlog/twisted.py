"""Stands where structlog has its support for Twisted, to say that there is none here yet."""

from __future__ import annotations

raise ImportError("cleat.structlog has no support for Twisted yet; all else of structlog is there.", name=__name__)
