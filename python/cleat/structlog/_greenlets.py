"""Attributes that each greenlet has its own values of. Importing this fails where greenlet is not installed."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped,unused-ignore]


class GreenThreadLocal:
    """Does for greenlets what :class:`threading.local` does for threads. Values go when their greenlet does."""

    def __init__(self) -> None:
        values: WeakKeyDictionary[greenlet, dict[str, Any]] = WeakKeyDictionary()
        self.__dict__["_weakdict"] = values

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_weakdict"][getcurrent()][name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__["_weakdict"].setdefault(getcurrent(), {})[name] = value

    def __delattr__(self, name: str) -> None:
        try:
            del self.__dict__["_weakdict"][getcurrent()][name]
        except KeyError:
            raise AttributeError(name) from None
