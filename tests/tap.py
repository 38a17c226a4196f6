"""tap.py - for tests written in Python: one line for each case, as Meson's `tap` protocol wants it."""

import sys


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def case(self, name, problem="", skip=""):
        """problem: what went wrong; empty when all is well. skip: why the case cannot run here."""
        self.count += 1
        self.failed += bool(problem)
        reason = f" # SKIP {skip}" if skip else ""
        print(f"{'not ok' if problem else 'ok'} {self.count} - {name}{reason}")
        for line in problem.splitlines():
            print(f"# {line}")
            print(line, file=sys.stderr)
        sys.stdout.flush()

    def end(self):
        """Call last; its result is the program's exit status."""
        print(f"1..{self.count}")
        return 1 if self.failed else 0
