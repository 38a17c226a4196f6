"""The wrapped loggers at the end of a chain: they write finished lines into a file."""

from __future__ import annotations

import copy
import sys
from io import TextIOWrapper
from os import PathLike
from pickle import PicklingError
from sys import stderr, stdout
from typing import IO, Any, BinaryIO, Literal, TextIO

from .._engine import AsyncFileLogger, know_output
from .._engine import lock_for as _lock_for
from .._engine import write_locks as WRITE_LOCKS  # the name that structlog has for it

def _standard_stream_name(logger: Any, file: IO[Any], out: IO[Any], err: IO[Any]) -> str:
    """Tell by what name a pickled logger finds its *file* again. PicklingError if it is no standard stream."""
    if file is out:
        return "stdout"
    if file is err:
        return "stderr"
    raise PicklingError(f"Only {type(logger).__name__}s to sys.stdout and sys.stderr can be pickled.")


def _refuse_copy(logger: Any) -> copy.Error:
    return copy.Error(f"Only {type(logger).__name__}s to sys.stdout and sys.stderr can be deepcopied.")


class PrintLogger:
    """Prints each line into *file* and flushes it. Without *file*: into what is ``sys.stdout`` at that moment.

    All log methods do the same as `msg`. Any number of threads may use one, and several loggers the same file. Can
    be pickled and deep-copied if it goes to a standard stream.
    """

    def __init__(self, file: TextIO | None = None) -> None:
        self._set_file(file or stdout)

    def _set_file(self, file: TextIO) -> None:
        self._file = file
        self._lock = _lock_for(file)

    def __getstate__(self) -> str:
        return _standard_stream_name(self, self._file, stdout, stderr)

    def __setstate__(self, state: str) -> None:
        self._set_file(stdout if state == "stdout" else stderr)

    def __deepcopy__(self, memo: dict[int, Any]) -> PrintLogger:
        if self._file not in (stdout, stderr):
            raise _refuse_copy(self)
        return type(self)(self._file)

    def __repr__(self) -> str:
        return f"<PrintLogger(file={self._file!r})>"

    def msg(self, message: str) -> None:
        """Print *message* as one line and flush the file."""
        file = sys.stdout if self._file is stdout else self._file
        with self._lock:
            if type(file) is TextIOWrapper:
                print(f"{message!s}\n", end="", file=file, flush=True)  # with its end, or a long line is two writes (K14)
            else:
                print(message, file=file, flush=True)

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


class PrintLoggerFactory:
    """Makes a `PrintLogger` for *file* on each call; the arguments of the call do not matter."""

    def __init__(self, file: TextIO | None = None) -> None:
        self._file = file

    def __call__(self, *args: Any) -> PrintLogger:
        """Return a new `PrintLogger`."""
        return PrintLogger(self._file)


class WriteLogger:
    """Writes each line into *file* and flushes it. Without *file*: into what is ``sys.stdout`` when it is made.

    All log methods do the same as `msg`. Any number of threads may use one, and several loggers the same file. Can
    be pickled and deep-copied if it goes to a standard stream.
    """

    def __init__(self, file: TextIO | None = None) -> None:
        self._set_file(file or sys.stdout)

    def _set_file(self, file: TextIO) -> None:
        self._file = file
        self._write = file.write
        self._flush = file.flush
        self._lock = _lock_for(file)

    def __getstate__(self) -> str:
        return _standard_stream_name(self, self._file, stdout, stderr)

    def __setstate__(self, state: str) -> None:
        self._set_file(stdout if state == "stdout" else stderr)

    def __deepcopy__(self, memo: dict[int, Any]) -> WriteLogger:
        if self._file not in (sys.stdout, sys.stderr):
            raise _refuse_copy(self)
        return type(self)(self._file)

    def __repr__(self) -> str:
        return f"<WriteLogger(file={self._file!r})>"

    def msg(self, message: str) -> None:
        """Write *message* and a line break, and flush the file."""
        with self._lock:
            self._write(message + "\n")
            self._flush()

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


class WriteLoggerFactory:
    """Makes a `WriteLogger` for *file* on each call; the arguments of the call do not matter."""

    def __init__(self, file: TextIO | None = None) -> None:
        self._file = file

    def __call__(self, *args: Any) -> WriteLogger:
        """Return a new `WriteLogger`."""
        return WriteLogger(self._file)


class BytesLogger:
    """Writes each line, given as bytes, into *file* and flushes it. Without *file*: into ``sys.stdout.buffer``.

    *name* is for processors that put a logger's name into the event. All log methods do the same as `msg`. Any number
    of threads may use one, and several loggers the same file. Can be pickled and deep-copied if it goes to a standard
    stream.
    """

    __slots__ = ("_file", "_flush", "_lock", "_write", "name")

    def __init__(self, file: BinaryIO | None = None, *, name: str | None = None) -> None:
        self._set_file(file or sys.stdout.buffer)
        self.name = name

    def _set_file(self, file: BinaryIO) -> None:
        self._file = file
        self._write = file.write
        self._flush = file.flush
        self._lock = _lock_for(file)

    def __getstate__(self) -> tuple[str, str | None]:
        return _standard_stream_name(self, self._file, sys.stdout.buffer, sys.stderr.buffer), self.name

    def __setstate__(self, state: str | tuple[str, str | None]) -> None:
        # What was pickled before loggers had names is the stream alone.
        stream, self.name = (state, None) if isinstance(state, str) else state
        self._set_file(sys.stdout.buffer if stream == "stdout" else sys.stderr.buffer)

    def __deepcopy__(self, memo: dict[int, Any]) -> BytesLogger:
        if self._file not in (sys.stdout.buffer, sys.stderr.buffer):
            raise _refuse_copy(self)
        return type(self)(self._file, name=self.name)

    def __repr__(self) -> str:
        name = "" if self.name is None else f"name={self.name!r}, "
        return f"<BytesLogger({name}file={self._file!r})>"

    def msg(self, message: bytes) -> None:
        """Write *message* and a line break, and flush the file."""
        with self._lock:
            self._write(message + b"\n")
            self._flush()

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


class BytesLoggerFactory:
    """Makes a `BytesLogger` for *file* on each call, named after the first argument of the call, if there is one."""

    __slots__ = ("_file",)

    def __init__(self, file: BinaryIO | None = None) -> None:
        self._file = file

    def __call__(self, *args: Any) -> BytesLogger:
        """Return a new `BytesLogger`."""
        return BytesLogger(self._file, name=args[0] if args else None)


class AsyncFileLoggerFactory:
    """Gives out one `AsyncFileLogger`, made at once from the same arguments; those of the call do not matter.

    Lines are appended to the file at *path* by a thread of the engine, so that a log call does not wait for the disk.
    OSError if the file cannot be opened. Any number of threads may use the factory and its logger, and forked children,
    too: a child has a thread of its own.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        queue_bytes: int = 1 << 20,
        overflow: Literal["block", "drop_newest", "drop_oldest"] = "block",
    ) -> None:
        self._logger = AsyncFileLogger(path, queue_bytes=queue_bytes, overflow=overflow)

    def __call__(self, *args: Any) -> AsyncFileLogger:
        """Return the logger."""
        return self._logger


# Their lines go straight from the engine to an ordinary file, past `msg`.
know_output(PrintLogger, False, stdout)
know_output(WriteLogger, False, None)
know_output(BytesLogger, True, None)


def makes_always_alike(factory: Any) -> bool:
    """Tell whether loggers that *factory* makes from the same arguments differ in nothing, whenever it is called."""
    if type(factory) in (WriteLoggerFactory, BytesLoggerFactory):
        # Without a file they go by what sys.stdout is at the moment.
        return factory._file is not None
    return type(factory) in (PrintLoggerFactory, AsyncFileLoggerFactory)
