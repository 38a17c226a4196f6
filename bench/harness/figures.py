"""Medians, spreads, and ratios that are taken round by round."""

from __future__ import annotations

import statistics

from measure import Series


def median(values: list[float]) -> float:
    return statistics.median(values)


def spread(values: list[float]) -> float:
    """The distance of the quartiles, as a part of the median."""
    middle = median(values)
    if len(values) < 3 or middle == 0:
        return 0.0
    first, _, third = statistics.quantiles(values, n=4, method="inclusive")
    return (third - first) / middle


def ratio(of: Series, to: Series) -> float:
    """The median of the rounds' ratios: what a round measures, it measures at one speed of the machine."""
    return median([left / max(right, 1e-9) for left, right in zip(of.ns, to.ns)])


def difference(of: Series, to: Series) -> float:
    return median([left - right for left, right in zip(of.ns, to.ns)])


def gain(one_thread: Series, two_threads: Series) -> list[float]:
    """How many times the lines a second that two threads make, round by round."""
    return [one / max(two, 1e-9) for one, two in zip(one_thread.ns, two_threads.ns)]
