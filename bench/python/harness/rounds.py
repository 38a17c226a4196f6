"""Takes the measures: one short run of each contestant in turn, again and again."""

from __future__ import annotations

import os
import pathlib
import statistics

import verify
from family import FILE, NOWHERE, NULL, Family, Lines
from session import Failed, Session

PROGRAMS = pathlib.Path(__file__).resolve().parents[1] / "contestants"
FIRST_COUNT = 200
SHOWN = 3


class Player:
    """A contestant's process, and the times it took for each operation, a figure for each round."""

    def __init__(self, family: Family, name: str, python: pathlib.Path, scratch: pathlib.Path):
        program, *arguments = family.contestants[name]
        self.family = family
        self.name = name
        logs = scratch / f"python-{program.removesuffix('.py')}-{name}"
        self.session = Session([str(python), str(PROGRAMS / program), *arguments], logs.with_suffix(".stderr"))
        self.about = self.session.about
        self.counts: dict[str, int] = {}
        self.ns: dict[str, list[float]] = {}
        self.written = logs.with_suffix(".log")
        self.read = 0  # bytes of it
        self.last_run = b""
        self.null = logs.with_suffix(".null")  # a link: some loggers put a file of their own beside what they write to
        self.null.unlink(missing_ok=True)
        self.null.symlink_to(os.devnull)

    def can(self, operation: str) -> bool:
        return operation in self.about["scenarios"]

    def time(self, operation: str, count: int) -> float:
        sink = self.family.operations[operation].sink
        path = {FILE: self.written, NULL: self.null, NOWHERE: NOWHERE}[sink]
        ns = self.session.ask(f"run {operation} {count} {path}")["ns"]
        if sink == FILE:
            self.last_run = self.new_bytes()
            if (lines := self.last_run.count(b"\n")) != count:
                raise verify.Wrong(f"{operation}: there should be {count} lines, there are {lines}")
        return ns

    def new_bytes(self) -> bytes:
        """What was written since this was asked last. The file stays as it is: its writer may know how long it is."""
        with self.written.open("rb") as file:
            file.seek(self.read)
            new = file.read()
        self.read += len(new)
        return new

    def begin_file(self) -> None:
        self.written.unlink(missing_ok=True)
        self.read = 0

    def find_count(self, operation: str, seconds: float) -> None:
        """How often the operation is to be done, so that a run takes so many seconds."""
        self.begin_file()
        count = FIRST_COUNT
        took = self.time(operation, count)
        while took < seconds * 1e9 / 4:
            count *= 2
            took = self.time(operation, count)
        self.counts[operation] = max(1, round(count * seconds * 1e9 / took))
        self.ns[operation] = []

    def run_round(self, operation: str) -> None:
        count = self.counts[operation]
        self.ns[operation].append(self.time(operation, count) / count)

    def check_last_run(self, operation: str) -> None:
        """That its lines say what they should."""
        self.family.check(Lines(operation, self.name, self.about, self.last_run.split(b"\n")[:-1]))

    def show_and_check(self, operation: str) -> None:
        if not self.family.operations[operation].has_lines:
            return
        self.begin_file()
        self.session.ask(f"show {operation} {self.written}")
        self.last_run = self.new_bytes()
        if (lines := self.last_run.count(b"\n")) != SHOWN:
            raise verify.Wrong(f"{operation}: there should be {SHOWN} lines, there are {lines}")
        self.check_last_run(operation)


def check_all(players: list[Player]) -> dict[str, str]:
    """Who is wrong, and how."""
    wrong = {}
    for player in players:
        for operation in filter(player.can, player.family.operations):
            try:
                player.show_and_check(operation)
            except (verify.Wrong, Failed, ValueError, KeyError) as error:
                wrong[player.name] = f"{operation}: {type(error).__name__}: {error}"
    return wrong


def measure(family: Family, players: list[Player], rounds: int, seconds: float, tell) -> None:
    for operation, about in family.operations.items():
        able = [player for player in players if player.can(operation)]
        for player in able:
            tell(f"{operation}: {player.name} warms up")
            player.find_count(operation, seconds)
        for number in range(rounds):
            tell(f"{operation}: round {number + 1} of {rounds}")
            for player in able:
                player.run_round(operation)
        if about.sink == FILE:
            for player in able:
                player.check_last_run(operation)


def ratio(of: Player, to: Player, operation: str) -> float:
    """The median of the rounds' ratios: what a round measures, it measures at one speed of the machine."""
    return statistics.median(left / right for left, right in zip(of.ns[operation], to.ns[operation]))


def results_of(family: Family, players: list[Player]) -> dict:
    ours = next(player for player in players if player.name == family.ours)
    rows = []
    for operation, about in family.operations.items():
        figures = {player.name: {"ns": statistics.median(player.ns[operation]),
                                 "ratio": ratio(player, ours, operation) if operation in ours.ns else None}
                   for player in players if player.can(operation)}
        rows.append({"operation": operation, "title": about.title, "results": figures})
    return {"title": family.title, "operations": rows,
            "contestants": {player.name: {"version": player.about["version"], "notes": player.about["notes"]}
                            for player in players}}
