"""What all Python tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from log_lines import LogLines, json_lines

from cleat import structlog
from cleat.structlog.contextvars import clear_contextvars


@pytest.fixture(autouse=True)
def as_at_the_beginning() -> Iterator[None]:
    """Nothing is configured and nothing bound when a test begins, and what it leaves is gone."""
    structlog.reset_defaults()
    clear_contextvars()
    yield
    clear_contextvars()
    structlog.reset_defaults()


@pytest.fixture
def log() -> Iterator[LogLines]:
    """Lines go to memory, as JSON, with the context variables in them."""
    with json_lines() as lines:
        yield lines


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("CLEAT_HEAVY") == "1":
        return
    skip = pytest.mark.skip(reason="heavy: runs with CLEAT_HEAVY=1")
    for item in items:
        if "heavy" in item.keywords:
            item.add_marker(skip)
