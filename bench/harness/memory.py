"""Whether memory is bounded: the resident size of a process that logs on and on."""

from __future__ import annotations

import pathlib
import re

from session import Session

SCENARIOS = "bdkl"
THREADS = 2
PORTIONS = 10
# A page table, a stack that reached one page deeper: noise. A leak of one byte in a thousand lines would be more.
TOLERANCE_KIB = 64


def resident_kib(pid: int) -> int:
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"^VmRSS:\s*(\d+) kB", status, re.MULTILINE).group(1))


def memory_of(session: Session, lines: int, tell) -> dict:
    """Logs the lines in portions, after one more that sets up what is then kept."""
    count = max(1000, lines // (len(SCENARIOS) * THREADS * PORTIONS) // 1000 * 1000)
    sizes, logged = [], 0
    for portion in range(PORTIONS + 1):
        for scenario in SCENARIOS:
            tell(f"memory: {logged:,} of {lines:,} lines")
            made = session.run(scenario, "discard", THREADS, count)["lines"]
            logged += made if portion > 0 else 0
        sizes.append(resident_kib(session.pid))
    return {"lines": logged, "scenarios": SCENARIOS, "threads": THREADS, "resident_kib": sizes,
            "growth_kib": sizes[-1] - sizes[0]}
