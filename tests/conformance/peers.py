"""The packages whose own test suites run against Cleat. What a peer's cases may be excepted for stands in PEER/exceptions.txt."""

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
            most_exceptions=0.15,
        ),
    )
}
