"""The contestants' processes, and who of them had to leave and why."""

from __future__ import annotations

import pathlib

from contestants import Contestant, command_of
from plan import Run
from session import Cannot, Failed, Session
from verify import Wrong


def reason_against(about: dict, scenario: str, sink: str, threads: int) -> str | None:
    """Why a contestant cannot do a run, as it said in its hello; None if it can."""
    cannot = about.get("cannot", {})
    family = scenario.split("-")[0] + "-N"
    for what in (scenario, family if "-" in scenario else scenario, sink, "threads" if threads > 1 else sink):
        if what in cannot:
            return cannot[what]
    return None if sink in about.get("sinks", [sink]) else f"no sink '{sink}'"


class Team:
    def __init__(self, build: pathlib.Path, members: list[Contestant], environment: dict[str, str] | None = None):
        self.scratch = build / "bench-scratch"
        self.scratch.mkdir(exist_ok=True)
        self.about: dict[str, dict] = {}
        self.failures: dict[str, str] = {}
        self.refusals: dict[tuple[str, str], str] = {}
        self.contestants = {member.name: member for member in members}
        self.sessions: dict[str, Session] = {}
        for member in members:
            log = self.scratch / f"{member.name}.stderr"
            started = self.attempt(member.name, lambda: Session(command_of(build, member), log, environment))
            if started:
                self.sessions[member.name] = started
                self.about[member.name] = started.about

    def __enter__(self) -> Team:
        return self

    def __exit__(self, *_) -> None:
        for name in list(self.sessions):
            self.attempt(name, self.sessions.pop(name).quit)
        for path in self.scratch.glob("*.log"):
            path.unlink()

    @property
    def names(self) -> list[str]:
        return list(self.sessions)

    def attempt(self, name: str, action, what: str = ""):
        """What the action gives, or None: the contestant cannot do it, or it failed at it, and then it is out."""
        try:
            return action()
        except Cannot as cannot:
            self.refusals[name, what] = str(cannot)
        except (Failed, Wrong) as error:
            self.leave_out(name, str(error))
        return None

    def why_not(self, name: str, run: Run) -> str | None:
        """Why the contestant has no figure for a run."""
        why = reason_against(self.about[name], run.scenario, run.sink, run.threads)
        return why or self.refusals.get((name, str(run))) or self.failures.get(name)

    def leave_out(self, name: str, reason: str) -> None:
        self.failures.setdefault(name, reason)
        session = self.sessions.pop(name, None)
        if session:
            session.kill()

    def able(self, scenario: str, sink: str, threads: int = 1) -> list[str]:
        return [name for name in self.sessions if not reason_against(self.about[name], scenario, sink, threads)]

    def file_of(self, name: str) -> pathlib.Path:
        """An empty place for the contestant's lines."""
        path = self.scratch / f"{name}.log"
        path.unlink(missing_ok=True)
        return path
