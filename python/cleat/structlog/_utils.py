"""Small helpers without a better home."""

from __future__ import annotations

import sys
from contextlib import suppress


def get_processname() -> str:
    """Return the name that :mod:`multiprocessing` gives this process, or "n/a" where it is not loaded or fails."""
    multiprocessing = sys.modules.get("multiprocessing")
    name = "n/a"
    if multiprocessing is not None:
        # A log call must survive a module that is only half imported.
        with suppress(Exception):
            name = multiprocessing.current_process().name
    return name
