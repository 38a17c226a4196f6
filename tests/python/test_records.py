"""Record loggers, below the doors of logust and loguru: how a call becomes a record, and how that gets to the handlers."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import pytest

from cleat import _engine
from cleat.structlog.contextvars import bind_contextvars, bound_contextvars
from process_memory import resident_bytes

NAMES = (
    "level time elapsed name function file path module line thread_name thread_id process_name process_id exception extra"
)


def make_record(level: _engine.Level, message: str, *parts: Any) -> dict[str, Any]:
    return {"message": message, **dict(zip(NAMES.split(), (level, *parts), strict=True))}


class Logger(_engine.RecordLogger):
    info = _engine.LogMethod("info", "INFO", "Log at level INFO.")
    debug = _engine.LogMethod("debug", "DEBUG")
    log = _engine.LogMethod("log", None)
    exception = _engine.LogMethod("exception", "INFO", None, True)


def new_core() -> _engine.Core:
    core = _engine.Core()
    core.levels["INFO"] = _engine.Level("INFO", 20, "", "")
    core.levels["DEBUG"] = _engine.Level("DEBUG", 10, "", "")
    core.make_record = make_record
    return core


class Records(list[dict[str, Any]]):
    """A core, a logger of it, and the records that came."""

    def __init__(self, level_no: int = 0) -> None:
        super().__init__()
        self.core = new_core()
        self.logger = Logger(self.core)
        self.core.handlers = (_engine.Handler(level_no=level_no, sink=self.append, formatter=None),)
        self.failures: list[BaseException | None] = []
        self.core.report = lambda handler, record: self.failures.append(sys.exc_info()[1])

    @property
    def extras(self) -> list[dict[str, Any]]:
        return [record["extra"] for record in self]


@pytest.fixture
def records() -> Iterator[Records]:
    yield Records()


# -- fields --


def test_K2_bound_fields_then_the_calls_then_the_context_variables(records: Records) -> None:
    records.core.extra = {"base": 0}
    logger = records.logger.bind(a=1, b=2)
    with bound_contextvars(request=9, b="hidden"):
        logger.info("text", c=3, a="over")
    assert list(records.extras[0].items()) == [("base", 0), ("a", "over"), ("b", 2), ("c", 3), ("request", 9)]


def test_K5_context_variables_win_over_what_is_beneath_all_fields_only(records: Records) -> None:
    records.core.extra = {"base": 0, "a": 0, "b": 0, "c": 0}
    with bound_contextvars(base=1, a=1, b=1, d=1):
        records.logger.bind(a=2).info("text", b=3)
        records.logger.info("text")
    assert [list(extra.items()) for extra in records.extras] == [
        [("base", 1), ("a", 2), ("b", 3), ("c", 0), ("d", 1)],
        [("base", 1), ("a", 1), ("b", 1), ("c", 0), ("d", 1)],
    ]


def test_K4_bind_leaves_the_logger_as_it_is(records: Records) -> None:
    first = records.logger.bind(a=1)
    second = first.bind(a=2, b=3)
    for logger in (records.logger, first, second):
        logger.info("text")
    assert records.extras == [{}, {"a": 1}, {"a": 2, "b": 3}]


def test_a_record_is_nobody_elses(records: Records) -> None:
    logger = records.logger.bind(a=1)
    bind_contextvars(c=1)
    logger.info("text")
    records[0]["extra"].clear()
    logger.info("text")
    assert records.extras[1] == {"a": 1, "c": 1}
    logger.bound["a"] = 2
    assert logger.bound == {"a": 1}


def test_K3_values_stay_the_objects_that_they_were(records: Records) -> None:
    value = object()
    records.logger.info("text", value=value)
    assert records.extras[0]["value"] is value


# -- messages --


@pytest.mark.parametrize(
    ("args", "kwargs", "message", "extra"),
    [
        (("{braces}",), {}, "{braces}", {}),
        (("{} {}", 1, 2), {}, "1 2", {}),
        (("{0} {b}", 1), {"b": 2, "c": 3}, "1 2", {"b": 2, "c": 3}),
        ((42,), {"a": 1}, "42", {"a": 1}),
        (("}}",), {"a": 1}, "}", {"a": 1}),
        ((), {"message": "by name", "a": 1}, "by name", {"a": 1}),
    ],
)
def test_message(
    records: Records, args: tuple[Any, ...], kwargs: dict[str, Any], message: str, extra: dict[str, Any]
) -> None:
    records.logger.info(*args, **kwargs)
    assert (records[0]["message"], records.extras[0]) == (message, extra)


def test_keywords_that_the_message_uses_up_are_no_fields(records: Records) -> None:
    records.core.consumed = lambda message: {"a", "absent"}
    records.logger.info("{a} {b}", a=1, b=2)
    assert (records[0]["message"], records.extras[0]) == ("1 2", {"b": 2})


def test_a_wrong_message_is_the_callers_error(records: Records) -> None:
    with pytest.raises(KeyError):
        records.logger.info("{absent}", a=1)
    with pytest.raises(TypeError, match=r"info\(\) missing 1 required positional argument: 'message'"):
        records.logger.info()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"log\(\) missing 1 required positional argument: 'level'"):
        records.logger.log()  # type: ignore[call-arg]
    assert records == []


def test_nothing_is_done_for_a_level_that_nobody_takes() -> None:
    class Untouchable:
        def __str__(self) -> str:
            raise AssertionError

    records = Records(level_no=20)
    records.logger.debug(Untouchable(), a=1)
    records.core.handlers = ()
    records.logger.info(Untouchable())
    assert records == []


# -- the caller --


def test_caller(records: Records) -> None:
    line = sys._getframe().f_lineno + 1
    records.logger.info("text")
    record = records[0]
    assert (record["function"], record["line"]) == ("test_caller", line)
    assert (record["name"], record["file"], record["module"]) == (__name__, "test_records.py", "test_records")
    assert record["path"] == __file__
    assert (record["thread_name"], record["thread_id"]) == (
        threading.current_thread().name,
        threading.get_ident(),
    )
    assert (record["process_name"], record["process_id"]) == ("MainProcess", os.getpid())
    assert abs(record["time"] - time.time_ns()) < 60e9
    assert record["exception"] is None


def test_caller_further_out(records: Records) -> None:
    info = records.core.levels["INFO"]

    def inner(depth: int) -> None:
        records.logger._emit(info, "text", depth=depth)

    for depth in (0, 1, 10_000):
        inner(depth)
    assert [record["function"] for record in records] == ["inner", "test_caller_further_out", "<unknown>"]
    assert (records[2]["name"], records[2]["line"]) == (None, 0)


def test_caller_of_a_place_that_took_anothers(records: Records) -> None:
    """What is known of places in the code is kept in a table, in which they take each other's place."""
    for number in range(2000):
        namespace: dict[str, Any] = {"logger": records.logger, "__name__": f"module{number}"}
        exec(compile(f"def f{number}():\n    logger.info('text')\nf{number}()", f"/a/file{number}.py", "exec"), namespace)
    assert [record["function"] for record in records] == [f"f{number}" for number in range(2000)]
    assert [record["name"] for record in records] == [f"module{number}" for number in range(2000)]
    assert [record["module"] for record in records] == [f"file{number}" for number in range(2000)]


def test_origin_elsewhere(records: Records) -> None:
    origin = (12_000, "far.away", "act", "/lib/far/away.py", 7, "worker", 5, "child", 6)
    records.logger._emit(records.core.levels["INFO"], "text", origin=origin)
    record = records[0]
    assert (record["time"], record["name"], record["function"], record["path"]) == (12_000, *origin[1:4])
    assert (record["file"], record["module"], record["line"]) == ("away.py", "away", 7)
    assert (record["thread_name"], record["thread_id"], record["process_name"], record["process_id"]) == origin[5:]
    records.logger._emit(records.core.levels["INFO"], "text", origin=(None,) * 9)
    assert records[1]["function"] == "test_origin_elsewhere"
    with pytest.raises(TypeError):
        records.logger._emit(records.core.levels["INFO"], "text", origin=(1, 2))


def test_modules_that_are_not_wanted(records: Records) -> None:
    asked = []

    def is_enabled(name: str | None) -> bool:
        asked.append(name)
        return name != __name__

    records.core.is_enabled = is_enabled
    class Untouchable:
        def __str__(self) -> str:
            raise AssertionError

    records.logger.info(Untouchable())
    records.logger.info("{absent}", a=1)
    assert not records.logger._is_wanted(records.core.levels["INFO"])
    assert (records, asked) == ([], [__name__])
    records.core.is_enabled = None
    records.logger.info("text")
    assert len(records) == 1


# -- handlers --


def test_a_failing_filter_is_reported_and_loses_no_line(records: Records) -> None:
    def fail(record: dict[str, Any]) -> bool:
        raise ValueError("filter")

    records.core.handlers = (_engine.Handler(sink=records.append, formatter=None, filter=fail),)
    records.logger.info("text")
    assert len(records) == 1
    assert [str(failure) for failure in records.failures] == ["filter"]


def test_a_failing_sink_is_reported_and_the_others_go_on(records: Records) -> None:
    def fail(record: dict[str, Any]) -> None:
        raise ValueError("sink")

    records.core.handlers = (_engine.Handler(sink=fail, formatter=None), *records.core.handlers)
    records.logger.info("text")
    assert len(records) == 1
    assert [str(failure) for failure in records.failures] == ["sink"]


def test_what_report_raises_is_the_callers(records: Records) -> None:
    def fail(record: dict[str, Any]) -> None:
        raise ValueError("sink")

    def report(handler: _engine.Handler, record: dict[str, Any] | None) -> None:
        raise

    records.core.handlers = (_engine.Handler(sink=fail, formatter=None),)
    records.core.report = report
    with pytest.raises(ValueError, match="sink"):
        records.logger.info("text")


@pytest.mark.parametrize("exception", [KeyboardInterrupt, SystemExit])
def test_what_is_meant_for_the_program_gets_there(records: Records, exception: type[BaseException]) -> None:
    def interrupt(record: dict[str, Any]) -> None:
        raise exception

    records.core.handlers = (_engine.Handler(sink=interrupt, formatter=None),)
    with pytest.raises(exception):
        records.logger.info("text")
    assert records.failures == []


def test_an_exception_that_is_being_handled_stays_so(records: Records) -> None:
    def fail(record: dict[str, Any]) -> None:
        raise ValueError("sink")

    records.core.handlers = (_engine.Handler(sink=fail, formatter=None),)
    try:
        raise KeyError("the program's")
    except KeyError as error:
        records.logger.info("text")
        assert sys.exc_info()[1] is error


def test_handlers_change_while_a_line_is_on_its_way(records: Records) -> None:
    def replace(record: dict[str, Any]) -> None:
        records.core.handlers = (last,)

    last = _engine.Handler(sink=records.append, formatter=None)
    records.core.handlers = (_engine.Handler(sink=replace, formatter=None), last)
    records.logger.info("first")
    records.logger.info("second")
    assert [record["message"] for record in records] == ["first", "second"]


def test_K17_a_sink_that_logs_to_itself_ends(records: Records) -> None:
    def log_again(record: dict[str, Any]) -> None:
        records.append(record)
        records.logger.info("again")

    records.core.handlers = (_engine.Handler(sink=log_again, formatter=None),)
    records.logger.info("text")
    assert len(records) == 4
    assert [str(failure) for failure in records.failures] == [
        "a handler logs for each record that it gets; the innermost is let go"
    ]
    records.logger.info("text")
    assert len(records) == 8


def test_what_a_sink_logs_once_is_not_lost(records: Records) -> None:
    def complain(record: dict[str, Any]) -> None:
        records.append(record)
        if record["message"] == "text":
            records.logger.info("complaint")

    records.core.handlers = (_engine.Handler(sink=complain, formatter=None),)
    records.logger.info("text")
    assert [record["message"] for record in records] == ["text", "complaint"]


def test_wrong_handlers() -> None:
    with pytest.raises(TypeError, match="a handler needs a sink and a formatter"):
        _engine.Handler()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="the sink of a handler must be a function, not int"):
        _engine.Handler(sink=1, formatter=None)
    with pytest.raises(TypeError, match="the filter of a handler must be a function, not str"):
        _engine.Handler(sink=print, formatter=None, filter="name")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a handler without a formatter must have a function as its sink"):
        _engine.Handler(sink=_engine.ConsoleSink("stdout"), formatter=None)
    core = new_core()
    with pytest.raises(TypeError, match="handlers must be Handlers, not str"):
        core.handlers = ("one",)  # type: ignore[assignment]
    assert core.handlers == ()


# -- patchers, levels, exceptions --


def test_patchers_run_in_order_behind_the_cores(records: Records) -> None:
    def add(name: str) -> Callable[[dict[str, Any]], None]:
        return lambda record: record["extra"].update({name: len(record["extra"])})

    records.core.patcher = add("core")
    records.logger.patch(add("a")).patch(add("b")).info("text")
    records.logger.info("text")
    assert records.extras == [{"core": 0, "a": 1, "b": 2}, {"core": 0}]


def test_what_a_patcher_raises_is_the_callers(records: Records) -> None:
    with pytest.raises(ZeroDivisionError):
        records.logger.patch(lambda record: 1 // 0).info("text")
    with pytest.raises(TypeError, match=r'a patcher must leave record\["extra"\] a dict'):
        records.logger.patch(lambda record: record.update(extra=1)).info("text")
    with pytest.raises(TypeError, match="patch\\(\\) takes a function of a record, not int"):
        records.logger.patch(1)  # type: ignore[arg-type]
    assert records == []


def test_levels(records: Records) -> None:
    records.logger.log("INFO", "text")
    with pytest.raises(ValueError, match="there is no level 'NOTICE'"):
        records.logger.log("NOTICE", "text")
    records.core.resolve_level = lambda wanted: _engine.Level(str(wanted), 5, "", "")
    records.logger.log(5, "text")
    records.core.resolve_level = lambda wanted: wanted
    with pytest.raises(TypeError, match="a level must be a Level, not int"):
        records.logger.log(5, "text")
    assert [record["level"].name for record in records] == ["INFO", "5"]


def test_exceptions(records: Records) -> None:
    records.core.takes_exception = True
    records.core.resolve_exception = lambda value: f"resolved {value}"
    records.logger.exception("text")
    records.logger.info("text", exception="as it is")
    records.logger.info("text", exception=None, a=1)
    records.core.takes_exception = False
    records.logger.info("text", exception="a field")
    assert [record["exception"] for record in records] == ["resolved True", "as it is", None, None]
    assert records.extras == [{}, {}, {"a": 1}, {"exception": "a field"}]


def test_a_logger_without_a_core_says_so() -> None:
    logger = Logger.__new__(Logger)
    for act in (lambda: logger.info("text"), lambda: logger.bind(a=1), lambda: logger.patch(print), lambda: logger.bound):
        with pytest.raises(TypeError, match=r"RecordLogger.__init__\(\) was not called"):
            act()
    with pytest.raises(TypeError, match="int is no logger"):
        Logger.info(1, "text")


# -- what code of the program does to what it is called by --


def test_a_function_of_a_core_may_take_itself_away(records: Records) -> None:
    """A function with a cache looks at itself again when it has been called."""

    def taken_away(name: str, result: Any) -> None:
        def function(*args: Any) -> Any:
            setattr(records.core, name, None)
            return result

        setattr(records.core, name, cache(function))

    info = records.core.levels["INFO"]
    records.core.takes_exception = True
    for name, result in {"is_enabled": True, "consumed": (), "resolve_exception": "shown", "resolve_level": info}.items():
        taken_away(name, result)
    records.logger.log(17, "{a}", a=1, exception=1)
    assert [record["message"] for record in records] == ["1"]


def test_what_is_said_of_a_module_is_forgotten_while_it_is_asked(records: Records) -> None:
    def was(name: str | None) -> bool:
        records.core.is_enabled = lambda name: True
        return False

    records.core.is_enabled = was
    records.logger.info("first")
    records.logger.info("second")
    assert [record["message"] for record in records] == ["second"]


def test_a_logger_is_initialised_once(records: Records) -> None:
    with pytest.raises(TypeError, match="a logger is immutable"):
        records.logger.__init__(records.core, {"a": 1})  # type: ignore[misc]
    assert records.logger.bound == {}


def test_the_fields_beneath_are_a_dict(records: Records) -> None:
    for wrong in (5, [("a", 1)]):
        with pytest.raises(TypeError, match="extra must be a dict or None"):
            records.core.extra = wrong  # type: ignore[assignment]
    records.core.extra = {"a": 1}
    records.core.extra = None
    records.logger.info("text")
    assert records.extras == [{}]


def test_what_says_which_keywords_are_used_up_may_be_wrong(records: Records) -> None:
    records.core.consumed = lambda message: [[], "a"]  # type: ignore[list-item, return-value]
    with pytest.raises(TypeError, match="unhashable"):
        records.logger.info("{a}", a=1)


def test_a_message_is_text_whatever_its_class_does(records: Records) -> None:
    class Formats(str):
        def format(self, *args: object, **kwargs: object) -> Any:
            return 5

    class Odd:
        def __str__(self) -> str:
            return Formats("{}")

    for message in (Odd(), Formats("{}")):
        records.logger.info(message, 3)
    assert [record["message"] for record in records] == ["3", "3"]


def test_a_depth_of_any_size(records: Records) -> None:
    records.core.takes_exception = True
    for depth in (-1, 2**32, 2**62):
        records.logger.info("text", _depth=depth)
    assert [record["function"] for record in records] == ["test_a_depth_of_any_size", "<unknown>", "<unknown>"]


def test_an_origin_is_a_tuple(records: Records) -> None:
    with pytest.raises(TypeError, match="origin must be a tuple, not list"):
        records.logger._emit(records.core.levels["INFO"], "text", origin=[None] * 9)  # type: ignore[arg-type]


# -- parts of a record that are hard to come by --


def test_K17_while_multiprocessing_is_being_imported(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    for unfinished in (None, types.ModuleType("multiprocessing")):
        monkeypatch.setitem(sys.modules, "multiprocessing", unfinished)
        records.logger.info("text")
    assert [record["process_name"] for record in records] == ["MainProcess"] * 2


def test_K17_a_thread_whose_name_raises(records: Records) -> None:
    class Nameless(threading.Thread):
        name = property(lambda self: 1 // 0, lambda self, name: None)  # type: ignore[assignment]

    thread = Nameless(target=lambda: records.logger.info("text"))
    thread.start()
    thread.join()
    assert (records[0]["thread_name"], records[0]["thread_id"]) == ("<unknown>", thread.ident)


@pytest.mark.parametrize(("now", "second"), [(1e12, 9223372036), (-1e12, -9223372036), (float("nan"), -9223372036)])
def test_times_further_away_than_can_be(
    records: Records, monkeypatch: pytest.MonkeyPatch, now: float, second: int
) -> None:
    monkeypatch.setattr(time, "time", lambda: now)
    records.logger.info("text")
    assert records[0]["time"] == second * 1_000_000_000


MESSAGE = _engine.Template([("message", "plain", None)])


def test_a_report_has_the_whole_record() -> None:
    core = new_core()
    reported: list[dict[str, Any] | None] = []
    core.report = lambda handler, record: reported.append(record)
    core.handlers = (_engine.Handler(sink=lambda line: 1 // 0, formatter=MESSAGE),)
    Logger(core, {"a": 1}).info("text")
    assert reported[0] is not None
    assert (reported[0]["message"], reported[0]["extra"]) == ("text", {"a": 1})
    assert reported[0]["function"] == "test_a_report_has_the_whole_record"


def test_what_interrupts_a_report_gets_to_the_program() -> None:
    def interrupt(*parts: object) -> dict[str, Any]:
        raise KeyboardInterrupt

    core = new_core()
    core.make_record = interrupt
    core.report = lambda handler, record: None
    core.handlers = (_engine.Handler(sink=lambda line: 1 // 0, formatter=MESSAGE),)
    with pytest.raises(KeyboardInterrupt):
        Logger(core).info("text")


def test_a_frozen_record_has_all_parts_for_a_formatter_of_dicts(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    core = new_core()
    template = _engine.Template([("time", ("YYYY",), ""), ("message", "plain", None)])
    core.handlers = (_engine.Handler(sink=lines.append, formatter=template, dict_formatter=lambda record: record["function"]),)
    monkeypatch.setattr(time, "time", lambda: 5.0)
    Logger(core).info("text")
    assert lines == ["test_a_frozen_record_has_all_parts_for_a_formatter_of_dicts"]


def test_a_record_has_the_exception_itself_whatever_handlers_show_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    exceptions: list[object] = []
    core = new_core()
    core.resolve_exception = lambda value: error

    def formatter(record: dict[str, Any]) -> str:
        exceptions.append(record["exception"])
        return ""

    error = ValueError()
    core.handlers = (
        _engine.Handler(sink=len, formatter=MESSAGE, dict_formatter=formatter, format_exception=lambda exception: "shown"),
        _engine.Handler(sink=len, formatter=formatter, format_exception=lambda exception: "shown"),
    )
    monkeypatch.setattr(time, "time", lambda: 5.0)
    Logger(core).exception("text")
    assert exceptions == [error] * len(exceptions) and len(exceptions) > 0


def test_K17_a_patcher_that_is_a_log_method_is_an_error(records: Records) -> None:
    records.core.patcher = partial(records.logger.info, "text")
    with pytest.raises(RecursionError):
        records.logger.info("text")


def test_K17_greenlets_that_wait_in_a_sink_are_no_circle(records: Records) -> None:
    greenlet = pytest.importorskip("greenlet")
    main = greenlet.getcurrent()

    def sink(record: dict[str, Any]) -> None:
        main.switch()
        records.append(record)

    records.core.handlers = (_engine.Handler(sink=sink, formatter=None),)
    greenlets = [greenlet.greenlet(records.logger.info) for _ in range(20)]
    for each in greenlets:
        each.switch("text")
    for each in greenlets:
        each.switch()
    assert (len(records), records.failures) == (20, [])


# -- threads, memory --


def test_handlers_change_while_threads_log() -> None:
    records = Records()
    handler = records.core.handlers[0]
    ended = threading.Event()

    def log() -> None:
        for number in range(2000):
            records.logger.bind(a=number).info("text {}", number)

    def change() -> None:
        while not ended.is_set():
            records.core.handlers = (handler, _engine.Handler(sink=lambda record: None, formatter=None))
            records.core.handlers = (handler,)

    threads = [threading.Thread(target=log) for _ in range(4)]
    changing = threading.Thread(target=change)
    for thread in (*threads, changing):
        thread.start()
    for thread in threads:
        thread.join()
    ended.set()
    changing.join()
    assert len(records) == 8000
    assert records.failures == []


def test_nothing_grows() -> None:
    records = Records()
    records.core.consumed = lambda message: {"used"}
    records.core.takes_exception = True
    records.core.is_enabled = lambda name: True
    records.core.handlers = (
        *(handler for handler in records.core.handlers),
        _engine.Handler(sink=lambda record: 1 // 0, formatter=None, filter=lambda record: 1 // 0),
    )
    info = records.core.levels["INFO"]

    def work() -> None:
        logger = records.logger.bind(a=1, b="text").patch(lambda record: record["extra"].update(c=3))
        with bound_contextvars(d=4):
            for _ in range(200):
                logger.info("{used} {}", 1, used=2, rest=[3], exception="text")
                logger.log("INFO", "text")
                logger._emit(info, "text", origin=(1, "name", "function", "path", 2, "thread", 3, "process", 4))
                try:
                    logger.info("{absent}", a=1)
                except KeyError:
                    pass
        records.clear()
        records.failures.clear()
        gc.collect()

    for _ in range(5):
        work()
    before = resident_bytes()
    for _ in range(20):
        work()
    assert resident_bytes() - before < 1 << 20


def test_a_logger_in_a_circle_is_collected() -> None:
    class Flag:
        pass

    import weakref

    flag = Flag()
    records = Records()
    records.core.handlers = (_engine.Handler(sink=lambda record, keep=(flag, records): None, formatter=None),)
    records.core.report = lambda handler, record: print(records)
    gone = weakref.ref(flag)
    del flag, records
    gc.collect()
    assert gone() is None


# -- contextualize() --


def test_K8_a_generator_that_is_closed_elsewhere_leaves_nothing(records: Records) -> None:
    def generate() -> Iterator[int]:
        with records.logger.contextualize(g=1) as logger:
            assert logger is records.logger
            yield 1

    generator = generate()
    next(generator)
    thread = threading.Thread(target=generator.close)  # type: ignore[attr-defined]
    thread.start()
    thread.join()
    records.logger.info("text")
    assert records.extras == [{}]


def test_contextualize_as_decorator(records: Records) -> None:
    @records.logger.contextualize(a=1)
    def act() -> None:
        records.logger.info("inside")

    act()
    act()
    records.logger.info("outside")
    assert records.extras == [{"a": 1}, {"a": 1}, {}]
    with pytest.raises(TypeError, match=r"contextualize\(\) takes keyword arguments only"):
        records.logger.contextualize(1)  # type: ignore[call-arg]
