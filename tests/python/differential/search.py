"""Looks for a program that does something else with Cleat than with structlog."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, Phase, given, seed, settings

from .comparison import difference
from .programs import Program, programs


def search(cases: int, number: int, before_each: Callable[[Program], object] = lambda program: None) -> None:
    """Run so many programs, the same ones for the same number. Raise AssertionError with the simplest that differs."""

    @seed(number)
    @settings(max_examples=cases, database=None, deadline=None, phases=[Phase.generate, Phase.shrink],
              report_multiple_bugs=False, suppress_health_check=list(HealthCheck))
    @given(programs)
    def compare(program: Program) -> None:
        before_each(program)
        found = difference(program)
        assert found is None, found

    compare()
