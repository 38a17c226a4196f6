"""Reports on standard error that a handler's filter, sink or callback failed."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping
from typing import Any

from ._record import text_of


def report_failure(where: str, record: Mapping[str, Any] | None) -> None:
    """Report the exception that is being handled: on what sys.stderr is at the moment, and nowhere if that is nothing.

    :param where: what it happened in, as in ``"handler #3"``.
    :param record: what was to be written, if that is known.
    """
    stream = sys.stderr
    if stream is None:
        return
    about = f"Record was: {text_of(record)}\n" if record is not None else ""
    text = (
        f"--- Logging error in Cleat {where} ---\n{about}{traceback.format_exc()}--- End of logging error ---\n"
    )
    try:
        stream.write(text)
        stream.flush()
    except Exception:
        pass  # there is nothing else to say it on
