"""Programs for logust and loguru, with the scenarios of logust's own throughput benchmark."""

from __future__ import annotations

import json
import re

import verify
from family import FILE, NOWHERE, Ahead, Family, Lines, Operation

OS_WRITE = "os.write"
CLEAT = "cleat"
LOGUST = "logust"
LOGUST_FLUSHED = "logust-flushed"
LOGURU = "loguru"
CONTESTANTS = {
    OS_WRITE: ("os_write.py",),
    CLEAT: ("logust_api.py", "cleat.logust"),
    LOGUST: ("logust_api.py", "logust"),
    LOGUST_FLUSHED: ("logust_api.py", "logust", "--flushed"),
    LOGURU: ("logust_api.py", "loguru"),
    "cleat-as-loguru": ("logust_api.py", "cleat.loguru"),
}
SHAPED_AS_LOGURU = {LOGURU, "cleat-as-loguru"}

OPERATIONS = {
    "text": Operation("a line of text", sink=FILE),
    "formatted": Operation("a line of text, three values in its message", sink=FILE),
    "braces": Operation("a line of text, its message formatted by the logger", sink=FILE),
    "json": Operation("a line of JSON", sink=FILE),
    "bound": Operation("a line of text, 2 fields bound", sink=FILE),
    "bound_json": Operation("a line of JSON, 2 fields bound", sink=FILE),
    "callable": Operation("a message to a callable sink", sink=NOWHERE),
    "enqueue": Operation("a line with enqueue, the caller's time", sink=FILE),
    "enqueue_complete": Operation("a line with enqueue, until all is written", sink=FILE),
    "enqueue_bound": Operation("the same, 2 fields bound", sink=FILE),
    "text_null": Operation("a line of text to the null device"),
    "json_null": Operation("a line of JSON to the null device"),
}

SYNCHRONOUS = ("text", "formatted", "json", "bound", "bound_json")
COMPLETED = ("enqueue_complete", "enqueue_bound")
AHEAD = (
    *(Ahead(operation, 2, LOGUST_FLUSHED) for operation in SYNCHRONOUS),
    *(Ahead(operation, 2, LOGUST) for operation in (*SYNCHRONOUS, "callable", *COMPLETED)),
    Ahead("enqueue", 3, LOGUST),
    *(Ahead(operation, 30, LOGURU) for operation in (*SYNCHRONOUS, "callable", "enqueue", *COMPLETED)),
)

NOTES = (
    "os.write: an f-string that is given to `os.write()`, without a logger",
    "logust keeps up to 8 KiB of lines in a buffer until `complete()`, as its own benchmark has it; the others write "
    "each line by itself",
    "logust-flushed: `complete()` after each line, which writes it: the same flushing as Cleat's and loguru's",
)

BOUND = {"user_id": 123, "session": "abc"}
TEXT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}(?:[+-]\d\d:\d\d)? \| INFO     \| __main__:work:\d+ - (.*)")


def message_of(operation: str, number: int) -> str:
    if operation == "formatted":
        return f"user_12345 has done login (attempt {number})"
    return f"request {number} received"


def parsed_text(line: bytes) -> str:
    match = TEXT.fullmatch(line.decode())
    if match is None:
        raise verify.Wrong(f"not time | level | caller - message: {line!r}")
    return match[1]


def parsed_json(run: Lines, line: bytes) -> str:
    """The message, when all else is right."""
    record = json.loads(line)
    if run.contestant in SHAPED_AS_LOGURU:
        record = record["record"]
        record["level"] = record["level"]["name"]
    bound = BOUND if run.operation == "bound_json" else {}
    if record["level"] != "INFO" or record["function"] != "work" or record.get("extra", {}) != bound:
        raise verify.Wrong(f"level, function or extra is wrong: {line!r}")
    return record["message"]


def check(run: Lines) -> None:
    for number, line in enumerate(run.lines):
        if run.operation == "callable":
            message = line.decode()
        else:
            message = parsed_json(run, line) if "json" in run.operation else parsed_text(line)
        if message != message_of(run.operation, number):
            raise verify.Wrong(f"the message of line {number} is {message!r}")


FAMILY = Family(
    title="Programs for logust and loguru",
    ours=CLEAT,
    contestants=CONTESTANTS,
    operations=OPERATIONS,
    check=check,
    ahead=AHEAD,
    notes=NOTES,
    yardstick=OS_WRITE,
)
