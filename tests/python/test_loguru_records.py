"""cleat.loguru: what records hold, who may change them, and which are made."""

from __future__ import annotations

import asyncio
import copy
import datetime
import os
import pickle
import threading
from typing import Any

import pytest
from loguru_logger import make_logger

from cleat.loguru._logger import Logger
from cleat.loguru._recattrs import RecordException
from cleat.structlog.contextvars import bind_contextvars, get_contextvars


def records_of(logger: Logger, **options: Any) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    logger.add(lambda message: records.append(message.record), level=0, **options)
    return records


def run_in(code: str, module: dict[str, Any]) -> None:
    exec(compile(code, "nowhere.py", "exec"), module)


def test_parts_of_a_record() -> None:
    logger = make_logger()
    records = records_of(logger)
    before = datetime.datetime.now(datetime.timezone.utc)
    logger.info("a {}", 1)
    (record,) = records
    assert record["message"] == "a 1"
    assert (record["level"].name, record["level"].no) == ("INFO", 20)
    assert (record["file"].name, record["file"].path) == ("test_loguru_records.py", __file__)
    assert (record["name"], record["module"], record["function"]) == (__name__, __name__, "test_parts_of_a_record")
    assert (record["thread"].id, record["thread"].name) == (threading.get_ident(), threading.current_thread().name)
    assert record["process"].id == os.getpid()
    assert record["exception"] is None
    assert before <= record["time"] <= datetime.datetime.now(datetime.timezone.utc)
    assert record["elapsed"] > datetime.timedelta(0)


def test_K5_fields_keep_their_types_and_their_order() -> None:
    logger = make_logger()
    records = records_of(logger)
    value = object()
    logger.configure(extra={"core": 1})
    with logger.contextualize(around=(1, 2)):
        logger.bind(z=value, y=None).info("", x=1.5)
    assert list(records[0]["extra"].items()) == [("core", 1), ("z", value), ("y", None), ("x", 1.5), ("around", (1, 2))]


def test_K2_the_call_comes_before_the_logger_and_that_before_the_context_and_that_before_the_configuration() -> None:
    logger = make_logger()
    records = records_of(logger)
    logger.configure(extra={"a": "core", "b": "core", "c": "core", "d": "core"})
    with logger.contextualize(b="context", c="context", d="context"):
        logger.bind(c="bound", d="bound").info("", d="call")
    assert records[0]["extra"] == {"a": "core", "b": "context", "c": "bound", "d": "call"}


def test_contextualize_is_the_context_of_all_loggers_of_cleat() -> None:
    logger = make_logger()
    records = records_of(logger)
    with logger.contextualize(request=7):
        assert get_contextvars() == {"request": 7}
    bind_contextvars(user="x")
    logger.info("")
    assert records[0]["extra"] == {"user": "x"}


async def test_contextualize_belongs_to_its_task() -> None:
    logger = make_logger()
    records = records_of(logger)
    turn = asyncio.Barrier(2) if hasattr(asyncio, "Barrier") else None

    async def request(number: int) -> None:
        with logger.contextualize(number=number):
            if turn is not None:
                await turn.wait()
            await asyncio.sleep(0)
            logger.info("", own=number)

    await asyncio.gather(request(1), request(2))
    assert [record["extra"] for record in records] == [{"own": n, "number": n} for n in (1, 2)] or [
        record["extra"] for record in records
    ] == [{"own": n, "number": n} for n in (2, 1)]
    assert get_contextvars() == {}


def test_contextualize_takes_fields_of_any_name() -> None:
    logger = make_logger()
    records = records_of(logger)
    with logger.contextualize(self=1, message=2):
        logger.bind(self=3).info("{self} {message}", self=4, message=5)
    assert records[0]["message"] == "4 5"
    assert records[0]["extra"] == {"self": 4, "message": 5}


def test_patchers_change_what_handlers_get_in_their_order() -> None:
    logger = make_logger()
    lines: list[str] = []
    logger.add(lines.append, format="{level} {message} {extra}")
    logger.configure(patcher=lambda record: record["extra"].update(order=["core"]))
    patched = logger.patch(lambda record: record["extra"]["order"].append("own"))

    def rename(record: Any) -> None:
        record["message"] += "!"
        record["level"].name = "NOTE"

    patched.patch(rename).info("a")
    assert lines == ["NOTE a! {'order': ['core', 'own']}\n"]


def test_errors_of_patchers_are_the_callers() -> None:
    logger = make_logger()
    records = records_of(logger)
    with pytest.raises(ZeroDivisionError):
        logger.patch(lambda record: 1 / 0).info("a")
    assert records == []


def test_a_module_without_a_name() -> None:
    logger = make_logger()
    records = records_of(logger)
    module: dict[str, Any] = {"logger": logger, "__builtins__": {}}
    run_in("logger.info('a')", module)
    assert records[0]["name"] is None
    logger.disable(None)
    run_in("logger.info('b')", module)
    logger.enable(None)
    run_in("logger.info('c')", module)
    assert [record["message"] for record in records] == ["a", "c"]


@pytest.mark.parametrize(
    "filter, passes",
    [
        (None, True),
        ("", False),
        ("a", False),
        ({None: 0}, True),
        ({None: False}, False),
        ({"": False}, True),
        ({None: "WARNING"}, False),
        ({"a": False, None: True}, True),
    ],
)
def test_filters_of_records_without_a_module(filter: Any, passes: bool) -> None:
    logger = make_logger()
    records = records_of(logger, filter=filter)
    run_in("logger.info('a')", {"logger": logger, "__builtins__": {}})
    assert bool(records) is passes


def test_disabled_modules_cost_nothing_and_fail_at_nothing() -> None:
    logger = make_logger()
    records = records_of(logger)
    logger.disable(__name__)
    logger.info("{missing}", a=1)
    logger.opt(lazy=True).info("{}", lambda: pytest.fail("evaluated"))
    logger.opt(exception=True, depth=0).info("{missing}", a=1)
    logger.opt(colors=True).info("<nope>")
    assert records == []
    logger.enable(__name__)
    logger.opt(lazy=True).info("{}", lambda: 1)
    assert [record["message"] for record in records] == ["1"]


def test_lazy_arguments_are_made_once_for_all_handlers_and_not_for_none() -> None:
    logger = make_logger()
    calls: list[int] = []
    logger.opt(lazy=True).info("{}", lambda: calls.append(1))
    records_of(logger)
    records_of(logger)
    logger.opt(lazy=True).info("{} {a}", lambda: calls.append(1), a=lambda: 2)
    assert calls == [1]


def test_lazy_fields_stand_where_the_call_has_them() -> None:
    logger = make_logger()
    records = records_of(logger)
    with logger.contextualize(z=0):
        logger.bind(a=1).opt(lazy=True).info("", b=lambda: 2)
    assert list(records[0]["extra"].items()) == [("a", 1), ("b", 2), ("z", 0)]


def helper(logger: Logger, **options: Any) -> None:
    logger.opt(**options).info("{}", "a")


@pytest.mark.parametrize("options", [{}, {"record": True}, {"colors": True}, {"capture": False}, {"exception": 1}])
def test_depth_names_the_caller_whatever_else_is_asked_for(options: Any) -> None:
    logger = make_logger()
    records = records_of(logger)
    helper(logger, depth=1, **options)
    helper(logger, **options)
    assert [record["function"] for record in records] == [
        "test_depth_names_the_caller_whatever_else_is_asked_for",
        "helper",
    ]


def test_log_methods_that_are_python_name_the_caller() -> None:
    logger = make_logger()
    records = records_of(logger)

    def inner() -> None:
        logger.exception("a")
        with logger.catch():
            raise ValueError
        logger.catch(lambda: 1 / 0)()

    inner()
    assert [record["function"] for record in records] == ["inner"] * 3


def test_handlers_see_what_an_earlier_one_has_made_of_the_record() -> None:
    logger = make_logger()
    lines: list[str] = []

    def mark(record: Any) -> bool:
        record["extra"]["seen"] = True
        return True

    logger.add(lambda message: None, filter=mark)
    logger.add(lines.append, format=lambda record: "{extra}")
    logger.info("a")
    assert lines == ["{'seen': True}"]


def test_numbers_as_levels_have_no_name() -> None:
    logger = make_logger()
    records = records_of(logger)
    logger.log(20, "a")
    logger.log(33, "a")
    assert [record["level"].name for record in records] == ["Level 20", "Level 33"]


def test_the_severity_of_a_level_is_for_ever() -> None:
    logger = make_logger()
    for error in (TypeError, ValueError):
        with pytest.raises(error, match="can't update its severity"):
            logger.level("INFO", 21)


def test_exceptions_of_records_are_pickled_without_what_cannot_be() -> None:
    class Local(Exception):
        pass

    for value, kept in ((ValueError("a"), True), (Local("a"), False)):
        exception = RecordException(type(value) if kept else ValueError, value, None)
        again = pickle.loads(pickle.dumps(exception))
        assert repr(again.value) == repr(value if kept else None)


def test_records_can_be_copied() -> None:
    logger = make_logger()
    records = records_of(logger)
    logger.opt(raw=True).info("a", b=[1])
    again = copy.deepcopy(records[0])
    assert again["extra"] == {"b": [1]}
    assert again["extra"]["b"] is not records[0]["extra"]["b"]
    assert again.is_raw is True  # type: ignore[attr-defined]
