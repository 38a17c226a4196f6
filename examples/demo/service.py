"""Starts the service as a user would, and sees to it that it ends with us."""

import ctypes
import os
import pathlib
import signal
import subprocess
import time

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def start_child(processors=None):
    """What a child does before it becomes its program: it ends when we do, and runs where it is told."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if processors:
        os.sched_setaffinity(0, processors)


class Service:
    """The running service: `with Service(program, "--log", path) as service: ... service.url`.

    program: the words that start it."""

    def __init__(self, program, *options, environment=None, processors=None):
        self.command = [*map(str, program), "--port", "0", *options]
        self.environment = {**os.environ, **(environment or {})}
        self.stderr = b""
        self.processors = processors
        self.status = None

    def __enter__(self):
        self.process = subprocess.Popen(
            self.command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment,
            preexec_fn=lambda: start_child(self.processors),
        )
        first_line = self.process.stdout.readline().decode()
        if not first_line.startswith("listening on "):
            self.stop()
            raise SystemExit(f"{' '.join(self.command)}\ndid not start: {self.stderr.decode()}")
        self.url = first_line.removeprefix("listening on ").strip()
        self.port = int(self.url.rpartition(":")[2])
        return self

    def __exit__(self, *exception):
        self.stop()

    def stop(self):
        """Asks it to end, insists if it does not; status is then its exit status."""
        if self.status is None:
            self.process.terminate()
            try:
                self.stderr = self.process.communicate(timeout=15)[1]
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.stderr = self.process.communicate()[1]
            self.status = self.process.returncode
        return self.status

    def cpu_seconds(self):
        """What all its threads have used so far."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_until(condition, seconds=5):
    """Whether the condition came true in that time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
