"""Records as they are made of what the engine knows of a call."""

from __future__ import annotations

import datetime
from typing import Any

from .._engine import Level
from ._datetime import local_time
from ._options import call_of
from ._recattrs import Record, RecordFile, RecordLevel, RecordProcess, RecordThread, make_exception


def make_record(
    level: Level,
    message: str,
    time_ns: int,
    elapsed_ns: int,
    name: str | None,
    function: str,
    file: str,
    path: str,
    module: str,
    line: int,
    thread_name: str,
    thread_id: int,
    process_name: str,
    process_id: int,
    exception: Any,
    extra: dict[str, Any],
) -> Record:
    """Make a record of what the engine knows of a call, and of what opt() asks for.

    :raises KeyError, IndexError, ValueError, ...: the message cannot be put together.
    """
    record = Record(
        elapsed=datetime.timedelta(microseconds=elapsed_ns // 1000),
        exception=make_exception(exception),
        extra=extra,
        file=RecordFile(file, path),
        function=function,
        level=RecordLevel(level.name, level.no, level.icon, level.style),
        line=line,
        message=str(message),
        module=module,
        name=name,
        process=RecordProcess(process_id, process_name),
        thread=RecordThread(thread_id, thread_name),
        time=local_time(time_ns),
    )
    record.coloured = None
    record.is_raw = False
    record.is_from_decorator = False
    call = call_of(message)
    if call is not None:
        call.finish(record)
    return record
