"""The older name of `cleat.structlog.typing`, for programs that import from it."""

from __future__ import annotations

from .typing import (
    BindableLogger,
    Context,
    EventDict,
    ExceptionRenderer,
    ExceptionTransformer,
    ExcInfo,
    FilteringBoundLogger,
    Processor,
    WrappedLogger,
)

__all__ = (
    "BindableLogger",
    "Context",
    "EventDict",
    "ExcInfo",
    "ExceptionRenderer",
    "ExceptionTransformer",
    "FilteringBoundLogger",
    "Processor",
    "WrappedLogger",
)
