"""Reads log files back: lines of text by a pattern, lines of JSON."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import IO, Any, TypeAlias

Source: TypeAlias = "str | os.PathLike[str] | IO[Any]"
Cast: TypeAlias = "Mapping[str, Callable[[Any], Any]] | Callable[[dict[str, Any]], object]"

# What stands in front of a match may matter to it (^, a word's boundary, a look-behind): so much of it is kept.
_BEHIND = 256


def parse(
    file: Source,
    pattern: str | re.Pattern[str],
    *,
    cast: Cast | None = None,
    chunk_size: int = 8192,
) -> Iterator[dict[str, Any]]:
    """Yield the named groups of each line that begins with *pattern*; other lines are passed over.

    The file is read as it is iterated, one line at a time. What is not UTF-8 in it becomes U+FFFD.

    :param file: a path, or a file open for reading text, which stays open.
    :param pattern: a regular expression with named groups.
    :param cast: functions for groups by name; what one refuses with ValueError or TypeError stays text. Or one
        function that gets the groups as a dict, and changes it.
    :param chunk_size: how many bytes are read at a time.
    :raises TypeError: an argument is of a wrong type.
    :raises ValueError: the pattern is no regular expression, or chunk_size is not above 0.
    :raises OSError: the file cannot be read; raised by the iterator.
    """
    _check_source(file)
    convert = _converter(cast, refused=(ValueError, TypeError))
    expression = _compiled(pattern)
    if chunk_size < 1:
        raise ValueError(f"chunk_size must be above 0, not {chunk_size!r}")
    return _matching_lines(file, expression, convert, chunk_size)


def parse_json(file: Source, *, strict: bool = False) -> Iterator[dict[str, Any]]:
    """Yield the JSON object of each line; empty lines are passed over.

    The file is read as it is iterated, one line at a time.

    :param file: a path, or a file open for reading text, which stays open.
    :param strict: a line that is not a JSON object is an error, not passed over.
    :raises TypeError: an argument is of a wrong type.
    :raises ValueError: in strict mode, with the number of the line; raised by the iterator, as OSError is if the file
        cannot be read.
    """
    _check_source(file)
    return _json_lines(file, strict)


def find_all(
    file: Source,
    pattern: str | bytes | re.Pattern[Any],
    *,
    cast: Cast | None = None,
    chunk: int = 2**16,
) -> Iterator[dict[str, Any]]:
    """Yield the named groups of every match of *pattern* in a file, also of one that runs over several lines.

    :param file: a path, or a file open for reading what the pattern is of, text or bytes; it stays open.
    :param cast: functions for groups by name, or one function that gets the groups as a dict, and changes it. Their
        errors are the caller's.
    :param chunk: how many characters are read at a time; below 1, all. Only what may be part of a match yet to come is
        kept.
    :raises TypeError: an argument is of a wrong type.
    :raises ValueError: the pattern is no regular expression.
    :raises OSError: the file cannot be read; raised by the iterator.
    """
    _check_source(file)
    convert = _converter(cast, refused=())
    return _matches(file, _compiled(pattern), convert, chunk)


def _check_source(file: object) -> None:
    if not isinstance(file, str | os.PathLike) and not callable(getattr(file, "read", None)):
        raise TypeError(f"file must be a path or a file open for reading, not {type(file).__name__}")


def _compiled(pattern: Any) -> re.Pattern[Any]:
    if not isinstance(pattern, str | bytes | re.Pattern):
        raise TypeError(f"pattern must be a str or a compiled pattern, not {type(pattern).__name__}")
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {pattern!r}: {error}") from error


def _converter(cast: Any, refused: tuple[type[Exception], ...]) -> Callable[[dict[str, Any]], object]:
    """A function that changes groups in place; what a single group's function raises of *refused* leaves its text."""
    if cast is None:
        cast = {}
    if not isinstance(cast, Mapping):
        if callable(cast):
            return cast  # type: ignore[no-any-return]
        raise TypeError(f"cast must be a dict of functions or a function, not {type(cast).__name__}")
    functions = dict(cast)

    def convert(groups: dict[str, Any]) -> None:
        for name, function in functions.items():
            if groups.get(name) is not None:
                try:
                    groups[name] = function(groups[name])
                except refused:
                    pass

    return convert


def _opened(file: Source, *, binary: bool = False, buffer_size: int = -1) -> AbstractContextManager[IO[Any]]:
    """The file for a `with`; one that the caller has opened is not closed."""
    if not isinstance(file, str | os.PathLike):
        return nullcontext(file)
    if binary:
        return open(file, "rb")
    return open(file, encoding="utf-8", errors="replace", buffering=buffer_size)


def _matching_lines(
    file: Source, expression: re.Pattern[str], convert: Callable[[dict[str, Any]], object], chunk_size: int
) -> Iterator[dict[str, Any]]:
    with _opened(file, buffer_size=max(chunk_size, 2)) as lines:  # 1 would mean: by lines.
        for line in lines:
            match = expression.match(line.rstrip("\r\n"))
            if match is not None:
                groups = match.groupdict()
                convert(groups)
                yield groups


def _json_lines(file: Source, strict: bool) -> Iterator[dict[str, Any]]:
    with _opened(file) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                value = json.loads(line)
                if not isinstance(value, dict):
                    raise ValueError(f"{type(value).__name__} where an object should be")
            except (ValueError, RecursionError) as error:  # Numbers too long, and nesting too deep, among them.
                if strict:
                    raise ValueError(f"Invalid JSON at line {number}: {error}") from error
                continue
            yield value


def _matches(
    file: Source, expression: re.Pattern[Any], convert: Callable[[dict[str, Any]], object], chunk: int
) -> Iterator[dict[str, Any]]:
    with _opened(file, binary=isinstance(expression.pattern, bytes)) as opened:
        for match in _settled_matches(opened, expression, chunk):
            groups = match.groupdict()
            convert(groups)
            yield groups


def _settled_matches(opened: IO[Any], expression: re.Pattern[Any], chunk: int) -> Iterator[re.Match[Any]]:
    """All matches. The last one in what has been read is held back, as more text might make it another one."""
    text = opened.read(chunk if chunk > 0 else -1)
    begin = 0
    was_empty = False  # The match that ends at begin: it is not to be found once more.
    while True:
        # As much again as has to be searched again: a file without a match is not searched anew for every chunk.
        more = opened.read(max(chunk, len(text) - begin) if chunk > 0 else -1)
        found = list(expression.finditer(text, begin))
        if found and was_empty and found[0].end() == begin:
            del found[0]
        if not more:
            yield from found
            return
        settled = [match for match in found[:-1] if match.end() < len(text)]
        yield from settled
        if settled:
            last = settled[-1]
            cut = max(0, last.end() - _BEHIND)
            text, begin, was_empty = text[cut:], last.end() - cut, last.end() == last.start()
        text += more
