"""The older store of what surrounds a call: one per thread, shared by all that runs on it (K12).

Deprecated in favour of `cleat.structlog.contextvars`, which keeps tasks of one thread apart; every function here says
so with a DeprecationWarning. The two stores know nothing of each other: what is bound in one is merged by the
processor of that one only (K13).
"""

from __future__ import annotations

import sys
import threading
import uuid
import warnings
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from ._base import get_context
from ._config import BoundLoggerLazyProxy
from ._frames import OWN_MODULES, first_frame_outside
from .typing import BindableLogger, Context, EventDict, WrappedLogger

TLLogger = TypeVar("TLLogger", bound=BindableLogger)


def _thread_local_class() -> type[Any]:
    """Return the class of attributes that each thread has its own of; where greenlet is installed, each greenlet."""
    try:
        from ._greenlets import GreenThreadLocal
    except ImportError:
        return threading.local
    return GreenThreadLocal


ThreadLocal = _thread_local_class()


def _deprecated() -> None:
    """Warn, in the name of the line of the program that led here."""
    frame, module = first_frame_outside((*OWN_MODULES, "contextlib"), sys._getframe(1))
    warnings.warn_explicit(
        "`structlog.threadlocal` is deprecated, please use `structlog.contextvars` instead.",
        DeprecationWarning,
        filename=frame.f_code.co_filename,
        lineno=frame.f_lineno,
        module=module,
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )


_CONTEXT = threading.local()


def _current() -> Context:
    """Return the fields of this thread: the store itself."""
    try:
        context: Context = _CONTEXT.context
    except AttributeError:
        context = _CONTEXT.context = {}
    return context


def get_threadlocal() -> Context:
    """Return a copy of the fields that are bound to this thread."""
    _deprecated()
    return _current().copy()


def get_merged_threadlocal(bound_logger: BindableLogger) -> Context:
    """Return the fields that are bound to this thread, and over them those that *bound_logger* carries."""
    _deprecated()
    context = _current().copy()
    context.update(get_context(bound_logger))
    return context


def merge_threadlocal(logger: WrappedLogger, method_name: str, event_dict: EventDict) -> EventDict:
    """Processor: fill in the fields that are bound to this thread; what the event has already wins."""
    _deprecated()
    context = _current().copy()
    context.update(event_dict)
    return context


merge_threadlocal_context = merge_threadlocal


def clear_threadlocal() -> None:
    """Unbind all fields of this thread."""
    _deprecated()
    _CONTEXT.context = {}


def bind_threadlocal(**kw: Any) -> None:
    """Bind *kw* to this thread: every line of it carries them, where `merge_threadlocal` is in the chain."""
    _deprecated()
    _current().update(kw)


def unbind_threadlocal(*keys: str) -> None:
    """Unbind *keys* from this thread; those that are not bound are ignored."""
    _deprecated()
    _remove(keys)


def _remove(keys: Any) -> None:
    context = _current()
    for key in keys:
        context.pop(key, None)


@contextmanager
def bound_threadlocal(**kw: Any) -> Generator[None, None, None]:
    """Bind *kw* to this thread within a block, or, as a decorator, within each call of a function.

    Afterwards these keys have their former values, or none; other keys keep what they were given meanwhile.
    """
    _deprecated()
    context = _current()
    former = {key: context[key] for key in context if key in kw}
    context.update(kw)
    try:
        yield
    finally:
        _remove(kw)
        _current().update(former)


class _ThreadLocalDictWrapper:
    """A dictionary that is another one in each thread, and in one thread the same for all instances of a class.

    Making an instance adds its arguments to the dictionary of the thread; it never begins an empty one. Each
    `wrap_dict` makes a subclass with dictionaries of its own. Instances are equal if they are of one class.
    """

    _tl: Any
    _dict_class: type[Context]

    def __init__(self, *args: Any, **kw: Any) -> None:
        if args and isinstance(args[0], type(self)):
            # Its dictionary is this one.
            args = ()
        self._dict.update(*args, **kw)

    @property
    def _dict(self) -> Context:
        """The dictionary of this thread."""
        store = type(self)._tl
        try:
            found: Context = store.dict_
        except AttributeError:
            found = store.dict_ = type(self)._dict_class()
        return found

    def __repr__(self) -> str:
        return f"<{type(self).__name__}({self._dict!r})>"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    __hash__ = None  # type: ignore[assignment]

    # The language looks these up in the class: __getattr__ does not serve them.
    def __iter__(self) -> Iterator[Any]:
        return iter(self._dict)

    def __len__(self) -> int:
        return len(self._dict)

    def __contains__(self, key: object) -> bool:
        return key in self._dict

    def __getitem__(self, key: str) -> Any:
        return self._dict[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._dict[key] = value

    def __delitem__(self, key: str) -> None:
        del self._dict[key]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dict, name)


def wrap_dict(dict_class: type[Context]) -> type[Context]:
    """Return a class of dictionaries whose content is the thread's, for `configure(context_class=...)`.

    With it, binding to a logger changes what all loggers of the thread carry; begin each piece of work with `new`.
    *dict_class* is what keeps the fields. Every call returns another class, with a content of its own.
    """
    _deprecated()
    members = {"_tl": ThreadLocal(), "_dict_class": dict_class}
    wrapped: Any = type(f"WrappedDict-{uuid.uuid4()}", (_ThreadLocalDictWrapper,), members)
    return wrapped  # type: ignore[no-any-return]


def as_immutable(logger: TLLogger) -> TLLogger:
    """Return a logger with a copy of the context of the thread that *logger* works on: binding leaves that alone.

    A logger whose context is an ordinary one is returned as it is.
    """
    _deprecated()
    bound = _bound(logger)
    context: Any = getattr(bound, "_context", None)
    if isinstance(context, _ThreadLocalDictWrapper):
        fields = context._dict
        bound = type(bound)(bound._logger, processors=bound._processors, context=type(fields)(fields))
    immutable: TLLogger = bound
    return immutable


def _bound(logger: Any) -> Any:
    return logger.bind() if isinstance(logger, BoundLoggerLazyProxy) else logger


@contextmanager
def tmp_bind(logger: TLLogger, **tmp_values: Any) -> Generator[TLLogger, None, None]:
    """Bind *tmp_values* within a block, for a logger whose context is that of the thread (`wrap_dict`).

    Afterwards the context is what it was before the block, whatever was bound in it.
    """
    _deprecated()
    logger = _bound(logger)
    context: Any = logger._context
    if not isinstance(context, _ThreadLocalDictWrapper):
        # An ordinary context does not see what is bound to another logger.
        yield logger.bind(**tmp_values)
        return
    former = dict(context._dict)
    try:
        yield logger.bind(**tmp_values)
    finally:
        context.clear()
        context.update(former)
