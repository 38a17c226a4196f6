"""The lines that wait for the threads of asynchronous files when a child of multiprocessing ends.

Such a child ends by ``os._exit()``, where no exit handler of the engine runs. But it calls the finalizers of
``multiprocessing.util`` before. That module is looked for and never imported: without it there are no such children.
"""

from __future__ import annotations

import os
import sys

from ._engine import flush_sinks

_SECONDS = 10  # as long as the engine waits at the exit of a process
_LAST = -1000  # behind the finalizers of others, which may still log

_is_known = False


def flush_at_end(_: object = None) -> None:
    """Have all files written when this process ends. A child begins without finalizers, and calls this again."""
    util = sys.modules["multiprocessing.util"]
    util.Finalize(None, flush_sinks, args=(_SECONDS,), exitpriority=_LAST)


def make_known() -> None:
    """Have that done in this process, if it is such a child, and in its own ones."""
    global _is_known
    util = sys.modules.get("multiprocessing.util")
    if util is None or _is_known:
        return
    _is_known = True
    util.register_after_fork(flush_at_end, flush_at_end)
    if sys.modules["multiprocessing.process"].parent_process() is not None:
        flush_at_end()


os.register_at_fork(after_in_child=make_known)
make_known()
