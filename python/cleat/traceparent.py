"""W3C Trace Context: the `traceparent` header of a request into the bound context, and out of it again.

In the context a trace is the fields `trace_id` (32 hex digits), `span_id` (16 hex digits) and `trace_flags` (an
integer); the span that called is `parent_span_id`.
"""

from __future__ import annotations

import re
import secrets

from ._engine import bind_contextvars, get_contextvars

__all__ = ["begin_span", "extract_traceparent", "inject_traceparent", "parse_traceparent"]

# Version, trace id, parent id, flags; a version above 00 may append parts of its own (W3C Trace Context, 3.2).
_TRACE_ID = re.compile(r"(?!0{32})[0-9a-f]{32}")
_SPAN_ID = re.compile(r"(?!0{16})[0-9a-f]{16}")
_HEADER = re.compile(rf"(?!ff)([0-9a-f]{{2}})-({_TRACE_ID.pattern})-({_SPAN_ID.pattern})-([0-9a-f]{{2}})(-.*)?", re.DOTALL)

# Sampled and random; version 00 wants all other bits to be sent as zero, later ones may mean something else by them.
_KNOWN_FLAGS = 0x03
_SAMPLED_FLAG = 0x01


def extract_traceparent(header: str) -> None:
    """Bind `trace_id`, `span_id` and `trace_flags` from a traceparent header: what came in with a request.

    :raises ValueError: not a valid traceparent; nothing is bound then.
    """
    trace_id, span_id, flags = parse_traceparent(header)
    bind_contextvars(trace_id=trace_id, span_id=span_id, trace_flags=flags)


def parse_traceparent(header: str) -> tuple[str, str, int]:
    """Return trace id, span id and flags of a traceparent header.

    :raises ValueError: not a valid traceparent.
    """
    match = _HEADER.fullmatch(header.strip(" \t"))
    if match is None or (match[1] == "00" and match[5] is not None):
        raise ValueError(
            "a traceparent is 00-<32 hex digits>-<16 hex digits>-<2 hex digits>, in lower case, no id all zeros"
        )
    return match[2], match[3], int(match[4], 16) & (_KNOWN_FLAGS if match[1] == "00" else _SAMPLED_FLAG)


def begin_span() -> None:
    """Bind a new random `span_id`; the former one goes to `parent_span_id`. Without a trace, a new one begins."""
    fields = get_contextvars()
    if "trace_id" not in fields:
        bind_contextvars(trace_id=_random_id(16), trace_flags=1)
    elif "span_id" in fields:
        bind_contextvars(parent_span_id=fields["span_id"])
    bind_contextvars(span_id=_random_id(8))


def inject_traceparent() -> str | None:
    """Return the traceparent header of the current context, for a request that goes out; None if there is no trace."""
    fields = get_contextvars()
    trace_id, span_id, flags = (fields.get(key) for key in ("trace_id", "span_id", "trace_flags"))
    if not (isinstance(trace_id, str) and _TRACE_ID.fullmatch(trace_id)):
        return None
    if not (isinstance(span_id, str) and _SPAN_ID.fullmatch(span_id) and isinstance(flags, int)):
        return None
    return f"00-{trace_id}-{span_id}-{flags & _KNOWN_FLAGS:02x}"


def _random_id(size: int) -> str:
    """Hex digits of that many random bytes, not all of them zero, which would be no id."""
    while not int(digits := secrets.token_hex(size), 16):
        pass
    return digits
