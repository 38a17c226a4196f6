"""The values that programs log: classes whose objects are out of the ordinary, and expressions to choose from."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import pathlib
import struct
import types
import uuid
from typing import Any, NamedTuple

from .choices import Choices


class Shown:
    def __repr__(self) -> str:
        return "<shown é\n>"

    def __str__(self) -> str:
        return "as text"


class Broken:
    """Fails to show itself."""

    def __repr__(self) -> str:
        raise ZeroDivisionError("no repr")


class NoText:
    """Its repr is no string."""

    def __repr__(self) -> str:
        return 7  # type: ignore[return-value]


class ForStructlog:
    """Shows itself in JSON by the method that structlog looks for."""

    def __structlog__(self) -> Any:
        return {"inside": [1, None]}

    def __repr__(self) -> str:
        return "ForStructlog()"


class Text(str):
    """A string that shows itself in its own way."""

    def __repr__(self) -> str:
        return f"Text({str.__repr__(self)})"


class Number(int):
    def __repr__(self) -> str:
        return f"Number({int(self)})"


class Real(float):
    def __repr__(self) -> str:
        return f"Real({float(self)})"


class Colour(enum.Enum):
    RED = "red"


class Answer(enum.IntEnum):
    YES = 1


class Fruit(str, enum.Enum):
    APPLE = "apple"


class Point(NamedTuple):
    x: int
    y: int


@dataclasses.dataclass
class Record:
    name: str
    size: int


class Table(dict[str, Any]):
    """A dictionary of a class of its own."""


class Row(list[Any]):
    pass


def circular() -> list[Any]:
    values: list[Any] = [1]
    values.append(values)
    return values


def nested(depth: int) -> Any:
    value: Any = "bottom"
    for _ in range(depth):
        value = [value]
    return value


NAMES: dict[str, Any] = {
    name: value
    for name, value in globals().items()
    if isinstance(value, type) or name in ("circular", "nested")
} | {module.__name__: module for module in (collections, datetime, decimal, fractions, pathlib, types, uuid)}

COMMON = [
    "1", "'x'", "None", "True", "False", "0", "-1", "42", "''", "'a b'", "1.5", "0.0", "-0.0", "1e16", "1e22", "0.1",
    "[1, 'a']", "{'k': 1}", "()", "[]", "{}",
]  # fmt: skip
TEXTS = [
    "'é'", "'日本語'", "'🎉'", "'new\\nline'", "'tab\\t'", "'\\r\\n'", "'quote\"'", '"it\'s"', "'both\\'\"'",
    "'back\\\\slash'", "'a=b'", "'\\x00'", "'\\x1b[31mred\\x1b[0m'", "'\\x7f'", "'\\x85'", "'\\u2028'", "'\\ud800'",
    "'\\ufeff'", "'e\\u0301'", "'%s'", "'%'", "'{0}'", "' '", "'x' * 200", "'é' * 100", "'x' * 20000", "'null'",
    "'true'", "'1'", "Text('own')", "Text('it\\'s \"own\"')", "'</script>'", "'\\xa0'", "'\\u200b'", "'\\U000e0001'",
]  # fmt: skip
NUMBERS = [
    "2**31", "-2**31", "2**53", "2**63 - 1", "-2**63", "2**63", "2**64 - 1", "2**64", "-2**63 - 1", "10**40",
    "float('nan')", "float('inf')", "float('-inf')", "5e-324", "1.7976931348623157e308", "123456789.123456789", "1e15",
    "1e-5", "0.0001", "100.0", "1/3", "Number(5)", "Real(2.5)", "Answer.YES", "Real('nan')", "1j",
    "decimal.Decimal('1.10')", "fractions.Fraction(1, 3)",
]  # fmt: skip
CONTAINERS = [
    "[None, True, 1.0]", "(1, 2)", "(1,)", "{'b': 1, 'a': [2, {'c': None}]}", "{1: 2}", "{None: 1, True: 2}",
    "{1.5: 'x'}", "{(1, 2): 3}", "{'k': object}", "{1}", "frozenset()", "[[[]]]", "nested(5)", "nested(60)",
    "nested(300)", "circular()", "range(3)", "Table(a=1)", "Row([1])", "Point(1, 2)", "collections.OrderedDict(a=1)",
    "collections.defaultdict(int, a=1)", "collections.deque([1])", "types.MappingProxyType({'a': 1})", "[Shown()]",
    "{'k': Broken()}", "{Text('k'): 1}", "{'é': 'é'}", "{'k': 2**70}", "[float('nan')]", "['\\ud800']",
    "types.SimpleNamespace(a=1)",
]  # fmt: skip
OTHERS = [
    "b'bytes'", "b'\\xff\\x00'", "bytearray(b'x')", "datetime.datetime(2026, 1, 2, 3, 4, 5, 6)",
    "datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc)", "datetime.date(2026, 1, 2)",
    "datetime.timedelta(seconds=1.5)", "datetime.time(1, 2)", "uuid.UUID(int=7)", "pathlib.PurePosixPath('/a b')",
    "Colour.RED", "Fruit.APPLE", "Record('r', 1)", "Shown()", "Broken()", "NoText()", "ForStructlog()",
    "ValueError('v')", "KeyError('k')", "int", "Shown", "NotImplemented", "slice(1)",
]  # fmt: skip



def any_value(choices: Choices) -> str:
    kind = choices.below(8)
    if kind < 3:
        return choices.of(COMMON)
    if kind < 5:
        return choices.of(TEXTS)
    if kind < 7:
        return choices.of(choices.of([NUMBERS, CONTAINERS, OTHERS]))
    return choices.of([any_text, any_integer, any_float])(choices)


def any_text(choices: Choices) -> str:
    if choices.below(3) < 2:
        return choices.of(["'x'", "'hello'", "'a b'", *TEXTS])
    characters = ["a", "Z", " ", "%", "=", '"', "'", "\\", "\n", "é", "\x1f", "\x80", "\uffff", "\udc80", "😀"]
    return repr("".join(choices.of(characters) for _ in range(choices.below(10))))


def any_integer(choices: Choices) -> str:
    return repr(int.from_bytes(choices.take(choices.below(12)), "little", signed=True))


def any_float(choices: Choices) -> str:
    [number] = struct.unpack("<d", choices.take(8))
    return f"float('{number!r}')"
