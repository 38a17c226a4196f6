"""A contestant's process: it is asked in lines, and answers in lines of JSON (see bench/README.md)."""

from __future__ import annotations

import json
import os
import pathlib
import selectors
import subprocess
import time

START_LIMIT = 30
ANSWER_LIMIT = 60
END_LIMIT = 10


class Failed(Exception):
    """The contestant died, hung, or answered what cannot be understood: it is left out from here on."""


class Cannot(Exception):
    """The contestant says that it cannot do this."""


class Session:
    def __init__(self, command: list[str], log: pathlib.Path, environment: dict[str, str] | None = None):
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as errors:
            try:
                self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                                                env={**os.environ, **(environment or {})}, bufsize=0)
            except OSError as error:
                raise Failed(f"could not be started: {error}") from error
        self.answers = selectors.DefaultSelector()
        self.answers.register(self.process.stdout, selectors.EVENT_READ)
        self.unread = b""
        try:
            self.about = self.ask("hello", limit=START_LIMIT)
        except (Failed, Cannot):
            self.kill()
            raise

    @property
    def pid(self) -> int:
        return self.process.pid

    def ask(self, command: str, limit: float = ANSWER_LIMIT) -> dict:
        try:
            self.process.stdin.write(command.encode() + b"\n")
        except BrokenPipeError:
            raise Failed(self.how_it_ended(command)) from None
        answer = self.parsed(command, self.next_line(command, limit))
        if "cannot" in answer and command != "hello":
            raise Cannot(str(answer["cannot"]))
        if "error" in answer:
            raise Failed(f"'{command}' gave the error: {answer['error']}")
        return answer

    def run(self, scenario: str, sink: str, threads: int, count: int, path: str = "-") -> dict:
        answer = self.ask(f"run {scenario} {sink} {threads} {count} {path}")
        for key in ("ns", "lines", "bytes"):
            if not isinstance(answer.get(key), (int, float)):
                raise Failed(f"the answer to a run has no number '{key}': {answer}")
        return answer

    def quit(self) -> None:
        """Asks it to end. What does not end, or ends with an error, has failed."""
        try:
            self.process.stdin.write(b"quit\n")
            self.process.stdin.close()
            code = self.process.wait(END_LIMIT)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            raise Failed("did not end when asked to") from None
        finally:
            self.kill()
        if code != 0:
            raise Failed(f"'quit' ended with exit code {code}")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.answers.close()
        self.process.stdin.close()
        self.process.stdout.close()

    def next_line(self, command: str, limit: float) -> bytes:
        deadline = time.monotonic() + limit
        while b"\n" not in self.unread:
            if not self.answers.select(max(0.0, deadline - time.monotonic())):
                raise Failed(f"'{command}' was not answered in {limit:.0f} s")
            part = os.read(self.process.stdout.fileno(), 65536)
            if not part:
                raise Failed(self.how_it_ended(command))
            self.unread += part
        line, self.unread = self.unread.split(b"\n", 1)
        return line

    @staticmethod
    def parsed(command: str, line: bytes) -> dict:
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise Failed(f"'{command}' was not answered with a JSON object but with: {line[:200]!r}")
        return answer

    def how_it_ended(self, command: str) -> str:
        try:
            code = self.process.wait(END_LIMIT)
        except subprocess.TimeoutExpired:
            return f"'{command}' made it close its output"
        words = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return f"'{command}' ended it with code {code}" + (f": {words[-1]}" if words else "")
