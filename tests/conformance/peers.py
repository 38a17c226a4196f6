"""The packages whose own test suites run against Cleat. Which of a peer's cases are excepted stands in
PEER/exceptions.txt."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Peer:
    """name: of the distribution and of the package, as install_as() takes it."""

    name: str
    test_packages: tuple[str, ...]
    """What its suite needs, the package itself aside."""
    optional_packages: tuple[str, ...] = ()
    """It looks for these and goes another way without them: both runs are made with all of them."""
    most_exceptions: float = 0.01
    """Of the cases."""
    files: tuple[str, ...] = ()
    """The suite's files that count; none: all of them."""
    suite_version: str | None = None
    """The release whose suite it is; None: the newest one's."""


PEERS = {
    peer.name: peer
    for peer in (
        Peer(
            "structlog",
            test_packages=("pytest", "pytest-asyncio", "time-machine", "freezegun", "pretend"),
            optional_packages=("rich", "greenlet", "simplejson", "better-exceptions"),
        ),
        Peer(
            "logust",
            test_packages=("pytest",),
            optional_packages=("starlette", "fastapi", "httpx", "rich"),
            # Its suite has unit tests of what is inside of it, which are no part of its interface.
            most_exceptions=0.17,
        ),
        Peer(
            "loguru",
            test_packages=("pytest", "freezegun", "colorama"),
            # What its users' code has most of; not what is loguru's alone, such as its files' times and its pickling.
            files=tuple(
                f"tests/test_{name}.py"
                for name in (
                    "activation",
                    "add_option_catch",
                    "add_option_colorize",
                    "add_option_filter",
                    "add_option_format",
                    "add_option_level",
                    "add_option_serialize",
                    "add_sinks",
                    "ansimarkup_basic",
                    "ansimarkup_extended",
                    "bind",
                    "configure",
                    "contextualize",
                    "datetime",
                    "exceptions_catch",
                    "formatting",
                    "interception",
                    "levels",
                    "opt",
                    "parse",
                    "patch",
                    "propagation",
                    "recattr",
                    "remove",
                    "repr",
                    "standard_handler",
                )
            ),
            most_exceptions=0.1,
            # Source distributions of later ones have no tests.
            suite_version="0.7.2",
        ),
    )
}
