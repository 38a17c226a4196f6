"""The text of an exception: a traceback that may go out beyond where it was caught, and show variables' values."""

from __future__ import annotations

import builtins
import io
import itertools
import keyword
import linecache
import tokenize
import traceback
from collections.abc import Iterator
from inspect import getattr_static
from types import FrameType, TracebackType
from typing import Any, NamedTuple

from ..logust import _catch
from ._escape import escape, escape_lines
from ._recattrs import RecordException

_OUR_FILES = _catch.__file__.rpartition("/")[0]
_LONGEST_VALUE = 128
_MOST_REPEATED = 3  # Of a recursion as many calls are shown.

_YELLOW = "\x1b[1;33m"
_GREEN = "\x1b[32m"
_MAGENTA = "\x1b[35m"
_RED = "\x1b[1;31m"
_CYAN = "\x1b[36m"
_RESET = "\x1b[0m"

_HEADING = "Traceback (most recent call last):"
_CAUSE = "The above exception was the direct cause of the following exception:"
_CONTEXT = "During handling of the above exception, another exception occurred:"

# Python 3.10 has no groups.
_GROUPS: Any = getattr(builtins, "BaseExceptionGroup", ())


class _Place(NamedTuple):
    """A call of a stack."""

    path: str
    line: int
    function: str
    frame: FrameType
    is_catch_point: bool = False


def _place(frame: FrameType, line: int) -> _Place:
    return _Place(frame.f_code.co_filename, line, frame.f_code.co_name, frame)


def _is_ours(frame: FrameType) -> bool:
    """Tell whether a call is one of what catch() makes of functions, which nobody wants to see."""
    return frame.f_code.co_filename.startswith(_OUR_FILES)


def _outer_places(frame: FrameType | None) -> Iterator[_Place]:
    """Yield the calls that led to *frame*, from the inside out."""
    while frame is not None:
        if not _is_ours(frame):
            yield _place(frame, frame.f_lineno)
        frame = frame.f_back


def _inner_places(tb: TracebackType | None) -> Iterator[_Place]:
    while tb is not None:
        if not _is_ours(tb.tb_frame):
            yield _place(tb.tb_frame, tb.tb_lineno)
        tb = tb.tb_next


def _chain(value: BaseException) -> list[tuple[BaseException, str]]:
    """Return the exceptions that led to one, and itself, the first one first; with what each has to do with the next.

    A loop is followed once.
    """
    chain = [(value, "")]
    seen = {id(value)}
    while True:
        cause, context = value.__cause__, value.__context__
        if cause is not None and id(cause) not in seen:
            value, link = cause, _CAUSE
        elif cause is None and context is not None and not value.__suppress_context__ and id(context) not in seen:
            value, link = context, _CONTEXT
        else:
            return chain[::-1]
        seen.add(id(value))
        chain.append((value, link))


def _tokens(source: str) -> Iterator[tokenize.TokenInfo]:
    try:
        yield from tokenize.generate_tokens(io.StringIO(source).readline)
    except (tokenize.TokenError, SyntaxError):  # A line is often not a whole statement.
        return


def _look_up(name: str, frame: FrameType) -> list[Any]:
    """Return a variable's value as a list of one; an empty list if there is none."""
    return [scope[name] for scope in (frame.f_locals, frame.f_globals) if name in scope][:1]


def _attribute(owner: list[Any], name: str) -> list[Any]:
    """Return an attribute's value in the same way, without running any of the program's code."""
    try:
        return [getattr_static(value, name) for value in owner]
    except AttributeError:
        return []


def _named_values(source: str, frame: FrameType) -> list[tuple[int, str]]:
    """Return where in a line of code a value has a name, and the value's text. Keywords of calls are no such names."""
    values: list[tuple[int, str]] = []
    found: list[Any] = []
    former = ""
    depth = 0
    tokens = list(_tokens(source))
    for token, following in zip(tokens, tokens[1:], strict=False):
        if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
            is_keyword = depth > 0 and following.string == "="
            found = _attribute(found, token.string) if former == "." else _look_up(token.string, frame)
            values += [(token.start[1], _shown(value)) for value in found if not is_keyword]
        elif token.string != ".":
            found = []
        depth += (token.string in "([{") - (token.string in ")]}") if token.type == tokenize.OP else 0
        former = token.string
    return values


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except Exception:  # whatever a program's __repr__ raises
        text = f"<unprintable {type(value).__name__} object>"
    return escape(text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "...")


def _can_encode(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


class ExceptionFormat:
    """How a handler shows exceptions.

    :param backtrace: show the calls that led to where the exception was caught, too; a ">" is in front of that place.
    :param diagnose: show the values of the variables in each line of code.
    :param colorize: use colours.
    :param encoding: that of the output, which may not have the characters that lines are drawn with.
    :param prefix: stands in front of the text.
    """

    def __init__(
        self, *, backtrace: bool, diagnose: bool, colorize: bool, encoding: str = "utf-8", prefix: str = ""
    ) -> None:
        self._backtrace = backtrace
        self._diagnose = diagnose
        self._colorize = colorize
        self._prefix = prefix
        self._pipe, self._corner = ("│", "└") if _can_encode("│└", encoding) else ("|", "->")

    def format(self, exception: Any, *, is_from_decorator: bool = False) -> str:
        """Return the text of a record's exception; it ends with a line break."""
        type_, value, tb = exception
        return self._prefix + "".join(self._texts(RecordException(type_, value, tb), is_from_decorator))

    def _texts(self, exception: RecordException, is_from_decorator: bool) -> Iterator[str]:
        value = exception.value
        if value is None:
            yield from traceback.format_exception_only(exception.type, None)
            return
        chain = _chain(value)
        if any(isinstance(each, _GROUPS) for each, _ in chain):
            # A tree, which the standard library draws.
            yield escape_lines("".join(traceback.format_exception(exception.type, value, exception.traceback)))
            return
        for each, link in chain:
            is_last = each is value
            places = self._places(exception.traceback if is_last else each.__traceback__, is_last, is_from_decorator)
            yield from self._traceback(each, places)
            if link:
                yield f"\n{link}\n\n"

    def _places(self, tb: TracebackType | None, is_last: bool, is_from_decorator: bool) -> list[_Place]:
        inner = list(_inner_places(tb))
        if tb is None or not is_last:
            return inner
        outer = list(_outer_places(tb.tb_frame.f_back))
        if self._backtrace:
            if _is_ours(tb.tb_frame):  # It was caught where the decorated function was called.
                outer, caught = outer[1:], outer[:1]
            else:
                inner, caught = inner[1:], inner[:1]
            return outer[::-1] + [place._replace(is_catch_point=True) for place in caught] + inner
        return outer[:1] + inner if is_from_decorator else inner

    def _traceback(self, value: BaseException, places: list[_Place]) -> Iterator[str]:
        if places:
            yield self._painted(_YELLOW, _HEADING) + "\n"
        for _, repeated in itertools.groupby(places, key=lambda place: (*place[:3], place.is_catch_point)):
            same = list(repeated)
            for place in same[:_MOST_REPEATED]:
                yield from self._call(place)
            more = len(same) - _MOST_REPEATED
            if more > 0:
                yield f"  [Previous line repeated {more} more time{'s' if more > 1 else ''}]\n"
        for text in traceback.format_exception_only(type(value), value):
            name, colon, rest = escape_lines(text).removesuffix("\n").partition(":")
            is_type = name.endswith(type(value).__name__)
            yield (self._painted(_RED, name) if is_type else name) + colon + rest + "\n"

    def _call(self, place: _Place) -> Iterator[str]:
        mark = ">" if place.is_catch_point else " "
        path = self._painted(_GREEN, escape(place.path))
        line = self._painted(_YELLOW, str(place.line))
        yield f'{mark} File "{path}", line {line}, in {self._painted(_MAGENTA, escape(place.function))}\n'
        linecache.checkcache(place.path)
        source = linecache.getline(place.path, place.line, place.frame.f_globals).strip()
        if source:
            yield f"    {escape(source)}\n"
        if source and self._diagnose:
            yield from self._values(_named_values(source, place.frame))

    def _values(self, values: list[tuple[int, str]]) -> Iterator[str]:
        """Draw a line from each name down to its value."""
        for place in range(len(values) - 1, -1, -1):
            drawn = ""
            for column, _ in values[:place]:
                drawn += " " * (column - len(drawn)) + self._pipe
            column, value = values[place]
            drawn += " " * (column - len(drawn)) + self._corner
            yield "    " + self._painted(_CYAN, f"{drawn} {value}") + "\n"

    def _painted(self, colour: str, text: str) -> str:
        return f"{colour}{text}{_RESET}" if self._colorize else text
