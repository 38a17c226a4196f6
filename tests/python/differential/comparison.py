"""Runs a program through both packages and says where they part."""

from __future__ import annotations

import functools
import pprint

from . import purpose
from .interpreter import Door, run
from .programs import Program


@functools.cache
def doors(ours: str) -> tuple[Door, Door]:
    return Door(ours), Door("structlog")


def difference(program: Program, ours: str = "cleat.structlog") -> str | None:
    """What differs, in words; None when nothing does."""
    # One line runs both, for stack traces tell of it.
    with purpose.binding_order():
        found, wanted = [run(door, program) for door in doors(ours)]
    if found == wanted:
        return None
    for place, (ours_seen, theirs_seen) in enumerate(zip(found, wanted)):
        if purpose.parts_ways(ours_seen, theirs_seen):
            return None
        if ours_seen != theirs_seen and not purpose.is_without_meaning(program, ours_seen, theirs_seen):
            return (f"observation {place} differs:\nwith structlog {pprint.pformat(theirs_seen, width=118)}\n"
                    f"with Cleat     {pprint.pformat(ours_seen, width=118)}\n{pprint.pformat(program, width=118)}")
    if len(found) != len(wanted):
        return f"{len(wanted)} observations with structlog, {len(found)} with Cleat"
    return None
