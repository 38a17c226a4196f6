"""K1 to K4 in Python: keys are unique, their order is a dict's, values keep their type, bind changes nothing."""

from __future__ import annotations

import datetime
import decimal
import enum
import json
import threading
import uuid

import pytest
from log_lines import json_lines

from cleat import structlog
from cleat.structlog.contextvars import bind_contextvars, bound_contextvars


@pytest.fixture
def log():
    with json_lines() as lines:
        yield lines


def unique_pairs(pairs):
    assert len(dict(pairs)) == len(pairs), f"a key comes twice: {pairs}"
    return dict(pairs)


@pytest.fixture(params=["json", "logfmt", "keyvalue"])
def rendered(request):
    """Configures a renderer; gives a function that logs and returns the line."""
    processors = structlog.processors
    renderers = {
        "json": processors.JSONRenderer(),
        "logfmt": processors.LogfmtRenderer(),
        "keyvalue": processors.KeyValueRenderer(),
    }
    written = []
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, processors.add_log_level, renderers[request.param]],
        logger_factory=lambda *args: type("Output", (), {"info": staticmethod(written.append)})(),
    )

    def line(logger=None, event="e", **fields):
        (logger or structlog.get_logger()).info(event, **fields)
        return written.pop()

    yield line
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()


class TestK1KeysAreUnique:
    def test_k1_whatever_binds_it(self, rendered):
        bind_contextvars(a="context")
        line = rendered(structlog.get_logger().bind(a="logger"), a="call")
        assert "call" in line and "logger" not in line and "context" not in line

    def test_k1_on_the_bytes_of_the_line(self, log):
        bind_contextvars(a=1, b=1, level="mine")
        structlog.get_logger().bind(a=2, event="bound").info("said", b=3, c=3)
        lines = log.lines()
        assert lines == [{"a": 2, "b": 3, "c": 3, "event": "said", "level": "info"}]

    def test_k1_no_key_twice_in_the_text(self, rendered):
        bind_contextvars(**{f"k{number}": "v" for number in range(40)})
        logger = structlog.get_logger().bind(**{f"k{number}": "v" for number in range(20, 60)})
        line = rendered(logger, **{f"k{number}": "v" for number in range(50, 70)})
        if line.startswith("{"):
            json.loads(line, object_pairs_hook=unique_pairs)
        keys = [part.partition("=")[0] for part in line.split(" ")] if not line.startswith("{") else []
        assert len(keys) == len(set(keys))


class TestK2OrderIsADicts:
    def test_k2_insertion_order_and_overriding_keeps_the_place(self, log):
        logger = structlog.get_logger().bind(first=1, second=2).bind(first="again", third=3)
        logger.info("e", fourth=4, second="again")
        assert list(log.lines()[0].items()) == [
            ("first", "again"),
            ("second", "again"),
            ("third", 3),
            ("fourth", 4),
            ("event", "e"),
            ("level", "info"),
        ]

    def test_k2_an_unbound_key_loses_its_place(self, log):
        structlog.get_logger().bind(a=1, b=2).unbind("a").bind(a=3).info("e")
        assert list(log.lines()[0])[:2] == ["b", "a"]


class Colour(enum.Enum):
    RED = 1


JSON_VALUES = [None, True, False, 0, -1, 2**63 - 1, -(2**63), 2**64 - 1, 2**200, 1.5, -0.0, 1e300, "text", ""]
JSON_VALUES += [[1, [2]], {"a": {"b": 1}}]
OTHER_VALUES = [uuid.UUID(int=1), decimal.Decimal("1.10"), datetime.datetime(2026, 1, 1), Colour.RED, b"bytes", {1}]


class TestK3ValuesKeepTheirType:
    @pytest.mark.parametrize("value", JSON_VALUES, ids=repr)
    def test_k3_what_json_has(self, log, value):
        bind_contextvars(context=value)
        structlog.get_logger().bind(bound=value).info("e", call=value)
        (line,) = log.lines()
        for key in ("context", "bound", "call"):
            assert line[key] == value and type(line[key]) is type(value)

    @pytest.mark.parametrize("value", OTHER_VALUES, ids=repr)
    def test_k3_what_it_has_not_comes_as_repr(self, log, value):
        bind_contextvars(context=value)
        structlog.get_logger().bind(bound=value).info("e", call=value)
        (line,) = log.lines()
        assert (line["context"], line["bound"], line["call"]) == (repr(value),) * 3

    def test_k3_a_processor_sees_the_very_object(self):
        seen = []
        value = object()

        def look(logger, name, event_dict):
            seen.extend((event_dict["context"], event_dict["bound"], event_dict["call"]))
            raise structlog.DropEvent

        structlog.contextvars.clear_contextvars()
        with bound_contextvars(context=value):
            processors = [structlog.contextvars.merge_contextvars, look]
            logger = structlog.wrap_logger(structlog.PrintLogger(), processors=processors)
            logger.bind(bound=value).info("e", call=value)
        assert [one is value for one in seen] == [True] * 3

    def test_k3_a_bound_value_that_changes_is_shown_as_it_is_now(self, log):
        basket = ["tea"]
        bind_contextvars(context=basket)
        logger = structlog.get_logger().bind(bound=basket)
        logger.info("e")
        basket.append("milk")
        logger.info("e")
        assert [(line["context"], line["bound"]) for line in log.lines()] == [
            (["tea"], ["tea"]),
            (["tea", "milk"], ["tea", "milk"]),
        ]


class TestK4BindChangesNothing:
    def test_k4_the_old_logger_is_as_before(self, log):
        one = structlog.get_logger().bind(a=1)
        two = one.bind(b=2)
        three = two.unbind("a")
        four = two.try_unbind("a", "b")
        for logger in (one, two, three, four):
            logger.info("e")
        fields = [{key: line[key] for key in line if key not in ("event", "level")} for line in log.lines()]
        assert fields == [{"a": 1}, {"a": 1, "b": 2}, {"b": 2}, {}]

    def test_k4_new_begins_with_nothing(self, log):
        structlog.get_logger().bind(a=1).new(c=4).info("e")
        assert log.lines() == [{"c": 4, "event": "e", "level": "info"}]

    def test_k4_unbind_refuses_and_try_unbind_does_not_mind(self, log):
        logger = structlog.get_logger().bind(a=1)
        with pytest.raises(KeyError):
            logger.unbind("absent")
        logger.try_unbind("absent").info("e")
        assert log.lines(a=1)

    def test_k4_one_logger_for_many_threads(self, log):
        logger = structlog.get_logger().bind(shared=True)
        together = threading.Barrier(4, timeout=60)

        def work(name):
            together.wait()
            for number in range(200):
                own = logger.bind(name=name, number=number)
                own.info("e")
                own.unbind("name", "number")

        threads = [threading.Thread(target=work, args=[name]) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for name in "abcd":
            assert [line["number"] for line in log.lines(name=name, shared=True)] == list(range(200))
        logger.info("at the end")
        assert log.lines(event="at the end") == [{"shared": True, "event": "at the end", "level": "info"}]
