"""A pytest plugin for the conformance run: puts Cleat in a peer's place before anything imports that, and writes down
what came of each case.

Loaded by tests/conformance/run with `-p conformance_plugin`. From the environment it takes CLEAT_CONFORMANCE_RESULTS,
the file to write, a line of JSON for each step; CLEAT_CONFORMANCE_PEER, the package's name; and CLEAT_CONFORMANCE_DOOR:
"cleat" where Cleat is to stand in.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

PEER = os.environ["CLEAT_CONFORMANCE_PEER"]
CHILDREN = Path(__file__).resolve().parent / "children"


def stand_in() -> None:
    """Here, and in the Python programs that the cases start."""
    if PEER in sys.modules:
        raise pytest.UsageError(f"{PEER} was imported before Cleat could take its place")
    import cleat

    cleat.install_as(PEER)
    os.environ["PYTHONPATH"] = os.pathsep.join([str(CHILDREN), os.environ["PYTHONPATH"]])


def impostors() -> list[str]:
    """Modules under the peer's name that are not Cleat's: cases that met them would say nothing about Cleat."""
    return [
        name
        for name, module in list(sys.modules.items())
        if name.split(".")[0] == PEER and module is not sys.modules.get(f"cleat.{name}")
    ]


class Recorder:
    """Writes at once and not at the end, so that a crash shows which case it happened in."""

    def __init__(self, path: str, standing_in: bool) -> None:
        self.file = Path(path).open("w", encoding="utf-8", buffering=1)
        self.standing_in = standing_in

    def write(self, **step: Any) -> None:
        self.file.write(json.dumps(step) + "\n")

    @pytest.hookimpl(trylast=True)  # when -k has made its choice
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self.write(collected=[item.nodeid for item in items])

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.write(not_collected=report.nodeid, text=report.longreprtext)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.write(began=nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.write(case=report.nodeid, outcome=report.outcome, text=report.longreprtext)

    def pytest_sessionfinish(self) -> None:
        self.write(finished=True, impostors=impostors() if self.standing_in else [])


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """After pytest has put its own files in place of the standard output, as when the suite's conftest.py imports
    the package; and before that."""
    if os.environ.get("CLEAT_CONFORMANCE_DOOR") == "cleat":
        stand_in()


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(
        Recorder(os.environ["CLEAT_CONFORMANCE_RESULTS"], os.environ.get("CLEAT_CONFORMANCE_DOOR") == "cleat")
    )
