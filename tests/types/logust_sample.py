"""What a program that uses logust writes, for mypy: what is right has the types that are asserted, and what is wrong is
marked, so that mypy says it if it is not refused."""

from __future__ import annotations

import logging
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from typing_extensions import assert_type

import cleat.logust as logust
from cleat.logust import (
    CallerInfo,
    CollectOptions,
    FilterCallback,
    HandlerConfig,
    LevelConfig,
    LogCallback,
    Logger,
    LogLevel,
    LogRecord,
    OptLogger,
    PatcherCallback,
    ProcessInfo,
    PyLogger,
    ThreadInfo,
    logger,
    parse,
)


def wanted(record: dict[str, Any]) -> bool:
    return bool(record["level"] != "DEBUG")


def patcher(record: dict[str, Any]) -> None:
    record["extra"]["a"] = 1


def wanted_record(record: LogRecord) -> bool:
    return record["level_no"] >= 20


def patch_record(record: LogRecord) -> None:
    record["extra"]["a"] = 1


def write_line(line: str) -> None:
    print(line)


async def send_line(line: str) -> None:
    print(line)


filter_: FilterCallback = wanted
patcher_: PatcherCallback = patcher
callback: LogCallback = patcher


def handlers() -> None:
    assert_type(logger.add("app.log", level="INFO", rotation="500 MB", retention=5, compression=True), int)
    logger.add(Path("app.log"), rotation=timedelta(days=1), retention=timedelta(days=10), enqueue=True)
    logger.add(sys.stderr, format="{message}", colorize=True, level=LogLevel.Error)
    logger.add(write_line, filter=wanted, level=25)
    logger.add(write_line, filter=wanted_record)
    logger.add_callback(patch_record)
    logger.patch(patch_record)
    with logger.catch(ValueError):
        pass
    logger.add(write_line, filter={"module": "INFO", "": False})
    logger.add(send_line, serialize=True)
    logger.add(logging.StreamHandler(), collect=CollectOptions(CallerInfo("a"), ThreadInfo(id=1), ProcessInfo()))
    assert_type(logger.remove(1), bool)
    assert_type(logger.add_callback(callback, level="ERROR"), int)
    assert_type(logger.configure(handlers=[{"sink": "app.log"}], extra={"a": 1}, activation=[("a", True)]), list[int])
    handler: HandlerConfig = {"sink": sys.stdout, "level": "INFO"}
    level: LevelConfig = {"name": "NOTICE", "no": 26}
    logger.configure(handlers=[handler], levels=[level], patcher=patcher)
    logger.add(3)  # type: ignore[arg-type]
    logger.add("app.log", rotaton="1 MB")  # type: ignore[arg-type]
    logger.add("app.log", serialize="yes")  # type: ignore[arg-type]
    logger.add_callback(3)  # type: ignore[arg-type]


def lines() -> None:
    logger.info("x {} {a}", 1, a=2)
    logger.log("NOTICE", ValueError("x"), exception=ValueError())
    logger.exception("x", user=7)
    logust.info("x")
    logust.opt(lazy=True).debug("{}", lambda: 1)
    logger.inform("x")  # type: ignore[attr-defined]
    logust.inform("x")  # type: ignore[attr-defined]
    logger.info()  # type: ignore[call-arg]


def loggers() -> None:
    assert_type(logger.bind(a=1), Logger)
    assert_type(logger.patch(patcher), Logger)
    assert_type(logger.opt(depth=1), OptLogger)
    assert_type(logger.opt(depth=1).bind(a=1).patch(patcher), OptLogger)
    assert_type(Logger(PyLogger(LogLevel.Trace)), Logger)
    assert_type(logger.level("INFO").no, int)
    assert_type(logger.level("NOTICE", no=26, color="cyan").name, str)
    assert_type(logger.get_level(), LogLevel)
    with logger.contextualize(a=1) as inside:
        assert_type(inside, Logger)
    logger.opt(depth="1")  # type: ignore[arg-type]


@logger.contextualize(a=1)
@logger.catch
def bare(value: int) -> str:
    return str(value)


@logger.catch(ValueError, level="WARNING", default="")
async def with_options(value: int) -> str:
    return str(value)


async def functions() -> None:
    assert_type(bare(1), str)
    assert_type(await with_options(1), str)
    bare("1")  # type: ignore[arg-type]
    with logger.catch(reraise=True):
        await logger.complete()


def reading() -> None:
    for groups in parse("app.log", "(?P<level>.*)", cast={"level": str}):
        assert_type(groups, dict[str, Any])
