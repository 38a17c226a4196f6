"""Whether lines say what their scenario asks for: keys, values, types, timestamp, level; and whether all are there."""

from __future__ import annotations

import datetime
import json
import pathlib
import re

import scenarios

SHOWN_LINES = 3
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(?:Z|\+00:00)")
TIMESTAMP_KEYS = {"timestamp", "@timestamp", "time", "ts", "t"}
LEVEL_KEYS = {"level", "lvl", "severity", "log.level"}
EVENT_KEYS = {"event", "message", "msg"}
CLOCK_TOLERANCE = datetime.timedelta(minutes=2)

# What a contestant may admit in its notes.
ONLY_STRINGS = "strings only"
NOT_UNIQUE = "not unique"
NESTED = "fields nested"


class Wrong(Exception):
    """A line is not what was asked for."""


class Repeated(dict):
    """A JSON object some of whose keys stood there more than once; the last value of each counts."""

    keys_twice: frozenset = frozenset()


def admits(about: dict, what: str) -> bool:
    return any(what in note for note in about.get("notes", []))


def parse(line: bytes) -> Repeated:
    def collect(pairs):
        collected = Repeated(pairs)
        keys = [key for key, _ in pairs]
        collected.keys_twice = frozenset(key for key in keys if keys.count(key) > 1)
        return collected

    try:
        parsed = json.loads(line.decode("utf-8"), object_pairs_hook=collect)
    except ValueError as error:
        raise Wrong(f"not JSON: {error}") from None
    if not isinstance(parsed, Repeated):
        raise Wrong("not a JSON object")
    return parsed


def is_time(text: object) -> bool:
    return isinstance(text, str) and TIMESTAMP.fullmatch(text) is not None


def moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def check_value(where: str, value: object, expected: object, only_strings: bool) -> None:
    if isinstance(expected, dict):
        if not isinstance(value, dict) or set(value) != set(expected) or value.keys_twice:
            raise Wrong(f"{where} should be an object of {sorted(expected)}, is {value!r}")
        for key, part in expected.items():
            check_value(f"{where}.{key}", value[key], part, only_strings)
    elif isinstance(expected, list):
        if not isinstance(value, list) or len(value) != len(expected):
            raise Wrong(f"{where} should be a list of {len(expected)}, is {value!r}")
        for position, part in enumerate(expected):
            check_value(f"{where}[{position}]", value[position], part, only_strings)
    elif isinstance(expected, scenarios.Time):
        if not is_time(value) or moment(value) != moment(expected.text):
            raise Wrong(f"{where} should be the time {expected.text}, is {value!r}")
    elif only_strings and isinstance(value, str):
        check_text(where, value, expected)
    elif type(value) is not type(expected) or value != expected:
        raise Wrong(f"{where} should be {expected!r}, is {value!r}")


def check_text(where: str, text: str, expected: object) -> None:
    """A value that a peer could only write as a string."""
    if isinstance(expected, bool):
        right = text.lower() in (("true", "1") if expected else ("false", "0"))
    elif isinstance(expected, (int, float)):
        try:
            right = float(text) == expected
        except ValueError:
            right = False
    else:
        right = text == expected
    if not right:
        raise Wrong(f"{where} should be {expected!r} as a string, is {text!r}")


def take_one(line: Repeated, keys: set, what: str, fields: dict) -> object:
    """Removes the line's timestamp, level or event under whichever of its names is there, if no field has that name."""
    found = [key for key in line if key in keys and key not in fields]
    if len(found) != 1:
        raise Wrong(f"{what} should be there once, under one of {sorted(keys)}; there is {found or 'none'}")
    return line.pop(found[0])


def flattened(line: Repeated, scenario: scenarios.Scenario) -> dict:
    """Fields out of the objects that a peer puts them into, a span's for example; its name is none of them."""
    flat, outer = {}, {}
    for key, value in line.items():
        parts = [value] if isinstance(value, dict) else value
        if key in scenario.fields or not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
            outer[key] = value
            continue
        for part in parts:
            check_repeated(part.keys() & flat.keys(), scenario)
            flat.update((name, inner) for name, inner in part.items() if name != "name")
    check_repeated(outer.keys() & flat.keys(), scenario)
    return {**flat, **outer}


def check_repeated(keys: set, scenario: scenarios.Scenario) -> None:
    if keys - scenario.repeated - {"name"}:
        raise Wrong(f"keys that are there more than once: {sorted(keys)}")


def check_line(raw: bytes, scenario: scenarios.Scenario, about: dict) -> None:
    line = parse(raw)
    allowed_twice = scenario.repeated if admits(about, NOT_UNIQUE) else frozenset()
    if line.keys_twice - allowed_twice:
        raise Wrong(f"keys that are there more than once: {sorted(line.keys_twice)}")
    timestamp = take_one(line, TIMESTAMP_KEYS, "the timestamp", scenario.fields)
    if not is_time(timestamp):
        raise Wrong(f"the timestamp has not six digits of a second and UTC: {timestamp!r}")
    if abs(moment(timestamp) - datetime.datetime.now(datetime.timezone.utc)) > CLOCK_TOLERANCE:
        raise Wrong(f"the timestamp is not the time of now, in UTC: {timestamp}")
    level = take_one(line, LEVEL_KEYS, "the level", scenario.fields)
    if not isinstance(level, str) or level.lower() != "info":
        raise Wrong(f"the level should be \"info\", is {level!r}")
    event = take_one(line, EVENT_KEYS, "the event", scenario.fields)
    if event != scenarios.EVENT:
        raise Wrong(f"the event should be {scenarios.EVENT!r}, is {event!r}")
    if admits(about, NESTED):
        line = flattened(line, scenario)
    if set(line) != set(scenario.fields):
        raise Wrong(f"keys missing: {sorted(set(scenario.fields) - set(line))}, "
                    f"too many: {sorted(set(line) - set(scenario.fields))}")
    only_strings = admits(about, ONLY_STRINGS)
    for key, expected in scenario.fields.items():
        check_value(key, line[key], expected, only_strings)


def lines_of(path: pathlib.Path) -> list[bytes]:
    content = path.read_bytes() if path.exists() else b""
    if content and not content.endswith(b"\n"):
        raise Wrong(f"the last line has no end: {content[-100:]!r}")
    return content.split(b"\n")[:-1]


def check_lines(path: pathlib.Path, scenario: scenarios.Scenario, count: int, about: dict) -> None:
    """That the file holds count right lines and nothing else."""
    lines = lines_of(path)
    if len(lines) != count:
        raise Wrong(f"there should be {count} lines, there are {len(lines)}")
    for number, line in enumerate(lines, 1):
        try:
            check_line(line, scenario, about)
        except Wrong as wrong:
            raise Wrong(f"line {number}: {wrong}; it reads {line[:1000].decode('utf-8', 'replace')}") from None


def check_shown(path: pathlib.Path, scenario: scenarios.Scenario, about: dict) -> None:
    """What `show` wrote. An operation that makes no line may still show what it would have bound."""
    silent = not scenario.writes and not lines_of(path)
    if silent:
        return
    if scenario.name == "i":
        raise Wrong("a line was written at a level that is off")
    check_lines(path, scenario, SHOWN_LINES, about)


def count_lines(path: pathlib.Path) -> int:
    """Lines that hold the event: a logger that tells of dropped lines may do so in a line of its own."""
    count, rest = 0, b""
    event = scenarios.EVENT.encode()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            part = rest + part
            last_end = part.rfind(b"\n") + 1
            count += part.count(event, 0, last_end)
            rest = part[last_end:]
    if rest:
        raise Wrong(f"the last line has no end: {rest[-100:]!r}")
    return count
