"""Says what is going on: on a terminal in one line that changes, else a line when something else begins."""

from __future__ import annotations

import os
import shutil
import sys
import time


class Progress:
    def __init__(self):
        self.live = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self.began = time.monotonic()
        self.said = ""

    def tell(self, words: str) -> None:
        """What is going on now; details come after a colon."""
        minutes, seconds = divmod(int(time.monotonic() - self.began), 60)
        if self.live:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\x1b[K{f'{minutes}:{seconds:02} {words}'[:width]}", end="", file=sys.stderr, flush=True)
        elif words.split(":")[0] != self.said:
            self.said = words.split(":")[0]
            print(f"{minutes}:{seconds:02} {self.said}", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self.live:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
