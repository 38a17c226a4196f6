"""The bound logger for a wrapped logger of any kind."""

from __future__ import annotations

from functools import partial
from typing import Any

from ._base import BoundLoggerBase


class BoundLogger(BoundLoggerBase):
    """Has whatever methods its wrapped logger has: each goes through the chain first.

    A method is made when it is asked for and kept in the instance from then on. Not made by hand but by
    `wrap_logger` and `get_logger`. Any number of threads may use one.
    """

    def __getattr__(self, method_name: str) -> Any:
        if method_name == "__deepcopy__":
            return None
        if method_name.startswith("__"):
            # Protocols of the language (copying, pickling, ...) are no log methods.
            raise AttributeError(method_name)
        method = partial(self._proxy_to_logger, method_name)
        setattr(self, method_name, method)
        return method
