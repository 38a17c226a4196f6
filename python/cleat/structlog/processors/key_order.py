"""The order in which text renderers show the fields of an event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from ..typing import EventDict

Items = Iterable[tuple[str, Any]]


def items_in_order(
    sort_keys: bool, key_order: Sequence[str] | None, drop_missing: bool
) -> Callable[[EventDict], Items]:
    """Return the function that gives an event's items: *key_order* first, then the others, sorted if *sort_keys*.

    A key of *key_order* that the event lacks comes with None, or not at all if *drop_missing*, which also leaves out
    keys whose value is None. Keys of *key_order* are removed from the event. The function can be pickled.
    """
    if key_order:
        return partial(_fixed_keys_first, key_order, _sorted_items if sort_keys else _items, drop_missing)
    return _sorted_items if sort_keys else _items


def _items(event_dict: EventDict) -> Items:
    return event_dict.items()


def _sorted_items(event_dict: EventDict) -> Items:
    return sorted(event_dict.items())


def _fixed_keys_first(
    keys: Sequence[str], others: Callable[[EventDict], Items], drop_missing: bool, event_dict: EventDict
) -> Items:
    items = [(key, event_dict.pop(key, None)) for key in keys]
    if drop_missing:
        items = [item for item in items if item[1] is not None]
    items.extend(others(event_dict))
    return items
