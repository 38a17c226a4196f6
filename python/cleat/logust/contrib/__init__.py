"""What logust has beside its logger: standard library records, timing, canonical events, Starlette and FastAPI.

`RequestLoggerMiddleware`, `get_request_id` and `setup_fastapi` are there where starlette is installed; it is imported
when one of them is asked for.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

from .decorators import debug_fn, log_fn
from .events import (
    TailSampler,
    add_event_fields,
    canonical_event,
    clear_event_fields,
    get_current_event,
    get_event_fields,
)
from .logging_handler import InterceptHandler, intercept_logging

if TYPE_CHECKING:
    from .starlette import RequestLoggerMiddleware, get_request_id, setup_fastapi

__all__ = [
    "InterceptHandler",
    "TailSampler",
    "add_event_fields",
    "canonical_event",
    "clear_event_fields",
    "debug_fn",
    "get_current_event",
    "get_event_fields",
    "intercept_logging",
    "log_fn",
]

_OF_STARLETTE = ["RequestLoggerMiddleware", "get_request_id", "setup_fastapi"]


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ValueError:  # It is imported, and has no spec: a test's own.
        return True


if _is_installed("starlette"):
    __all__ += ["RequestLoggerMiddleware", "get_request_id", "setup_fastapi"]


def __getattr__(name: str) -> Any:
    """Find a name of the middleware's. ImportError, which says what to install, where starlette is missing."""
    if name not in _OF_STARLETTE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(".starlette", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
