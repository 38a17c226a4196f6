"""Exceptions as data: stacks, frames and local variables, for JSON and other structured output."""

from __future__ import annotations

import os.path
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from traceback import walk_tb
from types import FrameType, ModuleType, TracebackType
from typing import Any, TypeAlias

from .typing import ExcInfo

try:
    import rich
    import rich.pretty
except ImportError:
    rich = None  # type: ignore[assignment]

if sys.version_info >= (3, 11):
    _ExceptionGroup = BaseExceptionGroup
else:
    # Python 3.10 has no groups, so nothing is one.
    _ExceptionGroup = ()

__all__ = [
    "ExceptionDictTransformer",
    "Frame",
    "Stack",
    "SyntaxError_",
    "Trace",
    "extract",
    "safe_str",
    "to_repr",
]

SHOW_LOCALS = True
LOCALS_MAX_LENGTH = 10
LOCALS_MAX_STRING = 80
MAX_FRAMES = 50

OptExcInfo: TypeAlias = ExcInfo | tuple[None, None, None]


@dataclass
class Frame:
    """One frame of a stack. *locals* are the local variables as text, or None if they were not asked for."""

    filename: str
    lineno: int
    name: str
    locals: dict[str, str] | None = None


@dataclass
class SyntaxError_:  # noqa: N801
    """What a :exc:`SyntaxError` says about the place of the error."""

    offset: int
    filename: str
    line: str
    lineno: int
    msg: str


@dataclass
class Stack:
    """One exception and the frames it went through.

    *is_cause*: it is the cause (``raise ... from``) of the stack before it. *exceptions*: the members of a group.
    """

    exc_type: str
    exc_value: str
    exc_notes: list[str] = field(default_factory=list)
    syntax_error: SyntaxError_ | None = None
    is_cause: bool = False
    frames: list[Frame] = field(default_factory=list)
    is_group: bool = False
    exceptions: list[Trace] = field(default_factory=list)


@dataclass
class Trace:
    """An exception, then the exceptions that led to it."""

    stacks: list[Stack]


def safe_str(_object: Any) -> str:
    """Return ``str(_object)``, or a text that says how that failed."""
    try:
        return str(_object)
    except Exception as error:
        return f"<str-error {str(error)!r}>"


def to_repr(
    obj: Any, max_length: int | None = None, max_string: int | None = None, use_rich: bool = True
) -> str:
    """Return *obj* as :func:`repr` shows it, or a text that says how that failed.

    Strings are shown by their ``repr``, too: a type that hides a secret there stays able to.

    Args:
        obj: what to show.
        max_length: how many items of a container are shown; None for all. Only Rich can cut this.
        max_string: how many characters are shown; None for all.
        use_rich: let Rich do it, if it is installed.
    """
    if use_rich and rich is not None:
        return rich.pretty.traverse(obj, max_length=max_length, max_string=max_string).render()
    try:
        return _plain_repr(obj, max_string)
    except Exception as error:
        return f"<repr-error {str(error)!r}>"


def _plain_repr(obj: Any, max_string: int | None) -> str:
    shown = obj if isinstance(obj, (str, bytes)) else repr(obj)
    if max_string is not None and len(shown) > max_string:
        return f"{shown[:max_string]!r}+{len(shown) - max_string}"
    return repr(obj) if shown is obj else shown  # type: ignore[return-value]


@dataclass(frozen=True)
class _LocalsOptions:
    """Which local variables are shown, and how."""

    show: bool
    max_length: int | None
    max_string: int | None
    hide_dunder: bool
    hide_sunder: bool
    use_rich: bool

    def of(self, frame: FrameType) -> dict[str, str] | None:
        if not self.show:
            return None
        return {
            name: to_repr(value, self.max_length, self.max_string, self.use_rich)
            for name, value in frame.f_locals.items()
            if not self._hidden(name)
        }

    def _hidden(self, name: str) -> bool:
        return (self.hide_dunder and name.startswith("__")) or (self.hide_sunder and name.startswith("_"))


def extract(
    exc_type: type[BaseException],
    exc_value: BaseException,
    traceback: TracebackType | None,
    *,
    show_locals: bool = False,
    locals_max_length: int | None = LOCALS_MAX_LENGTH,
    locals_max_string: int | None = LOCALS_MAX_STRING,
    locals_hide_dunder: bool = True,
    locals_hide_sunder: bool = False,
    use_rich: bool = True,
) -> Trace:
    """Return an exception and those that led to it (its cause or context, and so on) as data.

    Each exception comes once, even where exceptions are causes of each other. Members of groups come within them.

    Args:
        exc_type, exc_value, traceback: what :func:`sys.exc_info` returns.
        show_locals: take in local variables.
        locals_max_length, locals_max_string, use_rich: how; see :func:`to_repr`.
        locals_hide_dunder: leave out names that begin with two underscores.
        locals_hide_sunder: leave out names that begin with an underscore.
    """
    options = _LocalsOptions(
        show_locals, locals_max_length, locals_max_string, locals_hide_dunder, locals_hide_sunder, use_rich
    )
    return _extract((exc_type, exc_value, traceback), options, set())


def _extract(exc_info: ExcInfo, options: _LocalsOptions, seen: set[int]) -> Trace:
    stacks: list[Stack] = []
    is_cause = False
    while id(exc_info[1]) not in seen:
        seen.add(id(exc_info[1]))
        stacks.append(_stack(exc_info, is_cause, options, seen))
        earlier = _what_led_to(exc_info[1])
        if earlier is None:
            break
        exc_info, is_cause = earlier
    return Trace(stacks)


def _what_led_to(exception: BaseException) -> tuple[ExcInfo, bool] | None:
    """Return the exception before *exception*, if it was raised, and whether it is its cause."""
    cause = exception.__cause__
    if cause and cause.__traceback__:
        return _as_exc_info(cause), True
    context = exception.__context__
    if context and context.__traceback__ and not exception.__suppress_context__:
        return _as_exc_info(context), False
    return None


def _as_exc_info(exception: BaseException) -> ExcInfo:
    return exception.__class__, exception, exception.__traceback__


def _stack(exc_info: ExcInfo, is_cause: bool, options: _LocalsOptions, seen: set[int]) -> Stack:
    exc_type, exception, traceback = exc_info
    stack = Stack(
        exc_type=safe_str(exc_type.__name__),
        exc_value=safe_str(exception),
        exc_notes=[safe_str(note) for note in getattr(exception, "__notes__", ())],
        is_cause=is_cause,
    )
    if isinstance(exception, _ExceptionGroup):
        stack.is_group = True
        stack.exceptions = [_extract(_as_exc_info(member), options, seen) for member in exception.exceptions]
    if isinstance(exception, SyntaxError):
        stack.syntax_error = _syntax_error(exception)
    stack.frames = [_frame(frame, lineno, options) for frame, lineno in walk_tb(traceback)]
    return stack


def _syntax_error(error: SyntaxError) -> SyntaxError_:
    return SyntaxError_(
        offset=error.offset or 0,
        filename=error.filename or "?",
        line=error.text or "",
        lineno=error.lineno or 0,
        msg=error.msg,
    )


def _frame(frame: FrameType, lineno: int, options: _LocalsOptions) -> Frame:
    filename = frame.f_code.co_filename
    if filename and not filename.startswith("<"):
        filename = os.path.abspath(filename)
    return Frame(filename or "?", lineno, frame.f_code.co_name, options.of(frame))


class ExceptionDictTransformer:
    """Turns a triple of :func:`sys.exc_info` into a list of dictionaries, one for each :class:`Stack`, fit for JSON.

    Args:
        show_locals: take in local variables.
        locals_max_length, locals_max_string: how much of each is shown; None for all. See :func:`to_repr`.
        locals_hide_dunder, locals_hide_sunder: leave out names that begin with two underscores, or with one.
        suppress: modules or paths whose frames are shown without local variables.
        max_frames: of longer stacks, frames in the middle are left out, and one says how many.
        use_rich: let Rich show local variables, if it is installed.

    Raises ValueError for a negative length, for *max_frames* below 2 and for a module without a file.
    """

    def __init__(
        self,
        *,
        show_locals: bool = SHOW_LOCALS,
        locals_max_length: int | None = LOCALS_MAX_LENGTH,
        locals_max_string: int | None = LOCALS_MAX_STRING,
        locals_hide_dunder: bool = True,
        locals_hide_sunder: bool = False,
        suppress: Iterable[str | ModuleType] = (),
        max_frames: int = MAX_FRAMES,
        use_rich: bool = True,
    ) -> None:
        _refuse_below(0, "locals_max_length", locals_max_length)
        _refuse_below(0, "locals_max_string", locals_max_string)
        _refuse_below(2, "max_frames", max_frames)
        self.show_locals = show_locals
        self.locals_max_length = locals_max_length
        self.locals_max_string = locals_max_string
        self.locals_hide_dunder = locals_hide_dunder
        self.locals_hide_sunder = locals_hide_sunder
        self.suppress = [_path_of(entity) for entity in suppress]
        self.max_frames = max_frames
        self.use_rich = use_rich

    def __call__(self, exc_info: ExcInfo) -> list[dict[str, Any]]:
        trace = extract(
            *exc_info,
            show_locals=self.show_locals,
            locals_max_length=self.locals_max_length,
            locals_max_string=self.locals_max_string,
            locals_hide_dunder=self.locals_hide_dunder,
            locals_hide_sunder=self.locals_hide_sunder,
            use_rich=self.use_rich,
        )
        for stack in trace.stacks:
            self._shorten(stack)
        return self._as_dicts(trace)

    def _shorten(self, stack: Stack) -> None:
        if len(stack.frames) <= self.max_frames:
            return
        half = self.max_frames // 2
        gap = Frame(filename="", lineno=-1, name=f"Skipped frames: {len(stack.frames) - 2 * half}")
        stack.frames[half:-half] = [gap]

    def _as_dicts(self, trace: Trace) -> list[dict[str, Any]]:
        return [self._as_dict(stack) for stack in trace.stacks]

    def _as_dict(self, stack: Stack) -> dict[str, Any]:
        as_dict = asdict(stack)
        for frame in as_dict["frames"]:
            if frame["locals"] is None or frame["filename"].startswith(tuple(self.suppress)):
                del frame["locals"]
        if stack.is_group:
            as_dict["exceptions"] = [self._as_dicts(member) for member in stack.exceptions]
        return as_dict


def _refuse_below(minimum: int, name: str, value: int | None) -> None:
    if value is not None and value < minimum:
        raise ValueError(f'"{name}" must be >= {minimum}: {value}')


def _path_of(entity: str | ModuleType) -> str:
    if isinstance(entity, str):
        path = entity
    elif entity.__file__ is None:
        raise ValueError(f"\"suppress\" item {entity!r} must be a module with '__file__' attribute")
    else:
        path = os.path.dirname(entity.__file__)
    return os.path.normpath(os.path.abspath(path))
