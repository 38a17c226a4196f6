"""What is said, on standard error, when a handler fails."""

from __future__ import annotations

import sys
import traceback
from typing import Any


def print_failure(number: int, record: dict[str, Any] | None, error: BaseException) -> None:
    """Say that a handler has failed, on what record, and how. Where there is no standard error, nothing is said."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(
            f"--- Logging error in Loguru Handler #{number} ---\n"
            f"Record was: {_shown(record)}\n"
            f"{''.join(traceback.format_exception(error))}"
            "--- End of logging error ---\n"
        )
    except Exception:
        pass  # Nobody is left who could be told.


def _shown(record: dict[str, Any] | None) -> str:
    try:
        return str(record)
    except Exception:  # whatever a value's __repr__ raises
        return "/!\\ Unprintable record /!\\"
