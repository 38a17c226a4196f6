"""What is run, how often, and how long: all of it, or the quick way."""

from __future__ import annotations

import dataclasses

LETTERS = "abcdefghijkl"
BOUND = (0, 1, 2, 5, 10, 20, 40, 70, 100)
CONTEXT = (0, 1, 2, 5, 10, 20, 40, 70, 100)
LENGTH = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 40_000, 65_536)


@dataclasses.dataclass(frozen=True)
class Run:
    scenario: str
    sink: str = "discard"
    threads: int = 1

    def __str__(self) -> str:
        threads = f", {self.threads} threads" if self.threads > 1 else ""
        sink = "" if self.sink == "discard" else f" {self.sink}"
        return f"{self.scenario}{sink}{threads}"


# What is compared with each other is run in the same rounds, close to each other.
DISCARD = (
    (Run("b"), Run("b", threads=2), Run("c")),
    (Run("d"), Run("d", threads=2), Run("g")),
    (Run("e"), Run("e", threads=2), Run("f")),
    (Run("a"),), (Run("h"),), (Run("i"),), (Run("j"),), (Run("k"),), (Run("l"),),
)
WRITTEN = ((Run("b", "null"), Run("b", "file")), (Run("d", "null"), Run("d", "file")),
           (Run("e", "null"), Run("e", "file")))
SUSTAINED = ((Run("d", "async"), Run("d", "async", 2)),)
SUSTAINED_QUICK = ((Run("d", "async"),),)
CURVES = (tuple(Run(f"bound-{count}") for count in BOUND), tuple(Run(f"context-{count}") for count in CONTEXT),
          tuple(Run(f"length-{count}") for count in LENGTH))


@dataclasses.dataclass(frozen=True)
class Plan:
    groups: tuple[tuple[tuple[Run, ...], int], ...]  # runs, and their number of rounds
    run_ms: float
    async_ms: float  # longer: a queue that fills for a moment is not what "sustained" means
    warm_up: float  # of what a contestant asks for
    latency_rounds: int
    bursts: int
    overload_lines: int
    memory_lines: int

    def ns_of(self, run: Run) -> float:
        return 1e6 * (self.async_ms if run.sink == "async" else self.run_ms)


def with_rounds(groups, rounds: int, letters: str):
    """The groups that are left when only some scenarios are wanted; curves belong to no letter."""
    for group in groups:
        wanted = tuple(run for run in group if not letters or run.scenario in letters)
        if wanted:
            yield wanted, rounds


def plan_of(quick: bool, letters: str) -> Plan:
    asynchronous = not letters or "d" in letters
    if quick:
        groups = (*with_rounds(DISCARD, 7, letters), *with_rounds(SUSTAINED_QUICK, 3, letters))
        return Plan(groups, run_ms=8, async_ms=80, warm_up=0.5, latency_rounds=2 if asynchronous else 0, bursts=250,
                    overload_lines=100_000 if asynchronous else 0, memory_lines=0 if letters else 1_000_000)
    groups = (*with_rounds(DISCARD, 25, letters), *with_rounds(WRITTEN, 15, letters),
              *with_rounds(SUSTAINED, 11, letters), *with_rounds(CURVES, 7, letters))
    return Plan(groups, run_ms=20, async_ms=150, warm_up=1.0, latency_rounds=5 if asynchronous else 0, bursts=1000,
                overload_lines=300_000 if asynchronous else 0, memory_lines=0 if letters else 100_000_000)
