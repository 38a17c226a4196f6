"""loguru's way to the class of its context variable, under the name by which tests ask for it."""

from __future__ import annotations

import importlib
from typing import Any


def load_contextvar_class() -> Any:
    """Return the class ContextVar of the standard library."""
    return importlib.import_module("contextvars").ContextVar
