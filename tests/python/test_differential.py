"""Random programs through structlog and through Cleat: the same dictionaries to processors, the same output, the same
exceptions. A few here; 100,000 with tests/python/differential/run, a stage of `make check-all`."""

from __future__ import annotations

import pytest

from differential.search import search

CASES = 400


@pytest.mark.parametrize("number", range(1000, 1003))
def test_random_programs(number: int) -> None:
    search(CASES, number)
