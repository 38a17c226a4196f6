"""Renders events as ``key=repr(value)`` pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..typing import EventDict, WrappedLogger
from .key_order import items_in_order


def _repr_but_of_str(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


class KeyValueRenderer:
    """Render an event as ``key=value`` pairs with spaces between them, values by :func:`repr`.

    Args:
        sort_keys: sort the pairs by key.
        key_order: keys that come first, in this order; a missing one is shown as None.
        drop_missing: leave out missing keys of *key_order*.
        repr_native_str: False shows strings as they are.

    Raises TypeError for a key that is no string.
    """

    def __init__(
        self,
        sort_keys: bool = False,
        key_order: Sequence[str] | None = None,
        drop_missing: bool = False,
        repr_native_str: bool = True,
    ) -> None:
        self._options = (sort_keys, key_order, drop_missing, repr_native_str is True)
        self._ordered_items = items_in_order(sort_keys, key_order, drop_missing)
        self._repr = repr if repr_native_str is True else _repr_but_of_str

    def __call__(self, logger: WrappedLogger, name: str, event_dict: EventDict) -> str:
        to_text = self._repr
        return " ".join([key + "=" + to_text(value) for key, value in self._ordered_items(event_dict)])

    def __cleat_step__(self) -> tuple[Any, ...]:
        """Tell the engine which of its own renderers does the same."""
        return ("keyvalue", *self._options)
