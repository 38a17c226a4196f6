"""Small helpers without a better home."""

from __future__ import annotations

import sys


def get_processname() -> str:
    """Return the name that :mod:`multiprocessing` gives this process, or "n/a" where it is not loaded or fails."""
    multiprocessing = sys.modules.get("multiprocessing")
    if multiprocessing is not None:
        # A log call must survive a module that is only half imported.
        try:
            name: str = multiprocessing.current_process().name
            return name
        except Exception:
            pass
    return "n/a"
