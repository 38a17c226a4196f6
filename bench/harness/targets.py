"""What the benchmark must reach, as data, and whether it did."""

from __future__ import annotations

import dataclasses
from typing import Callable

import figures
from contestants import CLEAT, LIMIT
from measure import Measures
from memory import TOLERANCE_KIB
from plan import Run

QUICKEST_IN_GO = ("zerolog", "zap")
QUILL = "quill"


@dataclasses.dataclass
class Outcome:
    """A figure that was asked for, and what came out; measured is None where something was not there to measure."""

    scenario: str
    what: str
    asked: float
    at_least: bool  # else at most
    measured: float | None
    unit: str = "x"
    against: str = ""  # the contestant that decided it

    @property
    def met(self) -> bool | None:
        if self.measured is None:
            return None
        return self.measured >= self.asked if self.at_least else self.measured <= self.asked

    def as_json(self) -> dict:
        return {**dataclasses.asdict(self), "met": self.met}


def times_cleat(measures: Measures, name: str, run: Run) -> float | None:
    """How many times what Cleat takes the contestant takes."""
    theirs, ours = measures.of(name, run), measures.of(CLEAT, run)
    return figures.ratio(theirs, ours) if theirs and ours else None


def faster_than(measures: Measures, run: Run, names: list[str], asked: float, what: str) -> Outcome:
    """One outcome for several peers: the nearest of them decides."""
    ratios = {name: times_cleat(measures, name, run) for name in names}
    nearest = min((name for name in names if ratios[name] is not None), key=ratios.get, default=None)
    return Outcome(str(run), what, asked, True, ratios.get(nearest), against=nearest or "")


def ahead_of_go(measures: Measures, run: Run, asked: float) -> list[Outcome]:
    return [faster_than(measures, run, [name], asked, f"faster than {name}") for name in QUICKEST_IN_GO]


def ahead_of_the_rest(measures: Measures, run: Run, asked: float) -> list[Outcome]:
    others = [name for name in measures.names_with(run) if name not in (CLEAT, LIMIT, *QUICKEST_IN_GO)]
    return [faster_than(measures, run, others, asked, "faster than every other peer")]


def ahead_of_all(measures: Measures, run: Run) -> list[Outcome]:
    peers = [name for name in measures.names_with(run) if name not in (CLEAT, LIMIT)]
    return [faster_than(measures, run, peers, 1, "faster than every peer")]


def close_to_limit(measures: Measures, run: Run, asked: float) -> list[Outcome]:
    ours, limit = measures.of(CLEAT, run), measures.of(LIMIT, run)
    return [Outcome(str(run), "times the limit", asked, False, figures.ratio(ours, limit) if ours and limit else None)]


def context_adds(measures: Measures) -> list[Outcome]:
    more, few = measures.of(CLEAT, Run("f")), measures.of(CLEAT, Run("e"))
    measured = figures.difference(more, few) if more and few else None
    return [Outcome("f", "15 more context variables add, to e", 20, False, measured, "ns")]


def overriding_costs(measures: Measures) -> list[Outcome]:
    overridden, plain = measures.of(CLEAT, Run("g")), measures.of(CLEAT, Run("d"))
    measured = figures.ratio(overridden, plain) if overridden and plain else None
    return [Outcome("g", "an overridden key, to d", 1.25, False, measured)]


def off_costs(measures: Measures) -> list[Outcome]:
    ours = measures.of(CLEAT, Run("i"))
    return [Outcome("i", "a level that is off", 1, False, figures.median(ours.ns) if ours else None, "ns")]


def latency(measures: Measures, percentile: str, asked: float) -> Outcome:
    ours, theirs = measures.latencies.get(CLEAT), measures.latencies.get(QUILL)
    measured = None
    if ours and theirs:
        measured = figures.median([mine[percentile] / max(other[percentile], 1e-9)
                                   for mine, other in zip(ours, theirs)])
    return Outcome("d async", f"the caller's {percentile}, to Quill's", asked, False, measured)


def asynchronous(measures: Measures) -> list[Outcome]:
    return [latency(measures, "p50", 0.8), latency(measures, "p999", 1.0),
            faster_than(measures, Run("d", "async"), [QUILL], 5, "sustained, to Quill")]


def gain_of(measures: Measures, name: str, scenario: str) -> list[float] | None:
    one, two = measures.of(name, Run(scenario)), measures.of(name, Run(scenario, threads=2))
    return figures.gain(one, two) if one and two else None


def second_thread(measures: Measures, scenario: str) -> list[Outcome]:
    ours, limit = gain_of(measures, CLEAT, scenario), gain_of(measures, LIMIT, scenario)
    measured = None
    if ours and limit:
        measured = figures.median([mine / most for mine, most in zip(ours, limit)])
    what = "a second thread's gain, to what the limit gains"
    return [Outcome(str(Run(scenario, threads=2)), what, 0.9, True, measured)]


@dataclasses.dataclass(frozen=True)
class Target:
    scenarios: str
    outcomes: Callable[[Measures, str], list[Outcome]]


# The table, row by row.
TARGETS = (
    Target("bcde", lambda measures, one: ahead_of_go(measures, Run(one), 5) + ahead_of_the_rest(measures, Run(one), 3)),
    Target("b", lambda measures, one: close_to_limit(measures, Run(one), 2.5)),
    Target("c", lambda measures, one: close_to_limit(measures, Run(one), 4)),
    Target("f", lambda measures, _: context_adds(measures)),
    Target("g", lambda measures, _: overriding_costs(measures)),
    Target("h", lambda measures, one: ahead_of_go(measures, Run(one), 3)),
    Target("i", lambda measures, _: off_costs(measures)),
    Target("jkl", lambda measures, one: ahead_of_all(measures, Run(one))),
    Target("d", lambda measures, _: asynchronous(measures)),
    Target("bde", second_thread),
)


def told_of_all(measures: Measures) -> list[Outcome]:
    """No line may be lost without a word."""
    ours = measures.overloads.get(CLEAT)
    if not ours:
        return []
    untold = abs(ours["lost"] - (ours["told"] or 0))
    return [Outcome("overload", "lost lines that were not told of", 0, False, untold, "lines")]


def bounded_memory(memory: dict | None) -> list[Outcome]:
    if not memory:
        return []
    what = f"growth over {memory['lines']:,} lines"
    return [Outcome("memory", what, TOLERANCE_KIB, False, memory["growth_kib"], "KiB")]


def own_costs(cost: dict | None) -> list[Outcome]:
    """The figures of bench/cost.c, Cleat alone."""
    return [Outcome("cost", figure["figure"], figure["at_most"], False, figure["measured"], figure["unit"])
            for figure in (cost or {}).get("figures", [])]


def evaluate(measures: Measures, letters: str, memory: dict | None, cost: dict | None) -> list[Outcome]:
    """All outcomes for the scenarios that were measured; no letters means all of them."""
    outcomes = own_costs(cost)
    for target in TARGETS:
        for one in target.scenarios:
            if not letters or one in letters:
                outcomes += target.outcomes(measures, one)
    return outcomes + told_of_all(measures) + bounded_memory(memory)
