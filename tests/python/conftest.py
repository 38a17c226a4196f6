"""What all Python tests share."""

from __future__ import annotations

import os

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("CLEAT_HEAVY") == "1":
        return
    skip = pytest.mark.skip(reason="heavy: runs with CLEAT_HEAVY=1")
    for item in items:
        if "heavy" in item.keywords:
            item.add_marker(skip)
