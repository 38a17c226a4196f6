"""Turn values from text to bytes, and from bytes to text."""

from __future__ import annotations

from ..typing import EventDict, WrappedLogger


class UnicodeEncoder:
    """Encode values that are text to bytes.

    Args:
        encoding: the encoding to use.
        errors: what to do with characters that it does not have, as in :meth:`str.encode`.
    """

    def __init__(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> None:
        self._encoding = encoding
        self._errors = errors

    def __call__(self, logger: WrappedLogger, name: str, event_dict: EventDict) -> EventDict:
        for key, value in event_dict.items():
            if isinstance(value, str):
                event_dict[key] = value.encode(self._encoding, self._errors)
        return event_dict


class UnicodeDecoder:
    """Decode values that are bytes to text, so that renderers do not show them as ``b'...'``.

    Args:
        encoding: the encoding of the bytes.
        errors: what to do with bytes that do not fit it, as in :meth:`bytes.decode`.
    """

    def __init__(self, encoding: str = "utf-8", errors: str = "replace") -> None:
        self._encoding = encoding
        self._errors = errors

    def __call__(self, logger: WrappedLogger, name: str, event_dict: EventDict) -> EventDict:
        for key, value in event_dict.items():
            if isinstance(value, bytes):
                event_dict[key] = value.decode(self._encoding, self._errors)
        return event_dict
