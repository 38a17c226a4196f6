"""What all contestants in Python share: the work, and the answering of commands (see bench/README.md)."""

from __future__ import annotations

import importlib.metadata
import json
import sys
import time
from collections.abc import Callable

EVENT = "request received"
CONTEXT_20 = {
    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    "span_id": "00f067aa0ba902b7",
    "session": "s-20418",
    "locale": "en-GB",
    "shard": 7,
    **{f"context_{number:02}": number for number in range(5, 20)},
}
SHOWN = 3
NOWHERE = "-"  # the path, where lines are made and let go

# Does the operation so many times. What it gives back, if anything, are the nanoseconds that count.
Work = Callable[[int], "int | None"]
# Makes ready for it, with a file to write to.
Scenario = Callable[[str], Work]


class Request:
    """The five fields of a line; read at each call, as a program does that has them from its network."""

    def __init__(self) -> None:
        self.request_id = "5f1c9e1c-7d2e-4c1b"
        self.method = "GET"
        self.path = "/orders/7781"
        self.client = "127.0.0.1"
        self.user_id = 7781


def timed(work: Work, count: int) -> int:
    begin = time.perf_counter_ns()
    counted = work(count)
    return time.perf_counter_ns() - begin if counted is None else counted


def answer(words: list[str], about: dict, scenarios: dict[str, Scenario], prepared: dict[str, Work]) -> dict:
    match words:
        case ["hello"]:
            return {**about, "scenarios": list(scenarios)}
        case ["run", name, count, path]:
            if name not in prepared:
                prepared.clear()
                prepared[name] = scenarios[name](path)
            return {"ns": timed(prepared[name], int(count))}
        case ["show", name, path]:
            prepared.clear()
            scenarios[name](path)(SHOWN)
            return {}
    return {"error": f"unknown command: {' '.join(words)}"}


def serve(title: str, package: str | None, scenarios: dict[str, Scenario], notes: tuple[str, ...] = ()) -> None:
    """Answers until it is told to quit."""
    answers, sys.stdout = sys.stdout, sys.stderr
    version = importlib.metadata.version(package) if package else sys.version.split()[0]
    about = {"name": title, "version": version, "notes": notes}
    prepared: dict[str, Work] = {}
    for line in sys.stdin:
        if line == "quit\n":
            return
        try:
            reply = answer(line.split(), about, scenarios, prepared)
        except Exception as error:  # whatever it is, the harness must hear of it
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), file=answers, flush=True)
