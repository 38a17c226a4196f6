"""Starlette and FastAPI: the lines of a request, or one canonical event for it."""

from __future__ import annotations

import re
import sys
import time
import traceback
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeAlias

from .. import logger as default_logger
from . import _request_facts as facts
from ._held import held
from .events import TailSampler, canonical_event, number_in
from .logging_handler import intercept_logging as do_intercept_logging

try:
    from starlette.middleware.base import BaseHTTPMiddleware
except ImportError as error:
    raise ImportError(f"{__name__} needs starlette: pip install starlette", name="starlette") from error

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from .. import Logger

__all__ = ["RequestLoggerMiddleware", "get_request_id", "setup_fastapi"]

Sampler: TypeAlias = "TailSampler | Callable[[Mapping[str, Any]], bool]"

_request_id: ContextVar[str] = ContextVar("cleat_logust_request_id", default="")
# In the scope of a request: its _Exchange, from __call__() to dispatch().
_EXCHANGE = "cleat.logust.exchange"
_METHODS_WITH_BODY = frozenset(("POST", "PUT", "PATCH", "DELETE"))
# Log methods take these for themselves.
_NOT_FIELD_NAMES = frozenset(("message", "exception", "_depth"))


def get_request_id() -> str:
    """Return the id of the request that is being served; an empty string outside of one."""
    return _request_id.get()


class RequestLoggerMiddleware(BaseHTTPMiddleware):
    """Logs each request, and binds `request_id` and `path` around it.

        app.add_middleware(RequestLoggerMiddleware, skip_routes=["/health"])

    Two lines are logged: "Request started" and, when the answer begins, "Request successful" or "Request failed" with
    its status and time. A failure after that, of the rest of the answer or of a background task, is a line of its own,
    "Request failed" with the error; so is a client that goes away, "Request aborted". With *canonical*, it is one line
    instead, ``http.request``, when everything is over, with all that is known and what `add_event_fields()` added as
    fields: `duration_ms` until the end of the answer, `outcome` "success", "client_error", "error" or "aborted".

    The request's id is its `x-request-id` header, without what is not printable and at most 128 characters of it, or a
    new one of 8 hex digits. The client's address is what `x-forwarded-for` or `x-real-ip` say, if it looks like one:
    a client may say what it likes there unless a proxy of yours sets them. WebSockets pass untouched.

    :param skip_routes: beginnings of paths of which nothing is logged.
    :param skip_regexes: patterns for beginnings of paths of which nothing is logged.
    :param include_request_body: log bodies of POST, PUT, PATCH and DELETE. Not read are multipart bodies, those above
        1 MiB, and those of unknown length: they say so instead. The application gets all of it in any case.
    :param max_body_size: how many characters of a body are logged.
    :param mask_sensitive_data: log `***` for values under keys as `password` in queries, JSON and forms. A body that is
        neither, and has such a word in it, is withheld.
    :param logger: the logger; without one, `logger`.
    :param canonical: log one event for each request.
    :param sample_rate: the share of canonical events that are kept, from 0.0 to 1.0.
    :param slow_ms: canonical events with such a duration or a longer one are kept.
    :param always_keep_errors: canonical events of failures are kept.
    :param sampler: decides instead of these three. If it fails, that is said on stderr, and the event kept.
    :raises ValueError: an option is out of range, or a pattern is none.
    :raises TypeError: an option is of a wrong type.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        skip_routes: Sequence[str] | None = None,
        skip_regexes: Sequence[str] | None = None,
        include_request_body: bool = False,
        max_body_size: int = 1000,
        mask_sensitive_data: bool = True,
        logger: Logger | None = None,
        canonical: bool = False,
        sample_rate: float = 1.0,
        slow_ms: float | None = None,
        always_keep_errors: bool = True,
        sampler: Sampler | None = None,
    ) -> None:
        if max_body_size < 0:
            raise ValueError(f"max_body_size must be 0 or more, not {max_body_size!r}")
        self._skipped_beginnings = tuple(_list_of("skip_routes", skip_routes))
        self._skipped_patterns = [_pattern(regex) for regex in _list_of("skip_regexes", skip_regexes)]
        self._include_request_body = include_request_body
        self._max_body_size = max_body_size
        self._mask_sensitive_data = mask_sensitive_data
        self._logger = logger
        self._canonical = canonical
        if sampler is None:
            sampler = TailSampler(rate=sample_rate, slow_ms=slow_ms, always_keep_errors=always_keep_errors)
        self._keeps = _predicate(sampler)
        super().__init__(app)

    @property
    def logger(self) -> Logger:
        """The logger that gets the lines."""
        return default_logger if self._logger is None else self._logger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request. What fails when the answer has begun comes to light here only."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        exchange = scope[_EXCHANGE] = _Exchange(is_watched=True)
        try:
            await super().__call__(scope, exchange.watching(receive), send)
        except BaseException as error:
            self._close(exchange, error)
            raise
        self._close(exchange)

    async def dispatch(self, request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        """Serve a request up to the beginning of its answer."""
        if self._is_skipped(facts.path_of(request)):
            return await call_next(request)
        return await self._log_request(request, call_next)

    def _is_skipped(self, path: str) -> bool:
        return path.startswith(self._skipped_beginnings) or any(regex.match(path) for regex in self._skipped_patterns)

    async def _log_request(self, request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        exchange = _exchange_of(request)
        client_ip = facts.client_ip_of(request)
        body = ""
        if self._include_request_body and request.method in _METHODS_WITH_BODY:
            body = await self._get_request_body(request)
        with self._surrounded(exchange.begin(request, facts.request_id_of(request), client_ip)):
            with self._begun(exchange, body):
                try:
                    response = await call_next(request)
                except BaseException as error:
                    self._close(exchange, error)
                    raise
                self._answered(exchange, response)
        return response

    @contextmanager
    def _surrounded(self, exchange: _Exchange) -> Iterator[None]:
        """What the application logs has the request's id and path."""
        with held(_request_id, exchange.request_id):
            with self.logger.contextualize(request_id=exchange.request_id, path=facts.path_of(exchange.request)):
                yield

    @contextmanager
    def _begun(self, exchange: _Exchange, body: str) -> Iterator[None]:
        if not self._canonical:
            self._log_request_start(exchange.request, exchange.client_ip, body)
            yield
            return
        with canonical_event(self._first_fields(exchange, body)) as exchange.event:
            yield

    def _answered(self, exchange: _Exchange, response: Response) -> None:
        """The answer begins; it goes on when dispatch() is over."""
        exchange.status = response.status_code
        if not self._canonical:
            self._log_response(exchange)
        if hasattr(response, "body_iterator"):
            response.body_iterator = self._passed_on(response.body_iterator, exchange)
        else:
            self._close(exchange)

    async def _passed_on(self, body: AsyncGenerator[Any, None], exchange: _Exchange) -> AsyncGenerator[Any, None]:
        """The parts of the answer, and at their end what there is to do."""
        try:
            async with aclosing(body) if hasattr(body, "aclose") else nullcontext():
                async for part in body:
                    yield part
        except BaseException as error:
            self._close(exchange, error)
            raise
        exchange.ended = time.perf_counter()
        if not exchange.is_watched:
            self._close(exchange)

    def _close(self, exchange: _Exchange, error: BaseException | None = None) -> None:
        """Log what is to be logged at the end, once; nothing of a request that was skipped."""
        if not exchange.is_open:
            return
        exchange.is_open = False
        if exchange.event is not None:
            exchange.event.update(_last_fields(exchange, error))
            self._emit_canonical_event(exchange.event)
        elif error is not None or exchange.is_left:
            self._log_broken(exchange, error)

    # -- lines --

    def _log_request_start(self, request: Request, client_ip: str, body: str) -> None:
        parts = ["Request started:", request.method, facts.shown_path_of(request), f"ip={client_ip}"]
        query = facts.query_of(request, mask=self._mask_sensitive_data)
        if query:
            parts.append(f"query={query}")
        if body:
            parts.append(f"body={body}")
        self.logger.info(" ".join(parts))

    def _log_response(self, exchange: _Exchange) -> None:
        status = exchange.status or 0
        message = exchange.line("successful" if status < 400 else "failed", f"status={status}")
        if status >= 500:
            self.logger.error(message)
        elif status >= 400:
            self.logger.warning(message)
        else:
            self.logger.info(message)

    def _log_broken(self, exchange: _Exchange, error: BaseException | None) -> None:
        with self._surrounded(exchange):
            if isinstance(error, Exception):
                self.logger.error(exchange.line("failed", f"error={type(error).__name__}"))
            else:
                self.logger.warning(exchange.line("aborted"))

    async def _get_request_body(self, request: Request) -> str:
        return await facts.body_of(request, mask=self._mask_sensitive_data, longest=self._max_body_size)

    # -- the canonical event --

    def _first_fields(self, exchange: _Exchange, body: str) -> dict[str, Any]:
        request = exchange.request
        query = facts.query_of(request, mask=self._mask_sensitive_data)
        return {
            "event": "http.request",
            "request_id": exchange.request_id,
            "method": request.method,
            "path": facts.path_of(request),
            "route": facts.route_of(request),
            "client_ip": exchange.client_ip,
            **facts.user_agent_of(request),
            **facts.trace_of(request),
            **({"query": query} if query else {}),
            **({"request_body": body} if body else {}),
        }

    def _emit_canonical_event(self, event: dict[str, Any]) -> None:
        if not self._is_kept(event):
            return
        fields = {f"event.{key}" if key in _NOT_FIELD_NAMES else str(key): value for key, value in event.items()}
        status = number_in(event, "status_code")
        if status >= 500 or event.get("outcome") == "error":
            self.logger.error("http.request", **fields)
        elif status >= 400 or event.get("outcome") == "aborted":
            self.logger.warning("http.request", **fields)
        else:
            self.logger.info("http.request", **fields)

    def _is_kept(self, event: Mapping[str, Any]) -> bool:
        try:
            return bool(self._keeps(event))
        except Exception:
            if sys.stderr is not None:
                print("cleat: the sampler of canonical events failed, the event is kept:", file=sys.stderr)
                traceback.print_exc()
            return True


class _Exchange:
    """A request and its answer, until what is to be said at their end is said."""

    def __init__(self, *, is_watched: bool) -> None:
        self.is_watched = is_watched  # __call__() will see the end.
        self.is_open = False
        self.is_left = False  # The client went away in front of the end.
        self.started = time.perf_counter()
        self.ended: float | None = None
        self.status: int | None = None
        self.event: dict[str, Any] | None = None

    def begin(self, request: Request, request_id: str, client_ip: str) -> _Exchange:
        """From here on something is to be said at the end."""
        self.request = request
        self.request_id = request_id
        self.client_ip = client_ip
        self.is_open = True
        return self

    def watching(self, receive: Receive) -> Receive:
        """The same `receive`, which tells when the client goes away."""

        async def watched() -> Message:
            message = await receive()
            if message["type"] == "http.disconnect" and self.ended is None:
                self.is_left = True
            return message

        return watched

    def seconds(self) -> float:
        """How long it has taken, to the end of the answer."""
        return (time.perf_counter() if self.ended is None else self.ended) - self.started

    def line(self, result: str, *details: str) -> str:
        """The text of a line that says how it went."""
        place = f"{self.request.method} {facts.shown_path_of(self.request)}"
        return " ".join(
            (f"Request {result}:", place, *details, f"time={self.seconds():.4f}s", f"ip={self.client_ip}")
        )


def _exchange_of(request: Request) -> _Exchange:
    """The one that __call__() has begun, which leaves the scope: it knows the request, which knows the scope. A new one
    where something else calls."""
    scope = getattr(request, "scope", None)
    exchange = scope.pop(_EXCHANGE, None) if isinstance(scope, dict) else None
    return exchange if isinstance(exchange, _Exchange) else _Exchange(is_watched=False)


def _last_fields(exchange: _Exchange, error: BaseException | None) -> dict[str, Any]:
    """What is known of a request at its end only."""
    fields: dict[str, Any] = {
        "route": facts.route_of(exchange.request),
        "duration_ms": round(exchange.seconds() * 1000, 3),
    }
    status = exchange.status
    if isinstance(error, Exception):
        # An answer that had not begun is the server's own.
        fields |= {"status_code": status or 500, "outcome": "error"}
        return fields | {"error.type": type(error).__name__, "error.message": _text_of(error)}
    if status is not None:
        fields["status_code"] = status
    return fields | {"outcome": "aborted" if error is not None or exchange.is_left else _outcome(status or 0)}


def _outcome(status: int) -> str:
    if status >= 500:
        return "error"
    return "client_error" if status >= 400 else "success"


def _text_of(error: Exception) -> str:
    try:
        return str(error)
    except Exception:
        return "<unprintable>"


def _list_of(option: str, values: Sequence[str] | None) -> list[str]:
    if isinstance(values, str):
        raise TypeError(f"{option} must be a list of strings, not the string {values!r}")
    return list(values or ())


def _pattern(regex: str) -> re.Pattern[str]:
    try:
        return re.compile(regex)
    except re.error as error:
        raise ValueError(f"skip_regexes: not a regular expression: {regex!r}: {error}") from error


def _predicate(sampler: object) -> Callable[[Mapping[str, Any]], bool]:
    if isinstance(sampler, TailSampler):
        return sampler.should_keep
    if not callable(sampler):
        raise TypeError(f"sampler must be a TailSampler or a function, not {sampler!r}")
    return sampler


def setup_fastapi(
    app: Starlette,
    *,
    skip_routes: Sequence[str] | None = None,
    skip_regexes: Sequence[str] | None = None,
    include_request_body: bool = False,
    intercept_logging: bool = True,
    canonical: bool = False,
    sample_rate: float = 1.0,
    slow_ms: float | None = None,
    always_keep_errors: bool = True,
    sampler: Sampler | None = None,
) -> None:
    """Add a `RequestLoggerMiddleware` to a FastAPI or Starlette application, before it serves its first request.

    :param intercept_logging: give all that is logged through the standard library to `logger`, too.

    The other parameters are those of the middleware.
    """
    app.add_middleware(
        RequestLoggerMiddleware,
        skip_routes=skip_routes,
        skip_regexes=skip_regexes,
        include_request_body=include_request_body,
        canonical=canonical,
        sample_rate=sample_rate,
        slow_ms=slow_ms,
        always_keep_errors=always_keep_errors,
        sampler=sampler,
    )
    if intercept_logging:
        do_intercept_logging()
