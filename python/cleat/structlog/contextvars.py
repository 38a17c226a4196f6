"""Context variables: fields of the task, coroutine or thread that runs, on every line that it logs, whoever logs.

They live in one `contextvars.ContextVar`, and so go where Python's contexts go: a task starts with what its parent had
bound, and what it binds itself stays with it; a thread starts with nothing, unless `cleat.propagate()` or
`cleat.wrap()` takes the fields along. C code that logs through libcleat sees the same fields, and may bind some.
A forked child goes on with those of the thread that forked.

`merge_contextvars` has to be among the processors, in front, for lines to have them. A key that the event has already
stays as it is; the others come in the order in which they were bound.
"""

from __future__ import annotations

from typing import Any

from .._engine import (
    bind_contextvars,
    bound_contextvars,
    clear_contextvars,
    get_contextvars,
    get_merged_contextvars,
    merge_contextvars,
    reset_contextvars,
    unbind_contextvars,
)

__all__ = [
    "STRUCTLOG_KEY_PREFIX",
    "STRUCTLOG_KEY_PREFIX_LEN",
    "bind_contextvars",
    "bound_contextvars",
    "clear_contextvars",
    "get_contextvars",
    "get_merged_contextvars",
    "merge_contextvars",
    "reset_contextvars",
    "unbind_contextvars",
]

STRUCTLOG_KEY_PREFIX = "structlog_"
"""With what structlog's variables begin. Ours is another one: use `get_contextvars()`, not `contextvars.copy_context()`."""

STRUCTLOG_KEY_PREFIX_LEN = len(STRUCTLOG_KEY_PREFIX)

# structlog has one variable for each key in here, and its test suite looks. Here it is always empty.
_CONTEXT_VARS: dict[str, Any] = {}
