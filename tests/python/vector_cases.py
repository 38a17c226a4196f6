"""The cases of tests/vectors as programs for `structlog`, be it Cleat's or structlog itself.

tests/vectors/README.md describes a case. Inexpressible is raised, with the reason, where structlog has no words for
one.
"""

from __future__ import annotations

import contextlib
import contextvars
import datetime
import importlib
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
import time_machine

FOLDER = Path(__file__).resolve().parents[1] / "vectors"
FOUR_RENDERERS = {name: {"name": name} for name in ("json", "logfmt", "keyvalue", "console")}

Case = dict[str, Any]


class Inexpressible(Exception):
    """Says why a program that uses structlog cannot be this case."""


def read_cases() -> Iterator[tuple[str, Case]]:
    """Every case, with a name that says which file it is in."""
    for path in sorted(FOLDER.glob("*.json")):
        for case in json.loads(path.read_text(encoding="utf-8")):
            yield f"{path.stem}: {case['name']}", case


def renderers_of(case: Case) -> dict[str, dict[str, Any]]:
    return case.get("renderers") or FOUR_RENDERERS


def expected(case: Case, label: str) -> str:
    lines: str | None = case["lines"][label]
    return "" if lines is None else f"{lines}\n"


# --- Values


class Foreign:
    """An object that shows itself as another value."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __structlog__(self) -> Any:
        return self.value

    def __repr__(self) -> str:
        return repr(self.value)


def text_of(value: str | dict[str, str]) -> str:
    try:
        return value if isinstance(value, str) else bytes.fromhex(value["hex"]).decode()
    except UnicodeDecodeError:
        raise Inexpressible("Python's strings hold no bytes that are not UTF-8") from None


def nested(value: Any, times: int) -> Any:
    for _ in range(times):
        value = [value]
    return value


SPECIAL: dict[str, Callable[[dict[str, Any]], Any]] = {
    "uint": lambda value: int(value["value"]),
    "double": lambda value: float(value["value"]),
    "string": lambda value: value["repeat"] * value["times"] if "repeat" in value else text_of(value),
    "null": lambda value: None,
    "object": lambda value: fields_of(value["fields"]),
    "nested": lambda value: nested(value_of(value["value"]), value["times"]),
    "foreign": lambda value: Foreign(value_of(value["value"])),
}
NOT_IN_PYTHON = {
    "bytes": "Python's bytes are shown as Python shows them, and not in base64",
    "time": "Python's times are shown as Python shows them",
    "duration": "Python has no durations but timedelta, which is shown as Python shows it",
    "errno": "Python's errors are exceptions",
    "lazy": "structlog has no lazy values",
    "broken": "an object that cannot be shown raises its exception",
}


def value_of(value: Any) -> Any:
    if isinstance(value, list):
        return [value_of(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "$" not in value:
        return fields_of(list(value.items()))
    kind = value["$"]
    if kind in NOT_IN_PYTHON:
        raise Inexpressible(NOT_IN_PYTHON[kind])
    return SPECIAL[kind](value)


def fields_of(pairs: list[Any]) -> dict[str, Any]:
    fields = {text_of(key): value_of(value) for key, value in pairs}
    if len(fields) < len(pairs):
        raise Inexpressible("a key cannot come twice in a dictionary or a call")
    return fields


# --- Processors and renderers


def setter(fields: dict[str, Any], keep: bool) -> Callable[..., Any]:
    def set_fields(logger: Any, method_name: str, event_dict: Any) -> Any:
        for key, value in fields.items():
            event_dict[key] = event_dict.get(key, value) if keep else value
        return event_dict

    return set_fields


class World:
    """structlog or Cleat, and what a case says in its words."""

    def __init__(self, package: str) -> None:
        self.package = package

    def module(self, name: str) -> Any:
        return importlib.import_module(f"{self.package}.{name}" if name else self.package)

    @property
    def structlog(self) -> ModuleType:
        return importlib.import_module(self.package)

    def processor(self, step: dict[str, Any], out: Out) -> Any:
        name = step["name"]
        if name == "merge_contextvars":
            return self.module("contextvars").merge_contextvars
        if name == "merge_threadlocal":
            return self.module("threadlocal").merge_threadlocal
        if name == "add_log_level":
            return self.module("processors").add_log_level
        if name == "add_logger_name" and out.name is None:
            raise Inexpressible("structlog wants the wrapped logger to have a name")
        if name == "add_logger_name":
            return self.module("stdlib").add_logger_name
        if name == "filter_by_level":
            out.threshold = self.module("_log_levels").NAME_TO_LEVEL[step["level"]]
            return self.module("stdlib").filter_by_level
        if name == "timestamper":
            return self.time_stamper(**step)
        if name == "event_renamer":
            return self.module("processors").EventRenamer(step["to"], step.get("replace_by"))
        if name in ("set", "set_default"):
            return setter(fields_of(step["fields"]), keep=name == "set_default")
        if name == "drop":
            return self.drop
        raise Inexpressible(f"structlog has no processor {name}")

    def drop(self, logger: Any, method_name: str, event_dict: Any) -> Any:
        raise self.structlog.DropEvent

    def time_stamper(self, name: str, format: str = "iso", key: str = "timestamp", local: bool = False) -> Any:
        return self.module("processors").TimeStamper(None if format == "unix" else format, utc=not local, key=key)

    def renderers(self, name: str, **options: Any) -> list[Any]:
        """What structlog has for a renderer; JSON by more than one library."""
        processors = self.module("processors")
        if name == "json":
            return self.json_renderers(**options)
        if name == "keyvalue":
            return [processors.KeyValueRenderer(**options)]
        if name == "logfmt":
            as_value = options.pop("bool_as_value", False)
            return [processors.LogfmtRenderer(bool_as_flag=not as_value, **options)]
        if "icons" in options:
            raise Inexpressible("ConsoleRenderer has no icons")
        width = options.get("event_width", 30)
        colours = options.get("colours") == "always"
        sort_keys = options.get("sort_keys", False)
        return [self.module("dev").ConsoleRenderer(colors=colours, pad_event_to=width, sort_keys=sort_keys)]

    def json_renderers(self, ascii: bool = False, spaced: bool = False, sort_keys: bool = False) -> list[Any]:
        renderer = self.module("processors").JSONRenderer
        by_json = renderer(sort_keys=sort_keys, ensure_ascii=ascii, separators=None if spaced else (",", ":"))
        by_orjson = renderer(orjson.dumps, option=orjson.OPT_SORT_KEYS if sort_keys else 0)
        return [by_json] if ascii or spaced else [by_orjson, by_json]

    # --- A case

    def lines(self, case: Case, renderer: Any) -> str:
        """What the case's calls write."""
        out = Out(case)
        chain = [self.processor(step, out) for step in case.get("chain", [])]
        logger: Any = self.structlog.wrap_logger(
            out, processors=[*chain, renderer], wrapper_class=self.structlog.make_filtering_bound_logger(0)
        ).bind()
        with self.frozen(case.get("time", 0)):
            self.surround("contextvars", case.get("contextvars", []))
            self.surround("threadlocal", case.get("threadlocal", []))
            for operation in case.get("logger", []):
                logger = self.changed(logger, operation)
            for call in case["call"] if isinstance(case["call"], list) else [case["call"]]:
                self.call(logger, **call)
        return out.getvalue()

    def frozen(self, nanoseconds: int) -> contextlib.AbstractContextManager[Any]:
        if nanoseconds % 1000:
            raise Inexpressible("Python's clock for structlog has microseconds")
        return time_machine.travel(datetime.datetime.fromtimestamp(0, datetime.timezone.utc)
                                   + datetime.timedelta(microseconds=nanoseconds // 1000), tick=False)

    def surround(self, store: str, operations: list[dict[str, Any]]) -> None:
        for operation in operations:
            [(name, given)] = operation.items()
            function = getattr(self.module(store), f"{name}_{store}")
            if name == "bind":
                function(**fields_of(given))
            else:
                function(*map(text_of, given))

    def changed(self, logger: Any, operation: dict[str, Any]) -> Any:
        [(name, given)] = operation.items()
        if name == "patch":
            raise Inexpressible("structlog's loggers have no patchers")
        if name in ("unbind", "try_unbind"):
            return getattr(logger, name)(*map(text_of, given))
        return getattr(logger, "new" if name == "clear" else name)(**fields_of(given))

    def call(self, logger: Any, level: str, event: Any, fields: list[Any] = [], times: int = 1, logger_name: str = "",
             site: Any = None) -> None:
        if level in ("trace", "success"):
            raise Inexpressible(f"structlog has no level {level}")
        given = fields_of(fields)
        if "event" in given:
            raise Inexpressible("a call's event cannot be among its keyword arguments again")
        for _ in range(times):
            getattr(logger, level)(value_of(event), **given)


class Out(io.StringIO):
    """The wrapped logger of a case: a place for its lines, with the name that calls give it and what filter_by_level
    asks."""

    disabled = False
    threshold = 0

    def __init__(self, case: Case) -> None:
        super().__init__()
        call = case["call"] if isinstance(case["call"], dict) else case["call"][0]
        self.name = call.get("logger_name")

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - the standard library's name
        return level >= self.threshold

    def getEffectiveLevel(self) -> int:  # noqa: N802 - likewise
        return self.threshold

    def line(self, text: str | bytes) -> None:
        self.write((text.decode() if isinstance(text, bytes) else text) + "\n")

    debug = info = warning = error = critical = line


def lines(package: str, case: Case, renderer: Callable[[World], Any]) -> str:
    """A case with one of the package's renderers, in a context of its own."""
    world = World(package)

    def run() -> str:
        try:
            return world.lines(case, renderer(world))
        finally:
            world.module("threadlocal").clear_threadlocal()

    return contextvars.Context().run(run)
