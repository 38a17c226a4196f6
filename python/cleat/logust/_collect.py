"""CollectOptions: what a handler's lines say of caller, thread and process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class CallerInfo:
    """What lines say in the place of their caller."""

    name: str = ""
    function: str = ""
    line: int = 0
    file: str = ""


@dataclass(frozen=True, slots=True)
class ThreadInfo:
    """What lines say in the place of their thread."""

    name: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """What lines say in the place of their process."""

    name: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class CollectOptions:
    """What a handler's lines say of caller, thread and process.

    None: what the format asks for. True: found out for each line, whether the format asks for it or not. False: not
    found out; the format's tokens are empty. Or what to say, the same for all lines.
    """

    caller: bool | CallerInfo | None = None
    thread: bool | ThreadInfo | None = None
    process: bool | ProcessInfo | None = None

    def fixed(self) -> dict[str, Any]:
        """Return what is the same for all lines, by the names that records have for it."""
        values: dict[str, Any] = {}
        if self.caller is False or isinstance(self.caller, CallerInfo):
            caller = self.caller or CallerInfo()
            values.update(name=caller.name, function=caller.function, line=caller.line, file=caller.file)
        if self.thread is False or isinstance(self.thread, ThreadInfo):
            thread = self.thread or ThreadInfo()
            values.update(thread_name=thread.name, thread_id=thread.id)
        if self.process is False or isinstance(self.process, ProcessInfo):
            process = self.process or ProcessInfo()
            values.update(process_name=process.name, process_id=process.id)
        return values
