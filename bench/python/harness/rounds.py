"""Takes the measures: one short run of each contestant in turn, again and again."""

from __future__ import annotations

import json
import pathlib
import statistics

import verify
from league import CLEAT, CONTESTANTS, OPERATIONS, OWN_SHAPE
from scenarios import Scenario
from session import Failed, Session

PROGRAMS = pathlib.Path(__file__).resolve().parents[1] / "contestants"
FIRST_COUNT = 200
SHOWN = 3


class Player:
    """A contestant's process, and the times it took for each operation, a figure for each round."""

    def __init__(self, name: str, python: pathlib.Path, scratch: pathlib.Path):
        program, *arguments = CONTESTANTS[name]
        self.name = name
        self.session = Session([str(python), str(PROGRAMS / program), *arguments], scratch / f"python-{name}.stderr")
        self.about = self.session.about
        self.counts: dict[str, int] = {}
        self.ns: dict[str, list[float]] = {}
        self.shown = scratch / f"python-{name}.log"

    def can(self, operation: str) -> bool:
        return operation in self.about["scenarios"]

    def time(self, operation: str, count: int) -> float:
        return self.session.ask(f"run {operation} {count}")["ns"]

    def find_count(self, operation: str, seconds: float) -> None:
        """How often the operation is to be done, so that a run takes so many seconds."""
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

    def check(self, operation: str) -> None:
        """That its lines say what they should."""
        fields = OPERATIONS[operation].fields
        if fields is None:
            return
        self.shown.unlink(missing_ok=True)
        self.session.ask(f"show {operation} {self.shown}")
        lines = verify.lines_of(self.shown)
        if len(lines) != SHOWN:
            raise verify.Wrong(f"{operation}: there should be {SHOWN} lines, there are {len(lines)}")
        for line in lines:
            if self.name in OWN_SHAPE:
                check_own_shape(line, fields)
            else:
                verify.check_line(line, Scenario(operation, "", fields), self.about)


def check_own_shape(line: bytes, fields: dict) -> None:
    if json.loads(line).get("extra") != fields:
        raise verify.Wrong(f"`extra` should be {fields}, the line is {line.decode()}")


def check_all(players: list[Player]) -> dict[str, str]:
    """Who is wrong, and how."""
    wrong = {}
    for player in players:
        try:
            for operation in filter(player.can, OPERATIONS):
                player.check(operation)
        except (verify.Wrong, Failed, ValueError) as error:
            wrong[player.name] = str(error)
    return wrong


def measure(players: list[Player], rounds: int, seconds: float, tell) -> None:
    for operation in OPERATIONS:
        able = [player for player in players if player.can(operation)]
        for player in able:
            tell(f"{operation}: {player.name} warms up")
            player.find_count(operation, seconds)
        for number in range(rounds):
            tell(f"{operation}: round {number + 1} of {rounds}")
            for player in able:
                player.run_round(operation)


def ratio(of: Player, to: Player, operation: str) -> float:
    """The median of the rounds' ratios: what a round measures, it measures at one speed of the machine."""
    return statistics.median(left / right for left, right in zip(of.ns[operation], to.ns[operation]))


def results_of(players: list[Player]) -> dict:
    by_name = {player.name: player for player in players}
    ours = by_name[CLEAT]
    rows = []
    for operation, about in OPERATIONS.items():
        figures = {player.name: {"ns": statistics.median(player.ns[operation]),
                                 "ratio": ratio(player, ours, operation) if operation in ours.ns else None}
                   for player in players if player.can(operation)}
        rows.append({"operation": operation, "title": about.title, "results": figures})
    return {"operations": rows,
            "contestants": {player.name: {"version": player.about["version"], "notes": player.about["notes"]}
                            for player in players}}
