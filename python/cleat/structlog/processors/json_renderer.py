"""Renders events as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ..typing import EventDict, WrappedLogger


class JSONRenderer:
    """Render an event by ``serializer(event_dict, **dumps_kw)``.

    Args:
        serializer: called like :func:`json.dumps`; what it returns is returned.
        dumps_kw: passed to *serializer*. Without a *default* among them, values that JSON does not have are shown as
            what their method ``__structlog__`` returns, or else by :func:`repr`.

    Raises what *serializer* raises. As safe for threads as *serializer* is.
    """

    def __init__(self, serializer: Callable[..., str | bytes] = json.dumps, **dumps_kw: Any) -> None:
        dumps_kw.setdefault("default", _json_fallback_handler)
        self._dumps_kw = dumps_kw
        self._dumps = serializer

    def __call__(self, logger: WrappedLogger, name: str, event_dict: EventDict) -> str | bytes:
        return self._dumps(event_dict, **self._dumps_kw)

    def __cleat_step__(self) -> tuple[Any, ...]:
        """Tell the engine the serializer and its options, of which it knows some."""
        return ("json", self._dumps, self._dumps_kw)


def _json_fallback_handler(value: Any) -> Any:
    """Return something that JSON has in place of *value*."""
    # The import comes late because that module needs this one.
    from ..threadlocal import _ThreadLocalDictWrapper

    if isinstance(value, _ThreadLocalDictWrapper):
        return value._dict
    try:
        return value.__structlog__()
    except AttributeError:
        return repr(value)
