"""Renders events as logfmt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..typing import EventDict, WrappedLogger
from .key_order import items_in_order

_FORBIDDEN_IN_KEY = re.compile("[\0- ]")
_NEEDS_QUOTES = re.compile('[ ="]')


class LogfmtRenderer:
    """Render an event as logfmt: ``key=value`` pairs, in quotes where the value has a space, a quote or ``=``.

    Args:
        sort_keys: sort the pairs by key.
        key_order: keys that come first, in this order; a missing one is shown without a value.
        drop_missing: leave out missing keys of *key_order*.
        bool_as_flag: show a true value by its key alone. False is always ``key=false``.

    Raises ValueError for a key with a space or a control character.
    """

    def __init__(
        self,
        sort_keys: bool = False,
        key_order: Sequence[str] | None = None,
        drop_missing: bool = False,
        bool_as_flag: bool = True,
    ) -> None:
        self._options = (sort_keys, key_order, drop_missing)
        self._ordered_items = items_in_order(sort_keys, key_order, drop_missing)
        self.bool_as_flag = bool_as_flag

    def __call__(self, logger: WrappedLogger, name: str, event_dict: EventDict) -> str:
        pair = self._pair
        return " ".join([pair(key, value) for key, value in self._ordered_items(event_dict)])

    def _pair(self, key: str, value: Any) -> str:
        if _FORBIDDEN_IN_KEY.search(key):
            raise ValueError(f'Invalid key: "{key}"')
        if value is None:
            return f"{key}="
        if value is True and self.bool_as_flag:
            return f"{key}"
        if isinstance(value, bool):
            return f"{key}=true" if value else f"{key}=false"
        return f"{key}={_escaped(str(value))}"

    def __cleat_step__(self) -> tuple[Any, ...]:
        """Tell the engine which of its own renderers does the same."""
        return ("logfmt", *self._options, self.bool_as_flag)


def _escaped(text: str) -> str:
    if not _NEEDS_QUOTES.search(text):
        return text.replace("\n", "\\n")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
