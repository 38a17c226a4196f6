"""Verification without the clock: every contestant's lines in every scenario, and every sink's."""

from __future__ import annotations

import pathlib

import scenarios
import verify
from contestants import CLEAT, Absence, Contestant
from measure import overload_once
from plan import LETTERS
from session import Cannot, Failed
from team import Team, reason_against

SHOWN = (*LETTERS, "bound-0", "bound-3", "bound-100", "context-3", "context-100", "length-50", "length-65536")
COUNT = 1000
THREADS = 2
OVERLOAD_COUNT = 20_000
BURSTS = 20
# What is not UTC by chance, so that a contestant which writes local time is found out.
ABROAD = {"TZ": "Asia/Kolkata"}


def shown_is_right(team: Team, name: str, scenario: str) -> None:
    path = team.file_of(name)
    team.sessions[name].ask(f"show {scenario} {path}")
    verify.check_shown(path, scenarios.scenario(scenario), team.about[name])


def run_is_whole(team: Team, name: str, scenario: str, sink: str) -> None:
    path = team.file_of(name)
    answer = team.sessions[name].run(scenario, sink, THREADS, COUNT, str(path))
    if answer["lines"] != THREADS * COUNT:
        raise verify.Wrong(f"{THREADS * COUNT} lines were asked for, it says {answer['lines']}")
    verify.check_lines(path, scenarios.scenario(scenario), THREADS * COUNT, team.about[name])
    if path.stat().st_size != answer["bytes"]:
        raise verify.Wrong(f"it says {answer['bytes']} bytes, the file has {path.stat().st_size}")


def latency_is_told(team: Team, name: str) -> None:
    answer = team.sessions[name].ask(f"latency d {team.file_of(name)} {BURSTS}")
    if not 0 <= answer["p50"] <= answer["p99"] <= answer["p999"]:
        raise verify.Wrong(f"percentiles out of order: {answer}")


def overload_is_told(team: Team, name: str) -> None:
    """How well the others count what they drop is theirs to know."""
    answer = overload_once(team, name, OVERLOAD_COUNT)
    if name == CLEAT and answer["told"] != answer["lost"]:
        raise verify.Wrong(f"{answer['lost']} lines are lost, it says {answer['told']}")


def cases():
    """What is looked at: its name, why a contestant cannot do it, and how."""
    for scenario in SHOWN:
        yield (scenario, lambda about, one=scenario: reason_against(about, one, "discard", 1),
               lambda team, name, one=scenario: shown_is_right(team, name, one))
    for sink in ("file", "async"):
        for scenario in "cdl":
            yield (f"{scenario} {sink}, {THREADS} threads",
                   lambda about, one=scenario, to=sink: reason_against(about, one, to, THREADS),
                   lambda team, name, one=scenario, to=sink: run_is_whole(team, name, one, to))
    yield "latency", lambda about: reason_against(about, "latency", "async", 1), latency_is_told
    yield "overload", lambda about: reason_against(about, "overload", "async", 1), overload_is_told


class Tap:
    """Prints a line for each case, as the Test Anything Protocol has it."""

    def __init__(self):
        self.number = 0
        self.good = True

    def say(self, good: bool, what: str, why: str = "") -> None:
        self.number += 1
        self.good = self.good and good
        print(f"{'ok' if good else 'not ok'} {self.number} {what}" + (f" # {why}" if why else ""), flush=True)


def examine_fairly(examine, team: Team, name: str) -> None:
    """A peer's asynchronous writer may have a bad moment on a busy machine, and has a second try. Cleat has none."""
    try:
        examine(team, name)
    except verify.Wrong:
        if name == CLEAT:
            raise
        examine(team, name)


def check_contestant(team: Team, name: str, tap: Tap) -> None:
    for what, why_not, examine in cases():
        reason = why_not(team.about[name])
        if reason:
            tap.say(True, f"{name} {what}", f"SKIP {reason}")
            continue
        try:
            examine_fairly(examine, team, name)
            tap.say(True, f"{name} {what}")
        except Cannot as cannot:
            tap.say(True, f"{name} {what}", f"SKIP {cannot}")
        except verify.Wrong as wrong:
            tap.say(False, f"{name} {what}", str(wrong))
        except Failed as failed:
            tap.say(False, f"{name} {what}", str(failed))
            team.leave_out(name, str(failed))
            return
    team.attempt(name, team.sessions.pop(name).quit)
    tap.say(name not in team.failures, f"{name} quit", team.failures.get(name, ""))


def check_all(build: pathlib.Path, present: list[Contestant], absent: dict[str, Absence]) -> bool:
    tap = Tap()
    for name, absence in absent.items():
        tap.say(not absence.fault, name, absence.reason if absence.fault else f"SKIP {absence.reason}")
    with Team(build, present, ABROAD) as team:
        for name, reason in team.failures.items():
            tap.say(False, f"{name} start", reason)
        for name in team.names:
            check_contestant(team, name, tap)
    print(f"1..{tap.number}", flush=True)
    return tap.good


def wrong_lines(build: pathlib.Path, present: list[Contestant], tell) -> dict[str, str]:
    """Whose lines are not what they should be, before anything is measured."""
    with Team(build, present, ABROAD) as team:
        for name in team.names:
            tell(f"checking the lines of {name}")
            for scenario in SHOWN:
                if not reason_against(team.about[name], scenario, "discard", 1):
                    team.attempt(name, lambda: shown_with_scenario(team, name, scenario))
                if name not in team.sessions:
                    break
    return team.failures


def shown_with_scenario(team: Team, name: str, scenario: str) -> None:
    try:
        shown_is_right(team, name, scenario)
    except verify.Wrong as wrong:
        raise verify.Wrong(f"scenario {scenario}: {wrong}") from None
