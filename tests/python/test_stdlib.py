"""Lines through the standard library's logging, in both directions."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine

from cleat import structlog
from cleat.structlog import stdlib
from cleat.structlog.contextvars import bound_contextvars, merge_contextvars
from cleat.structlog.processors import CallsiteParameter, CallsiteParameterAdder, JSONRenderer, KeyValueRenderer
from cleat.structlog.testing import CapturedCall, CapturingLogger


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    logger_class = logging.getLoggerClass()
    yield
    logging.setLoggerClass(logger_class)
    structlog.reset_defaults()


class Door:
    """A logger of the standard library whose lines go through a ProcessorFormatter into a string."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("processors", [stdlib.ProcessorFormatter.remove_processors_meta, JSONRenderer()])
        self.out = io.StringIO()
        self.handler = logging.StreamHandler(self.out)
        self.handler.setFormatter(stdlib.ProcessorFormatter(**options))
        self.logger = stdlib._FixedFindCallerLogger("door", logging.DEBUG)
        self.logger.addHandler(self.handler)

    def bound(self, *processors: Any) -> stdlib.BoundLogger:
        return stdlib.BoundLogger(self.logger, [*processors, stdlib.ProcessorFormatter.wrap_for_formatter], {})

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.getvalue().splitlines()]


def test_foreign_records_and_bound_loggers_come_out_alike() -> None:
    shared = [merge_contextvars, stdlib.add_log_level, stdlib.add_logger_name]
    door = Door(foreign_pre_chain=[*shared, stdlib.ExtraAdder()])
    with bound_contextvars(request_id="r1"):
        door.logger.warning("%s is late", "it", extra={"n": 1})
        door.bound(*shared).warning("it is late", n=1)
    line = {"event": "it is late", "request_id": "r1", "level": "warning", "logger": "door", "n": 1}
    assert door.lines() == [line, line]


def test_a_formatter_leaves_the_record_as_it_is() -> None:
    door = Door()
    record = door.logger.makeRecord("door", logging.INFO, "f", 1, "%s", ("a",), None)
    before = dict(record.__dict__)
    assert door.handler.format(record) == '{"event": "a"}'
    assert record.__dict__ == before


def test_a_formatter_keeps_the_class_of_records() -> None:
    class BraceRecord(logging.LogRecord):
        def getMessage(self) -> str:
            return str(self.msg).format(*(self.args or ()))

    door = Door()
    record = BraceRecord("door", logging.INFO, "f", 1, "{} is late", ("it",), None)
    assert json.loads(door.handler.format(record)) == {"event": "it is late"}


def test_processors_see_where_an_event_comes_from() -> None:
    seen: list[tuple[Any, str, Any, Any]] = []

    def look(logger: Any, name: str, event_dict: Any) -> Any:
        seen.append((logger, name, event_dict["_record"].name, event_dict["_from_structlog"]))
        return event_dict

    door = Door(processors=[look, stdlib.ProcessorFormatter.remove_processors_meta, JSONRenderer()])
    door.logger.error("foreign")
    door.bound().exception("bound", exc_info=False)
    assert seen == [(None, "error", "door", False), (door.logger, "exception", "door", True)]


@pytest.mark.parametrize("keep", [False, True])
def test_an_exception_comes_once_unless_it_is_kept(keep: bool) -> None:
    door = Door(processors=[lambda *args: "line"], keep_exc_info=keep, keep_stack_info=keep)
    try:
        raise ValueError("no")
    except ValueError:
        door.logger.exception("late", stack_info=True)
    text = door.out.getvalue()
    assert ("ValueError: no" in text, "Stack (most recent call last)" in text) == (keep, keep)


@pytest.mark.parametrize("name", ["fmt", "style", "subclass"])
def test_a_format_around_the_line(name: str) -> None:
    class Formatter(stdlib.ProcessorFormatter):
        def formatMessage(self, record: logging.LogRecord) -> str:
            return f"<{record.getMessage()}>"

    record = logging.makeLogRecord({"msg": "late", "name": "door"})
    chain = [lambda *args: "line"]
    formatter = {
        "fmt": stdlib.ProcessorFormatter(processors=chain, fmt="<%(message)s>"),
        "style": stdlib.ProcessorFormatter(processors=chain, fmt="<{message}>", style="{"),
        "subclass": Formatter(processors=chain),
    }[name]
    assert formatter.format(record) == "<line>"


def test_positional_arguments_and_raw_messages_of_foreign_records() -> None:
    door = Door(use_get_message=False, pass_foreign_args=True)
    door.logger.info("%d of %d", 1, 2)
    assert door.lines() == [{"event": "%d of %d", "positional_args": [1, 2]}]


def test_a_formatter_needs_processors_of_one_kind() -> None:
    with pytest.raises(TypeError, match="must be passed"):
        stdlib.ProcessorFormatter()
    with pytest.raises(TypeError, match="mutually exclusive"):
        stdlib.ProcessorFormatter(JSONRenderer(), [JSONRenderer()])


def test_a_line_that_is_no_string_is_warned_of() -> None:
    formatter = stdlib.ProcessorFormatter(processors=[lambda *args: {"a": 1}])
    with pytest.warns(RuntimeWarning, match="must return a string"):
        assert formatter.format(logging.makeLogRecord({"msg": "x"})) == "{'a': 1}"


def test_the_caller_is_found_behind_a_bound_logger() -> None:
    where = [CallsiteParameterAdder([CallsiteParameter.FUNC_NAME])]
    door = Door(foreign_pre_chain=where)
    door.logger.info("foreign")
    door.bound(*where).info("bound")
    assert [line["func_name"] for line in door.lines()] == ["test_the_caller_is_found_behind_a_bound_logger"] * 2
    file, _, function, stack = door.logger.findCaller(stack_info=True)
    assert (file, function) == (__file__, "test_the_caller_is_found_behind_a_bound_logger")
    assert stack is not None
    assert stack.endswith("door.logger.findCaller(stack_info=True)")


async def test_k11_an_asynchronous_line_has_the_callers_context_thread_and_place() -> None:
    parameters = [CallsiteParameter.FUNC_NAME, CallsiteParameter.THREAD, CallsiteParameter.THREAD_NAME]
    logger = CapturingLogger()
    log = stdlib.BoundLogger(logger, [merge_contextvars, CallsiteParameterAdder(parameters)], {})
    with bound_contextvars(request_id="r1"):
        await log.ainfo("late")
    assert logger.calls[0].kwargs == {
        "event": "late",
        "request_id": "r1",
        "func_name": "test_k11_an_asynchronous_line_has_the_callers_context_thread_and_place",
        "thread": threading.get_ident(),
        "thread_name": threading.current_thread().name,
    }


async def test_the_asynchronous_methods_call_the_others() -> None:
    logger = CapturingLogger()
    log = stdlib.BoundLogger(logger, [], {})
    for level in ("debug", "info", "warning", "error", "critical"):
        await getattr(log, "a" + level)("%s", 1)
        assert logger.calls[-1] == CapturedCall(level, (), {"event": "%s", "positional_args": (1,)})
    await log.alog(logging.ERROR, "x")
    assert logger.calls[-1] == CapturedCall("error", (), {"event": "x"})
    try:
        raise ValueError("no")
    except ValueError as error:
        await log.aexception("x")
        assert logger.calls[-1].kwargs["exc_info"][1] is error


async def test_the_asynchronous_logger_wraps_another() -> None:
    logger = CapturingLogger()
    log: Any = stdlib.AsyncBoundLogger(logger, [], {"a": 1})  # type: ignore[arg-type]
    log = log.bind(b=2).unbind("a").try_unbind("c")
    await log.fatal("x")
    log.sync_bl.info("y")
    assert logger.calls == [
        CapturedCall("critical", (), {"b": 2, "event": "x"}),
        CapturedCall("info", (), {"b": 2, "event": "y"}),
    ]


@pytest.mark.parametrize(
    ("event", "args", "text"),
    [("%d %s", (1, "a"), "1 a"), ("%(a)s", ({"a": 1},), "1"), ("100 %", (), "100 %"), ("%s", ({},), "{}")],
)
def test_positional_arguments(event: str, args: tuple[Any, ...], text: str) -> None:
    formatter = stdlib.PositionalArgumentsFormatter()
    assert formatter(None, "info", {"event": event, "positional_args": args}) == {"event": text}
    keeping = stdlib.PositionalArgumentsFormatter(remove_positional_args=False)
    assert keeping(None, "info", {"event": event, "positional_args": args})["positional_args"] == args


def test_filter_by_level() -> None:
    logger = logging.Logger("x", logging.WARNING)
    event: dict[str, Any] = {}
    assert stdlib.filter_by_level(logger, "warn", event) is event
    with pytest.raises(structlog.DropEvent):
        stdlib.filter_by_level(logger, "info", event)
    logger.disabled = True
    with pytest.raises(structlog.DropEvent):
        stdlib.filter_by_level(logger, "critical", event)


def test_extra_adder_takes_what_is_extra_or_allowed() -> None:
    record = logging.makeLogRecord({"a": 1, "b": 2, "name": "x"})
    assert stdlib.ExtraAdder()(None, "info", {"_record": record}) == {"_record": record, "a": 1, "b": 2}
    allowing = stdlib.ExtraAdder(["name", "b", "c"])
    assert allowing(None, "info", {"_record": record}) == {"_record": record, "name": "x", "b": 2}


def test_events_as_arguments_of_logging() -> None:
    event = {"event": "%s", "positional_args": (1,), "exc_info": True, "stacklevel": 2, "a": 1}
    args, keywords = stdlib.render_to_log_args_and_kwargs(None, "info", dict(event))
    assert (args, keywords) == (("%s", 1), {"exc_info": True, "stacklevel": 2, "extra": {"a": 1}})
    assert stdlib.render_to_log_args_and_kwargs(None, "info", {"event": "x"}) == (("x",), {})
    del event["positional_args"]
    keywords = dict(stdlib.render_to_log_kwargs(None, "info", event))
    assert keywords == {"msg": "%s", "exc_info": True, "stacklevel": 2, "extra": {"a": 1}}


def test_loggers_are_named_after_the_module() -> None:
    assert stdlib.LoggerFactory()().name == __name__
    assert stdlib.LoggerFactory()("given").name == "given"
    assert stdlib.LoggerFactory([__name__])().name.startswith("_pytest.")
    assert logging.getLoggerClass() is stdlib._FixedFindCallerLogger


def test_recreate_defaults_goes_through_logging(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", logging.WARNING)
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    stdlib.recreate_defaults(log_level=logging.INFO)
    stdlib.get_logger("door").info("%s is late", "it")
    stdlib.get_logger("door").debug("unheard")
    assert out.getvalue().count("\n") == 1
    assert "it is late" in out.getvalue()
    assert "[door]" in out.getvalue()


def test_key_value_lines_through_the_formatter() -> None:
    door = Door(processor=KeyValueRenderer(), processors=())
    door.logger.info("late")
    assert door.out.getvalue() == "event='late'\n"


@pytest.mark.parametrize("args", [(), ("a",), ({"a": 1},), ({},)])
@pytest.mark.parametrize("threads", [True, False])
def test_a_loggers_records_are_those_of_logging(args: Any, threads: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging, "logThreads", threads)
    monkeypatch.setattr(logging, "logMultiprocessing", threads)
    monkeypatch.setattr(logging, "logProcesses", threads)
    monkeypatch.setattr(threading, "current_thread", lambda: SimpleNamespace(name="green"))
    given = ("door", logging.INFO, "/a/b.py", 3, "%s", args, None, "function", {"extra": 1}, "stack")
    with time_machine.travel(1795309323.456789, tick=False):
        ours, theirs = stdlib._FixedFindCallerLogger("door").makeRecord(*given), logging.Logger("door").makeRecord(*given)
    assert type(ours) is type(theirs)
    assert ours.__dict__ == theirs.__dict__


def test_a_logger_goes_by_the_record_factory(monkeypatch: pytest.MonkeyPatch) -> None:
    class Record(logging.LogRecord):
        pass

    monkeypatch.setattr(logging, "_logRecordFactory", Record)
    record = stdlib._FixedFindCallerLogger("door").makeRecord("door", 20, "f", 1, "x", (), None)
    assert type(record) is Record


def caught_records(logger: logging.Logger) -> list[logging.LogRecord]:
    records: list[logging.LogRecord] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    logger.addHandler(Keeper())
    return records


@pytest.mark.parametrize("options", [{}, {"stack_info": True}, {"stacklevel": 2}, {"exc_info": ValueError("no")}])
def test_a_loggers_calls_are_those_of_logging(options: dict[str, Any]) -> None:
    ours, theirs = stdlib._FixedFindCallerLogger("door"), logging.Logger("door")
    records = [caught_records(logger) for logger in (ours, theirs)]
    for logger in (ours, theirs):
        logger.warning("%s", 1, extra={"a": 1}, **options)
    seen = [{**of_one[0].__dict__, "created": 0, "msecs": 0, "relativeCreated": 0} for of_one in records]
    assert seen[0] == seen[1]


@pytest.mark.parametrize("way", ["instance", "subclass", "logging"])
def test_a_loggers_own_methods_are_called(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Own(stdlib._FixedFindCallerLogger):
        def findCaller(self, *args: Any, **kw: Any) -> Any:
            return "own.py", 1, "own", None

    logger = Own("door") if way == "subclass" else stdlib._FixedFindCallerLogger("door")
    if way == "instance":
        monkeypatch.setattr(logger, "findCaller", lambda *args: ("own.py", 1, "own", None), raising=False)
    if way == "logging":
        make: Any = logging.Logger.makeRecord
        monkeypatch.setattr(
            logging.Logger, "makeRecord", lambda self, *args, **kw: make(self, *args[:2], "own.py", *args[3:], **kw)
        )
    records = caught_records(logger)
    logger.warning("x")
    assert records[0].pathname == "own.py"


@pytest.mark.parametrize("key", ["name", "message", "asctime"])
def test_extra_may_not_be_what_records_have(key: str) -> None:
    with pytest.raises(KeyError, match=f"Attempt to overwrite '{key}' in LogRecord"):
        Door().logger.info("x", extra={key: 1})
