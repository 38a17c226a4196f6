"""Where Cleat differs from structlog on purpose: what is done about it before the two are compared.

Each of these has a row in docs/coming-from-structlog.md, "Differences on purpose".
"""

from __future__ import annotations

import contextlib
import contextvars
import re
import types
from collections.abc import Iterable, Iterator
from typing import Any

import structlog.contextvars

PREFIX = structlog.contextvars.STRUCTLOG_KEY_PREFIX

# The keys of the context variables in the order in which they were bound, which is Cleat's order. With structlog their
# order is that of a hash table with the addresses of objects in it; for the comparison it is given this one.
ORDER: contextvars.ContextVar[tuple[str, ...]] = contextvars.ContextVar("ORDER", default=())


class OrderedContext:
    """A context whose variables for structlog come in the order in which they were bound."""

    def __init__(self) -> None:
        self.context = contextvars.copy_context()

    def __iter__(self) -> Iterator[contextvars.ContextVar[Any]]:
        places = {PREFIX + key: place for place, key in enumerate(ORDER.get())}
        return iter(sorted(self.context, key=lambda variable: places.get(variable.name, len(places))))

    def __getitem__(self, variable: contextvars.ContextVar[Any]) -> Any:
        return self.context[variable]


def note_order(newly_bound: Iterable[str]) -> None:
    """Call after each change of structlog's context variables."""
    there = structlog.contextvars.get_contextvars()
    kept = [key for key in ORDER.get() if key in there]
    ORDER.set((*kept, *(key for key in newly_bound if key in there and key not in kept)))


@contextlib.contextmanager
def binding_order() -> Iterator[None]:
    """While it lasts, structlog's context variables come in the order in which they were bound."""
    module: Any = structlog.contextvars
    real = module.contextvars
    module.contextvars = types.SimpleNamespace(**{**vars(real), "copy_context": OrderedContext})
    try:
        yield
    finally:
        module.contextvars = real


# A method in C has another name in the messages of wrong calls than a Python function has.
FUNCTION_NAME = re.compile(r"^[\w.<>]+\(\)")


def message(error: BaseException) -> str:
    """The message of an error, without the function's name where arguments did not fit a function, and without the place
    where recursion became too deep."""
    if isinstance(error, RecursionError):
        return "maximum recursion depth exceeded"
    text = str(error)
    return FUNCTION_NAME.sub("function()", text) if isinstance(error, TypeError) else text


# Cleat's modules: the package has another name, and some of structlog's modules are packages of several files.
MODULE = re.compile(r"\bcleat\.structlog(\.(?:processors|stdlib|dev|tracebacks)(?=\.[a-z_]+\.))?(?(1)\.[a-z_]+)")


def one_name(text: str) -> str:
    """Text in which Cleat's module names are structlog's."""
    return MODULE.sub(r"structlog\1", text)
