"""How much of the processors' time went to others while the benchmark ran: its figures want a quiet machine."""

from __future__ import annotations

import os
import pathlib

WORTH_A_WARNING = 0.05


def busy_and_all() -> tuple[int, int]:
    """Ticks of all processors since the machine started: those that somebody used, and all."""
    ticks = list(map(int, pathlib.Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]))
    idle = ticks[3] + ticks[4]
    return sum(ticks) - idle, sum(ticks)


def used_by(pid: int) -> int:
    """Ticks of a process that is running, or was until now."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except FileNotFoundError:
        return 0
    return int(fields[11]) + int(fields[12])


class Load:
    """From its making on."""

    def __init__(self, pids: list[int]):
        self.pids = [os.getpid(), *pids]
        self.busy, self.all = busy_and_all()
        self.ours = sum(map(used_by, self.pids))

    def of_others(self) -> float:
        """As a part of all processors' time. Who of us has ended meanwhile counts among the others."""
        busy, total = busy_and_all()
        ours = sum(map(used_by, self.pids)) - self.ours
        return max(0.0, (busy - self.busy - ours) / max(1, total - self.all))
