"""JSON where Python makes it: values that the engine does not know, and records whose caller is not their own."""

from __future__ import annotations

import enum
import json
import math
from collections.abc import Mapping
from datetime import date, time
from typing import Any

from ._record import text_of

_DEEPEST = 32
_TOO_DEEP = "<recursion limit reached>"
_LARGEST = 2**64 - 1
_SMALLEST = -(2**63)


def simplify(value: Any) -> Any:
    """Return what stands for a value in JSON: text, or a value that JSON has. The engine asks for what it does not
    know itself.

    :raises Exception: what the value's own methods raise.
    """
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value) if _SMALLEST <= value <= _LARGEST else str(int(value))
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else float.__repr__(value)
    if isinstance(value, (bytes, bytearray)):
        return value.decode(errors="replace")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return list(value)
    return str(value)


_PLAIN = (type(None), bool, str)


def _plain(value: Any, depth: int = 0, around: tuple[int, ...] = ()) -> Any:
    """Return a value with all that is inside of it as JSON has it."""
    if type(value) in _PLAIN:
        return value
    if depth >= _DEEPEST or id(value) in around:
        return _TOO_DEEP
    simple = value if type(value) in (dict, list) else simplify(value)
    around = (*around, id(value))
    if type(simple) is dict:
        return {str(key): _plain(item, depth + 1, around) for key, item in simple.items()}
    if type(simple) is list:
        return [_plain(item, depth + 1, around) for item in simple]
    return simple if type(simple) in (*_PLAIN, int, float) else _plain(simple, depth + 1, around)


def _plain_or_text(value: Any) -> Any:
    try:
        return _plain(value)
    except Exception:
        return text_of(value)


def record_as_json(record: Mapping[str, Any], extra: Mapping[Any, Any]) -> str:
    """Return the line of JSON of a record, as the engine makes it, with these fields."""
    line = {"time": record["timestamp"], "level": record["level"], "message": record["message"]}
    line.update((key, record[key]) for key in ("name", "function", "line") if record.get(key))
    if extra:
        line["extra"] = {str(key): _plain_or_text(value) for key, value in extra.items()}
    if record.get("exception"):
        line["exception"] = record["exception"]
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"))
