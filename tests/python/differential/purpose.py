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

from .programs import Program

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


# A method in C has another name in the messages of wrong calls than a Python function has, and looks at other things
# first.
WRONG_CALL = re.compile(r"^[\w.<>]+\(\) (?:takes|got|missing|requires) ")
# What a step says to something that is no dictionary, or no record, depends on what it does first.
NO_DICTIONARY = re.compile(
    r"^'(?:str|int|bytes|tuple|NoneType)' object (?:has no attribute|does not support|is not)"
    r"|object has no (?:attribute ')?__dict__"
)
# Messages that are in Cleat's own words, by how they begin.
OWN_WORDS = ("<Token ", "Last processor didn't return ")


def message(error: BaseException) -> str:
    """The message of an error; but only what it is about where arguments did not fit a function, recursion became too
    deep, a step was given no dictionary, or Cleat has its own words."""
    text = str(error)
    if isinstance(error, RecursionError):
        return "maximum recursion depth exceeded"
    if isinstance(error, TypeError) and WRONG_CALL.match(text):
        return "wrong call"
    if NO_DICTIONARY.search(text):
        return "no dictionary"
    return next((beginning for beginning in OWN_WORDS if text.startswith(beginning)), text)


def may_bind_temporarily(program: Program) -> bool:
    """tmp_bind() is for wrapped dictionaries. With another context structlog empties the logger's context in the end,
    Cleat does not."""
    return "wrap_dict" in program.context_class


def may_copy(program: Program, copier: str) -> bool:
    """A CapturingLogger of structlog takes the question whether it can be copied for a log call."""
    return copier == "copy.copy" or "Capturing" not in program.factory


def make_context_exist(context: Any) -> None:
    """In a thread that has not used a wrapped dictionary yet, structlog's as_immutable() gives back a logger that is as
    mutable as before; Cleat's never does. To look at the dictionary is to use it."""
    getattr(context, "_dict", None)


# How structlog's ConsoleRenderer fails at a level, stack or exception that is no string. Cleat's shows some of them,
# and may come to another one first.
CONSOLE_FAILS = re.compile(
    r"has no len\(\)|^unhashable type|^can only concatenate|^can't concat|^unsupported operand type\(s\) for \+"
)
WRAPPED_FAILS = "'WrappedDict-UUID' object is not subscriptable"


def parts_ways(ours: Any, theirs: Any) -> bool:
    """Whether structlog's as_immutable() gave back a logger that is as mutable as before, in a thread that has not used its
    dictionary: what happens from there on cannot be compared."""
    return theirs[0] == ours[0] == "as_immutable" and "('wrapped', " in repr(theirs) and "('wrapped', " not in repr(ours)


def is_same_but_for_order(program: Program, ours: Any, theirs: Any) -> bool:
    """structlog gives the keys of a thread-local scope back in the order of a set, which changes from run to run."""
    return "bound_threadlocal" in repr(program.operations) and sorted(repr(ours)) == sorted(repr(theirs))


def is_without_meaning(program: Program, ours: Any, theirs: Any) -> bool:
    """Whether structlog failed in a way that Cleat does not repeat, or both refused a call for another reason, or what
    differs is an order that structlog leaves to chance."""
    if is_same_but_for_order(program, ours, theirs):
        return True
    result = theirs[1]
    if not isinstance(result, tuple) or result[:2] != ("raised", "TypeError"):
        return False
    if result[2] == "wrong call":
        return isinstance(ours[1], tuple) and ours[1][0] == "raised"
    with_console = any("ConsoleRenderer" in step for step in program.chain)
    return result[2] == WRAPPED_FAILS or with_console and bool(CONSOLE_FAILS.search(result[2]))


# Cleat's modules: the package has another name, and some of structlog's modules are packages of several files.
MODULE = re.compile(r"\bcleat\.structlog(\.(?:processors|stdlib|dev|tracebacks)(?=\.[a-z_]+\.))?(?(1)\.[a-z_]+)")

BUILT_IN = re.compile(r"<built-in function (\w+)>")


def one_name(text: str) -> str:
    """Text in which Cleat's modules have structlog's names, and its functions in C look like Python's."""
    return BUILT_IN.sub(r"<function \1 at ADDRESS>", MODULE.sub(r"structlog\1", text))
