"""What a request binds, and its access line: the same for ASGI and WSGI."""

from __future__ import annotations

import re
import time
import uuid
from typing import Any, Protocol

from .._engine import bind_contextvars, clear_contextvars
from ..traceparent import begin_span, extract_traceparent

# In the scope or environment of a request: its id. A middleware that finds it there is an inner one, and passes.
REQUEST_ID_KEY = "cleat.request_id"

# A header is a stranger's. What is accepted can neither forge a line nor a header, nor fill a disk.
_FIT_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class AccessLogger(Protocol):
    """What the access line is logged to: any logger that takes an event and fields."""

    def info(self, event: str, **fields: Any) -> Any:
        """Log a request that was answered."""

    def warning(self, event: str, **fields: Any) -> Any:
        """Log a request that was given up."""

    def error(self, event: str, **fields: Any) -> Any:
        """Log a request that ended with an exception."""


def make_request_id() -> str:
    """Return an id for a request that came without a fit one: 32 hex digits at random."""
    return uuid.uuid4().hex


def is_fit_request_id(text: str) -> bool:
    """Tell whether an id from outside may be used: 1 to 64 of ASCII letters, digits, `.`, `_` and `-`."""
    return _FIT_REQUEST_ID.fullmatch(text) is not None


def bind_request(traceparent: str | None, **fields: str | None) -> None:
    """Begin anew with a request's fields, those that are None left out, and its trace if the header is a valid one."""
    clear_contextvars()
    bind_contextvars(**{key: value for key, value in fields.items() if value is not None})
    if traceparent is not None:
        try:
            extract_traceparent(traceparent)
        except ValueError:
            return  # The standard's advice: go on as if there had been none.
        begin_span()


def address(host: str | None, port: object) -> str | None:
    """Return `host:port`, as in a URL, or what of it is known."""
    if not host:
        return None
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{port}" if port else shown


class Access:
    """The access line of one request: written once, whichever end comes first."""

    __slots__ = ("_fields", "_logger", "_started", "status")

    def __init__(self, logger: AccessLogger | None, **fields: object) -> None:
        self._logger = logger
        self._fields = fields
        self._started = time.perf_counter()
        self.status: int | None = None

    def completed(self, event: str = "request completed") -> None:
        """The whole answer has been handed to the server."""
        self._log("info", event)

    def aborted(self) -> None:
        """It ended without a whole answer and without an error: the client went away, or the work was cancelled."""
        self._log("warning", "request aborted")

    def failed(self, error: BaseException) -> None:
        """The application raised an exception; if it had not begun to answer, the server answers 500."""
        self.status = self.status or 500
        self._fields["error"] = repr(error)
        self._log("error", "request failed")

    def _log(self, level: str, event: str) -> None:
        if self._logger is None:
            return
        if self.status is not None:
            self._fields["status"] = self.status
        duration = round(time.perf_counter() - self._started, 6)
        getattr(self._logger, level)(event, **self._fields, duration=duration)
        self._logger = None
