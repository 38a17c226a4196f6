"""What a request says about itself, fit for a log line: headers are a stranger's, and can say anything."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ...traceparent import parse_traceparent
from ._sensitive import masked_body, masked_pairs

if TYPE_CHECKING:
    from starlette.requests import Request

_LONGEST_REQUEST_ID = 128
_LONGEST_USER_AGENT = 512
_LARGEST_BODY = 1 << 20  # A larger one is not read: all of it would be held in memory.

_NOT_PRINTABLE = re.compile(r"[^\x21-\x7e]")
# An address, or one of the names that RFC 7239 has for those that are kept secret; no spaces, no `=`.
_ADDRESS = re.compile(r"[0-9A-Za-z._:%\[\]-]{1,64}")
# Of a path, what may stand in a line as it is: a space would begin something else.
_SAFE_IN_PATH = "/:@!$&'()*+,;=~"


def request_id_of(request: Request) -> str:
    """The request's own id without what could forge a line, or a new one of 8 hex digits."""
    given = _NOT_PRINTABLE.sub("", request.headers.get("x-request-id") or "")
    return given[:_LONGEST_REQUEST_ID] or uuid.uuid4().hex[:8]


def client_ip_of(request: Request) -> str:
    """The address that a proxy in front says, or that of the connection."""
    forwarded = (request.headers.get("x-forwarded-for") or "").split(",", 1)[0].strip()
    for address in (forwarded, request.headers.get("x-real-ip") or ""):
        if _ADDRESS.fullmatch(address):
            return address
    return request.client.host if request.client else "unknown"


def path_of(request: Request) -> str:
    """The path, decoded."""
    path = _scope_of(request).get("path")
    return path if isinstance(path, str) else str(request.url.path)


def shown_path_of(request: Request) -> str:
    """The path as one word of a line."""
    return quote(path_of(request), safe=_SAFE_IN_PATH)


def route_of(request: Request) -> str:
    """The template of the route that serves the request, as `/users/{id}`; the path where none is known yet."""
    route = getattr(_scope_of(request).get("route"), "path", None)
    return route if isinstance(route, str) and route else path_of(request)


def trace_of(request: Request) -> dict[str, str]:
    """`trace_id` and `span_id` of a valid traceparent header."""
    try:
        trace_id, span_id, _ = parse_traceparent(request.headers.get("traceparent") or "")
    except ValueError:
        return {}
    return {"trace_id": trace_id, "span_id": span_id}


def user_agent_of(request: Request) -> dict[str, str]:
    """`user_agent`, if the request says one."""
    agent = request.headers.get("user-agent")
    return {"user_agent": agent[:_LONGEST_USER_AGENT]} if agent else {}


def query_of(request: Request, *, mask: bool) -> dict[str, Any]:
    """The query's parameters; a list for one that comes several times."""
    params: Any = request.query_params
    pairs: Iterable[tuple[str, str]] = params.multi_items() if params else ()
    query: dict[str, Any] = {}
    for key, value in masked_pairs(pairs) if mask else pairs:
        if key not in query:
            query[key] = value
        elif isinstance(query[key], list):
            query[key].append(value)
        else:
            query[key] = [query[key], value]
    return query


async def body_of(request: Request, *, mask: bool, longest: int) -> str:
    """The body's text, or in angle brackets why it is not there. The application still gets all of it."""
    try:
        content_type = (request.headers.get("content-type") or "").lower()
        if "multipart/form-data" in content_type:
            return f"<multipart: size={_size_of(request.headers)}>"
        size = _size_of(request.headers)
        if isinstance(size, int) and size > _LARGEST_BODY:
            return f"<body: size={size}>"
        if size == "unknown" and _may_be_endless(request):
            return "<stream>"
        text = (await request.body()).decode("utf-8", "replace")
        shown = masked_body(text, content_type) if mask else text
        return shown if len(shown) <= longest else shown[:longest] + "..."
    except Exception:  # The client is gone, or the JSON too deep: the application will see for itself.
        return "<body_error>"


def _scope_of(request: Request) -> Mapping[str, Any]:
    scope = getattr(request, "scope", None)
    return scope if isinstance(scope, dict) else {}


def _size_of(headers: Mapping[str, str]) -> int | str:
    length = headers.get("content-length") or ""
    return int(length) if length.isascii() and length.isdigit() and len(length) < 20 else "unknown"


def _may_be_endless(request: Request) -> bool:
    """Without a length, HTTP/1.1 says whether there is a body; later versions do not."""
    return "transfer-encoding" in request.headers or _scope_of(request).get("http_version", "1.1") not in ("1.0", "1.1")
