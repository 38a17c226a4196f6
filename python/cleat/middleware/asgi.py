"""ASGI: a request's fields are bound before the application runs, and gone when it has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from .._engine import clear_contextvars
from ._request import (
    REQUEST_ID_KEY,
    Access,
    AccessLogger,
    address,
    bind_request,
    is_fit_request_id,
    make_request_id,
)

__all__ = ["ContextMiddleware"]

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]

# Messages that carry the headers of an answer.
_ANSWERS = frozenset(("http.response.start", "websocket.accept", "websocket.http.response.start"))
# Messages that may end an answer.
_BODIES = frozenset(("http.response.body", "websocket.http.response.body"))


class ContextMiddleware:
    """Binds `request_id`, `method`, `path` and `client` for every HTTP request and WebSocket, and its trace.

        app = ContextMiddleware(app)                 # any ASGI application: outermost is best
        app.add_middleware(ContextMiddleware)        # Starlette, FastAPI

    The request id is taken from the request's header if it is 1 to 64 of ASCII letters, digits, `.`, `_` and `-`, and
    made otherwise; it is in `scope["cleat.request_id"]`, and in the answer's header of the same name unless the
    application sets that itself. From a valid `traceparent` header come `trace_id`, `span_id` (a new one),
    `parent_span_id` and `trace_flags`; `cleat.traceparent.inject_traceparent()` gives the header for requests that go
    out.

    What surrounds the call is cleared before and after, on every way out, as a server may run a request in the context
    of another. Tasks and threads that the request leaves behind keep their own copies. Lifespan events and exceptions
    pass through.

    :param app: the application.
    :param header: the name of the request id's header.
    :param make_id: makes a request id.
    :param access_log: a logger for one line for each request, with `target`, `status` and `duration` (seconds until
        the end of the answer): "request completed" (info), "request failed" (error, with `error`), "request aborted"
        (warning), "websocket closed" (info). None: no such line.
    """

    def __init__(
        self,
        app: Application,
        *,
        header: str = "X-Request-ID",
        make_id: Callable[[], str] = make_request_id,
        access_log: AccessLogger | None = None,
    ) -> None:
        self._app = app
        self._header = header.lower().encode("ascii")
        self._make_id = make_id
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] not in ("http", "websocket") or REQUEST_ID_KEY in scope:
            await self._app(scope, receive, send)
            return
        request_id = self._request_id(scope["headers"])
        scope[REQUEST_ID_KEY] = request_id
        access = Access(self._access_log, target=_target(scope))
        try:
            bind_request(
                _only(scope["headers"], b"traceparent"),
                request_id=request_id,
                method=scope.get("method"),
                path=scope["path"],
                client=address(*(scope.get("client") or (None, None))),
            )
            await self._app(scope, receive, self._answering(request_id.encode("latin-1"), access, send))
            if scope["type"] == "websocket":
                access.completed("websocket closed")
            else:
                access.aborted()
        except (asyncio.CancelledError, GeneratorExit):
            access.aborted()
            raise
        except BaseException as error:
            access.failed(error)
            raise
        finally:
            clear_contextvars()

    def _request_id(self, headers: Headers) -> str:
        given = _only(headers, self._header)
        return given if given is not None and is_fit_request_id(given) else self._make_id()

    def _answering(self, request_id: bytes, access: Access, send: Send) -> Send:
        async def answer(message: Message) -> None:
            kind = message["type"]
            if kind in _ANSWERS:
                access.status = message.get("status")
                headers = list(message.get("headers") or ())
                if all(name.lower() != self._header for name, _ in headers):
                    message = {**message, "headers": [*headers, (self._header, request_id)]}
            await send(message)
            if kind in _BODIES and not message.get("more_body"):
                access.completed()

        return answer


def _only(headers: Headers, wanted: bytes) -> str | None:
    """The value of a header that came once."""
    values = [value for name, value in headers if name == wanted]
    return values[0].decode("latin-1") if len(values) == 1 else None


def _target(scope: Scope) -> str:
    """Path and query as they were sent."""
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes | None = scope.get("query_string")
    return (path + b"?" + query if query else path).decode("latin-1")
