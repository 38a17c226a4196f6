"""WSGI: a request runs in a context of its own, from its first line of code to the close of its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

from ._request import (
    REQUEST_ID_KEY,
    Access,
    AccessLogger,
    address,
    bind_request,
    is_fit_request_id,
    make_request_id,
)

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["ContextMiddleware"]


class ContextMiddleware:
    """Binds `request_id`, `method`, `path` and `client` for every request, and its trace.

        app.wsgi_app = ContextMiddleware(app.wsgi_app)               # Flask
        application = ContextMiddleware(get_wsgi_application())      # Django

    The request id is taken from the request's header if it is 1 to 64 of ASCII letters, digits, `.`, `_` and `-`, and
    made otherwise; it is in `environ["cleat.request_id"]`, and in the answer's header of the same name unless the
    application sets that itself. From a valid `traceparent` header come `trace_id`, `span_id` (a new one),
    `parent_span_id` and `trace_flags`; `cleat.traceparent.inject_traceparent()` gives the header for requests that go
    out.

    The request runs in a copy of the server's context without the fields that are bound there, a streamed body
    included; so nothing is left on a thread that serves the next one, whichever way the request ends. Exceptions pass
    through.

    :param app: the application.
    :param header: the name of the request id's header.
    :param make_id: makes a request id.
    :param access_log: a logger for one line for each request, with `target`, `status` and `duration` (seconds until
        the end of the answer): "request completed" (info), "request failed" (error, with `error`), "request aborted"
        (warning: closed before its end). None: no such line.
    """

    def __init__(
        self,
        app: WSGIApplication,
        *,
        header: str = "X-Request-ID",
        make_id: Callable[[], str] = make_request_id,
        access_log: AccessLogger | None = None,
    ) -> None:
        self._app = app
        self._header = header
        self._header_key = f"HTTP_{header.upper().replace('-', '_')}"
        self._make_id = make_id
        self._access_log = access_log

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve a request."""
        if REQUEST_ID_KEY in environ:
            return self._app(environ, start_response)
        context = copy_context()
        return context.run(self._serve, context, environ, start_response)

    def _serve(self, context: Context, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        given = environ.get(self._header_key, "")
        request_id = environ[REQUEST_ID_KEY] = given if is_fit_request_id(given) else self._make_id()
        path = _text(environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", ""))
        query = environ.get("QUERY_STRING")
        access = Access(self._access_log, target=f"{path}?{query}" if query else path)
        bind_request(
            environ.get("HTTP_TRACEPARENT"),
            request_id=request_id,
            method=environ["REQUEST_METHOD"],
            path=path,
            client=address(environ.get("REMOTE_ADDR"), environ.get("REMOTE_PORT")),
        )
        try:
            body = self._app(environ, self._answering(request_id, access, start_response))
        except BaseException as error:
            access.failed(error)
            raise
        if _is_whole(body, environ):
            access.completed()
            return body
        return _Body(body, context, access, has_content=environ["REQUEST_METHOD"] != "HEAD")

    def _answering(self, request_id: str, access: Access, start_response: StartResponse) -> StartResponse:
        def answer(status: str, headers: list[tuple[str, str]], /, *exc_info: Any) -> Any:
            access.status = int(status[:3])
            if all(name.lower() != self._header.lower() for name, _ in headers):
                headers = [*headers, (self._header, request_id)]
            return start_response(status, headers, *exc_info)

        return answer


class _Body:
    """The application's answer: each step of it runs in the request's context, as does its close."""

    def __init__(self, body: Iterable[bytes], context: Context, access: Access, *, has_content: bool) -> None:
        self._body = body
        self._context = context
        self._access = access
        self._is_over = not has_content
        self._iterator: Iterator[bytes] | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return self._context.run(self._next)

    def _next(self) -> bytes:
        try:
            if self._iterator is None:
                self._iterator = iter(self._body)
            return next(self._iterator)
        except StopIteration:
            self._is_over = True
            raise
        except BaseException as error:
            self._access.failed(error)
            raise

    def close(self) -> None:
        """Close the application's answer; the server calls it on every way out."""
        self._context.run(self._close)

    def _close(self) -> None:
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        except BaseException as error:
            self._access.failed(error)
            raise
        if self._is_over:
            self._access.completed()
        else:
            self._access.aborted()


def _is_whole(body: Iterable[bytes], environ: WSGIEnvironment) -> bool:
    """Whether no code of the application has to run any more. What the server treats better must reach it as it is."""
    return type(body) in (list, tuple) or type(body) is environ.get("wsgi.file_wrapper")


def _text(path: str) -> str:
    """WSGI hands over bytes as if they were Latin-1."""
    return path.encode("latin-1", "replace").decode("utf-8", "replace")
