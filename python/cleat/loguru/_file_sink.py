"""Paths as sinks: files of the engine."""

from __future__ import annotations

import codecs
import os
import time
from typing import Any

from .. import _engine
from ..logust._policies import file_options
from ._datetime import datetime, local_time
from ._sinks import Message, Sink

_NAME_FORMAT = "YYYY-MM-DD_HH-mm-ss_SSSSSS"

_NOT_THERE = {
    "watch": "files that others move or remove are found missing, and made again, at the next line",
    "opener": "open the file yourself and add() the file object",
    "newline": "lines end with a line feed",
    "closefd": "open the file yourself and add() the file object",
}


# loguru keeps the time of a file's beginning with these, and tests that stop the time replace them. Here the engine
# knows it.
get_ctime = set_ctime = None


class _NameTime(datetime):
    """The time in a file's name, where a colon would be in the way."""

    def __format__(self, spec: str, /) -> str:
        return super().__format__(spec or _NAME_FORMAT)


def _path_of(path: str | os.PathLike[str]) -> str:
    """Return a path with the time put in where it says `{time}`."""
    now = local_time(time.time_ns())
    return os.path.abspath(os.fspath(path).format_map({"time": _NameTime.fromtimestamp(now.timestamp(), now.tzinfo)}))


def _check_options(mode: str, errors: str | None, others: dict[str, Any]) -> None:
    for name in others:
        if name not in _NOT_THERE:
            raise TypeError(f"add() got an unexpected keyword argument {name!r}")
        raise NotImplementedError(f"add({name}=) is not there: {_NOT_THERE[name]}")
    if mode not in ("a", "w"):
        raise ValueError(f'mode is "a", to append, or "w", to begin with an empty file, not {mode!r}')
    codecs.lookup_error(errors or "strict")


def open_file(
    path: str | os.PathLike[str],
    *,
    enqueue: bool,
    rotation: Any = None,
    retention: Any = None,
    compression: Any = None,
    delay: bool = False,
    mode: str = "a",
    buffering: int = 1,
    encoding: str | None = "utf8",
    errors: str | None = None,
    **others: Any,
) -> _engine.FileSink | Sink:
    """Open a file, and make the folders that it lies in.

    :param delay: taken, and without meaning: the file is there from the beginning.
    :param buffering: taken, and without meaning: each line is written at once.
    :raises TypeError: there is no such option.
    :raises ValueError: an option's value is none; what is accepted is in the message.
    :raises LookupError: there is no such encoding, or no such way with its errors.
    :raises NotImplementedError: an option of loguru's that is not there.
    :raises OSError: the file cannot be opened.
    """
    _check_options(mode, errors, others)
    encoding = encoding or "utf8"
    is_utf_8 = codecs.lookup(encoding).name == "utf-8"
    policies = file_options(rotation, retention, compression, as_loguru=True)
    place = _path_of(path)
    os.makedirs(os.path.dirname(place), exist_ok=True)
    if mode == "w":
        open(place, "wb").close()
    file = _engine.FileSink(place, enqueue=enqueue, **policies)
    return file if is_utf_8 and errors in (None, "strict", "replace") else EncodedFile(file, encoding, errors)


class EncodedFile(Sink):
    """A file of lines that are not in UTF-8."""

    def __init__(self, file: _engine.FileSink, encoding: str, errors: str | None) -> None:
        self._file = file
        self._encoding = encoding
        self._errors = errors or "strict"

    def write(self, message: Message) -> None:
        self._file.write(message.encode(self._encoding, self._errors))

    def stop(self) -> None:
        self._file.close()

    def complete(self) -> list[Any]:
        self._file.flush()
        return []
