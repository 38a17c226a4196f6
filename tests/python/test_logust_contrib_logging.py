"""Records of the standard library's logging reach a record logger whole, once, and as they were."""

from __future__ import annotations

import copy
import logging
import logging.handlers
import os
import pickle
import queue
import threading
from collections.abc import Iterator
from datetime import datetime

import pytest
from logust_records import Records, fields_of, kept_records

from cleat.loguru import logger as loguru_logger
from cleat.logust import Logger, LogLevel, logger
from cleat.logust._logust import PyLogger
from cleat.logust.contrib import InterceptHandler, intercept_logging

HERE = os.path.basename(__file__)


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """What pytest itself has there, too."""
    root = logging.getLogger()
    loggers = [root, *(each for each in root.manager.loggerDict.values() if isinstance(each, logging.Logger))]
    before = [(each, each.handlers, each.level, each.propagate) for each in loggers]
    yield
    for each in [each for each in root.manager.loggerDict.values() if isinstance(each, logging.Logger)]:
        each.handlers, each.propagate = [], True
        each.setLevel(logging.NOTSET)
    for each, handlers, level, propagate in before:
        each.handlers, each.propagate = handlers, propagate
        each.setLevel(level)


@pytest.fixture
def records() -> Iterator[Records]:
    with kept_records() as kept:
        yield kept


@pytest.fixture
def log() -> logging.Logger:
    """A logger of the standard library's whose records go to ours only."""
    log = logging.getLogger("tests.intercepted")
    log.handlers, log.propagate = [InterceptHandler()], False
    log.setLevel(1)
    return log


def made(**attributes: object) -> logging.LogRecord:
    return logging.makeLogRecord({"name": "far", "levelname": "INFO", "levelno": 20, "msg": "made", **attributes})


class TestWhatARecordSays:
    def test_message_with_its_arguments(self, log, records):
        log.info("%s of %d", "one", 2)
        log.info("{braces} %% stay")
        log.info("{braces} %s", "{too}")
        assert records.messages() == ["one of 2", "{braces} %% stay", "{braces} {too}"]

    def test_name_and_place_are_those_of_the_call(self, log, records):
        log.warning("here")
        record = records.only()
        assert (record["name"], record["function"], record["file"]) == (
            "tests.intercepted",
            "test_name_and_place_are_those_of_the_call",
            HERE,
        )
        assert record["line"] == self.test_name_and_place_are_those_of_the_call.__code__.co_firstlineno + 1

    def test_a_helper_s_caller_with_stacklevel(self, log, records):
        def helper():
            log.warning("here", stacklevel=2)

        helper()
        assert records.only()["function"] == "test_a_helper_s_caller_with_stacklevel"

    def test_thread_process_and_time_are_those_of_the_record(self, records):
        InterceptHandler().handle(
            made(created=1_000_000_000.25, threadName="worker", thread=77, processName="Pool-1", process=4711)
        )
        record = records.only()
        assert (record["thread_name"], record["thread_id"]) == ("worker", 77)
        assert (record["process_name"], record["process_id"]) == ("Pool-1", 4711)
        assert datetime.fromisoformat(record["timestamp"]).timestamp() == 1_000_000_000.25

    def test_what_a_record_does_not_say_is_found_out(self, records):
        InterceptHandler().handle(made(threadName=None, thread=None, processName=None, process=None))
        record = records.only()
        assert record["thread_id"] == threading.get_ident() and record["process_id"] == os.getpid()
        assert record["process_name"] == "MainProcess"

    @pytest.mark.parametrize("name", ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"])
    def test_levels(self, log, records, name):
        log.log(getattr(logging, name), "at it")
        assert records.only()["level"] == name
        assert records.only()["level_no"] == getattr(logging, name)

    def test_a_level_that_the_logger_knows_too_is_the_logger_s(self, records):
        InterceptHandler().handle(made(levelname="SUCCESS", levelno=21))
        assert (records.only()["level"], records.only()["level_no"]) == ("SUCCESS", logger.level("SUCCESS").no)

    @pytest.mark.parametrize(("name", "number"), [("NOTICE-OF-MINE", 26), ("Level 17", 17)])
    def test_a_level_that_it_does_not_know_stays_what_it_is(self, records, name, number):
        InterceptHandler().handle(made(levelname=name, levelno=number))
        assert (records.only()["level"], records.only()["level_no"]) == (name, number)

    def test_extra_gives_fields_with_their_types(self, log, records):
        log.info("x", extra={"order": 7, "ratio": 0.5, "tags": ["a"], "color_message": "\x1b[1mx"})
        assert fields_of(records.only()) == {"order": 7, "ratio": 0.5, "tags": ["a"]}

    def test_the_context_s_fields_are_there(self, log, records):
        with logger.contextualize(request_id="r-1"):
            log.info("x", extra={"order": 7})
        assert fields_of(records.only()) == {"order": 7, "request_id": "r-1"}


class TestExceptions:
    def test_an_exception_comes_with_its_traceback(self, log, records):
        try:
            raise ZeroDivisionError("by zero")
        except ZeroDivisionError:
            log.exception("failed")
        text = records.only()["exception"]
        assert "ZeroDivisionError: by zero" in text and HERE in text
        assert records.only()["level"] == "ERROR"

    def test_exc_info_without_an_exception_is_nothing(self, log, records):
        log.info("x", exc_info=True)
        assert records.only()["exception"] is None

    def test_the_text_that_is_left_behind_a_socket(self, records):
        InterceptHandler().handle(made(exc_text="Traceback ...\nValueError: far"))
        assert records.only()["exception"] == "Traceback ...\nValueError: far"

    def test_a_stack(self, log, records):
        log.info("x", stack_info=True)
        text = records.only()["exception"]
        assert text.startswith("Stack (most recent call last):") and "in test_a_stack" in text

    def test_an_exception_and_a_stack(self, log, records):
        try:
            raise ValueError("bad")
        except ValueError:
            log.error("x", exc_info=True, stack_info=True)
        text = records.only()["exception"]
        assert text.index("ValueError: bad") < text.index("Stack (most recent call last):")


class TestNeitherLostNorDoubled:
    def test_a_record_that_meets_two_handlers_is_one_line(self, log, records):
        child = log.getChild("child")
        child.handlers = [InterceptHandler()]
        child.info("x")
        assert records.messages() == ["x"]
        assert fields_of(records.only()) == {}

    def test_handlers_of_different_loggers_get_one_each(self, log, records):
        mine = []
        own = Logger(PyLogger(LogLevel.Trace))
        own.disable()
        own.add_callback(mine.append)
        log.addHandler(InterceptHandler(own))
        log.info("x")
        assert records.messages() == ["x"] and [record["message"] for record in mine] == ["x"]

    def test_a_copy_of_a_record_that_was_logged_in_another_process_is_logged(self, log, records):
        log.handlers.append(keeper := Keeper())
        log.info("x")
        read_end, write_end = os.pipe()
        if (child := os.fork()) == 0:
            again = pickle.loads(pickle.dumps(copy.copy(keeper.kept[0])))
            InterceptHandler().handle(again)
            os.write(write_end, str(len(records)).encode())
            os._exit(0)
        os.waitpid(child, 0)
        assert os.read(read_end, 10) == b"2"
        os.close(read_end)
        os.close(write_end)

    def test_through_a_queue(self, records):
        waiting: queue.Queue[logging.LogRecord] = queue.Queue()
        listener = logging.handlers.QueueListener(waiting, InterceptHandler())
        log = logging.getLogger("tests.queued")
        log.handlers, log.propagate = [logging.handlers.QueueHandler(waiting)], False
        listener.start()
        thread = threading.Thread(target=log.warning, args=("from %s", "afar"), name="far-thread")
        thread.start()
        thread.join()
        listener.stop()
        record = records.only()
        assert (record["message"], record["thread_name"], record["name"]) == ("from afar", "far-thread", "tests.queued")

    def test_from_many_threads(self, log, records):
        def work(number):
            for i in range(200):
                log.info("%d-%d", number, i)

        threads = [threading.Thread(target=work, args=[number]) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(records.messages()) == sorted(f"{n}-{i}" for n in range(8) for i in range(200))

    def test_k17_a_sink_that_logs_through_logging_itself_comes_to_an_end(self, log, records, capsys):
        """The sink gets what it logs, too; somewhere that has to end."""
        number = logger.add(lambda message: log.info("sent: %s", "it"), level="INFO")
        try:
            log.info("x")
            log.info("y")
        finally:
            logger.remove(number)
        assert {"x", "y", "sent: it"} == set(records.messages())
        assert records.messages().count("x") == records.messages().count("y") == 1

    def test_k17_what_cannot_be_formatted_is_reported_and_raises_nothing(self, records, capsys, monkeypatch):
        monkeypatch.setattr(logging, "raiseExceptions", True)  # tests of random programs want no reports
        InterceptHandler().handle(made(msg="%d", args=("no number",)))
        InterceptHandler().handle(made(msg="next"))
        assert records.messages() == ["next"]
        assert "--- Logging error ---" in capsys.readouterr().err

    def test_a_record_below_all_levels_is_not_formatted(self):
        class Asked:
            def __str__(self):
                asked.append(self)
                return ""

        asked: list[Asked] = []
        logger.remove()
        number = logger.add_callback(lambda record: None, level="ERROR")
        InterceptHandler().handle(made(msg="%s", args=(Asked(),)))
        assert asked == []
        InterceptHandler().handle(made(msg="%s", args=(Asked(),), levelno=40, levelname="ERROR"))
        assert len(asked) == 1
        logger.remove_callback(number)

    def test_a_logger_of_the_standard_library_may_be_switched_off_by_name(self, log, records):
        logger.disable("tests.intercepted")
        try:
            log.info("no")
            log.getChild("inner").info("no")
            InterceptHandler().handle(made(name="tests.other", msg="yes"))
        finally:
            logger.enable("tests.intercepted")
        log.info("yes, too")
        assert records.messages() == ["yes", "yes, too"]

    def test_filters_of_the_handler(self, log, records):
        log.handlers[0].addFilter(lambda record: record.msg != "no")
        log.info("no")
        log.info("yes")
        assert records.messages() == ["yes"]


class TestInterceptLogging:
    def test_all_loggers_there_are_hand_on_and_nothing_else_writes(self, records, capfd):
        noisy = logging.getLogger("tests.noisy.inner")
        noisy.addHandler(logging.StreamHandler())
        noisy.propagate = False
        noisy.setLevel(logging.WARNING)
        intercept_logging()
        noisy.info("below its level")
        noisy.warning("one")
        logging.getLogger("tests.made.later").debug("two")
        logging.getLogger().info("three")
        assert records.messages() == ["one", "two", "three"]
        assert [record["name"] for record in records] == ["tests.noisy.inner", "tests.made.later", "root"]
        assert capfd.readouterr().err == ""

    def test_level(self, records):
        intercept_logging(level=logging.WARNING)
        logging.getLogger("tests.any").info("no")
        intercept_logging(level="INFO")
        logging.getLogger("tests.any").info("yes")
        assert records.messages() == ["yes"]

    def test_target(self, records):
        mine = []
        own = Logger(PyLogger(LogLevel.Trace))
        own.disable()
        own.add_callback(mine.append)
        intercept_logging(target=own)
        logging.getLogger("tests.any").info("x")
        assert records == [] and [record["message"] for record in mine] == ["x"]

    def test_loguru_s_logger_as_target(self, records):
        lines = []
        number = loguru_logger.add(lines.append, format="{name}:{function} {level} {message} {extra}")
        intercept_logging(target=loguru_logger.bind(bound=1))
        try:
            logging.getLogger("tests.any").log(17, "x %s", "{}", extra={"given": 2})
        finally:
            loguru_logger.remove(number)
        assert records == []
        assert lines == [
            "tests.any:test_loguru_s_logger_as_target Level 17 x {} {'bound': 1, 'given': 2}\n"
        ]

    def test_a_target_s_fields_are_on_the_lines(self, records):
        intercept_logging(target=logger.bind(source="logging"))
        logging.getLogger("tests.any").info("x")
        assert fields_of(records.only()) == {"source": "logging"}

    def test_twice_is_once(self, records):
        intercept_logging()
        intercept_logging()
        logging.getLogger("tests.any").info("x")
        assert records.messages() == ["x"]

    def test_what_former_handlers_have_kept_back_is_written(self, records):
        keeper = Keeper()
        log = logging.getLogger("tests.buffered")
        log.addHandler(logging.handlers.MemoryHandler(100, target=keeper))
        log.warning("kept back")
        intercept_logging()
        assert [record.getMessage() for record in keeper.kept] == ["kept back"]


class Keeper(logging.Handler):
    def __init__(self):
        super().__init__()
        self.kept = []

    def emit(self, record):
        self.kept.append(record)
