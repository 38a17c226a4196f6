"""A line that the engine makes from beginning to end is the one that the processors, called one by one, would make."""

from __future__ import annotations

import datetime
import decimal
import enum
import io
import json
import math
import random
import re
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import freezegun
import orjson
import pytest
import time_machine

import cleat.structlog as structlog
from cleat.structlog import contextvars, dev, processors
from process_memory import resident_bytes

FILTERING = structlog.make_filtering_bound_logger(0)


class Colour(enum.Enum):
    RED = "red"


class Text(str):
    pass


class Shown:
    def __structlog__(self) -> dict[str, int]:
        return {"shown": 1}


class Unshowable:
    def __repr__(self) -> str:
        raise LookupError("no repr today")


TEXTS = [
    "", "a", "short", "x" * 7, "x" * 8, "x" * 15, "x" * 16, "x" * 17, "x" * 5000, 'say "hi"', "back\\slash", "two\nlines",
    "tab\tbell\x07nul\x00esc\x1b", "del\x7f", "\x80\x9f", "é", "naïve café", "\u2028\u2029\u202e\u200f\u061c\u2066", "日本語",
    "😀", "a😀b\x1fc", "\ufeff\uffff", "\ud800", "ends with\ud800",
]
NUMBERS = [
    0, 1, -1, 9, 10, 99, 100, 9999, 10000, 2**31, 2**53, 2**63 - 1, -(2**63), 2**63, 2**64 - 1, 2**64, -(2**63) - 1, 10**30,
    0.0, -0.0, 1.0, -1.5, 0.1, 1 / 3, 1e15, 1e16, 1.5e16, 1e17, 1e22, 1e-4, 9.99e-5, 1e-5, 1e-7, 5e-324, sys.float_info.max,
    123456.789, 0.001, 1e9, math.nan, math.inf, -math.inf,
]
OTHERS = [
    None, True, False, b"bytes", bytearray(b"x"), (1, 2), [1, [2, {"a": None}]], {"a": {"b": 1.5}}, {}, [], {"k": math.nan},
    Colour.RED, Text("sub-class"), uuid.UUID(int=7), decimal.Decimal("1.10"), datetime.datetime(2026, 1, 2, 3, 4, 5, 678),
    datetime.date(2026, 1, 2), {1, }, Shown(), object, range(3), Exception("boom"), {1: 2}, {Text("k"): 1},
]  # fmt: skip
VALUES = TEXTS + NUMBERS + OTHERS

KEYS = [
    "a", "b", "method", "path", "status", "level", "timestamp", "message", "schlüssel", "with space", "new\nline", 'q"', "del\x7f",
    "\u2028", "x" * 40, "nul\x00", "\ud800", "exc_info", "",
]  # fmt: skip


def called(processor: Any) -> Callable[..., Any]:
    """The processor as one that is none of Cleat's own: it is called."""
    return lambda logger, method, event: processor(logger, method, event)


def outcome(chain: list[Any], bound: dict[str, Any], surrounding: dict[str, Any], calls: list[tuple[str, Any, dict[str, Any]]],
            binary: bool) -> list[Any]:  # fmt: skip
    """What each call writes, or raises."""
    file: Any = io.BytesIO() if binary else io.StringIO()
    logger = structlog.BytesLogger(file) if binary else structlog.PrintLogger(file)
    log = FILTERING(logger, chain, {}).bind(**bound)
    outcomes: list[Any] = []
    with contextvars.bound_contextvars(**surrounding):
        for method, event, fields in calls:
            file.seek(0)
            file.truncate()
            try:
                returned = getattr(log, method)(event, **fields)
            except Exception as error:
                returned = (type(error), str(error))
            outcomes.append((returned, file.getvalue()))
    return outcomes


TIMESTAMP = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")


def without_time(outcomes: list[Any]) -> list[Any]:
    """The time of each call is another one; what it looks like is not."""

    def mask(text: Any) -> Any:
        if isinstance(text, bytes):
            return mask(text.decode("utf-8", "surrogateescape"))
        return TIMESTAMP.sub("<time>", text)

    return [(returned, mask(text)) for returned, text in outcomes]


JSON = {
    "json": lambda: processors.JSONRenderer(),
    "json sorted": lambda: processors.JSONRenderer(sort_keys=True),
    "json not ascii": lambda: processors.JSONRenderer(ensure_ascii=False),
    "json compact": lambda: processors.JSONRenderer(separators=(",", ":")),
    "json default": lambda: processors.JSONRenderer(default=str),
    "json indented": lambda: processors.JSONRenderer(indent=1),
    "orjson": lambda: processors.JSONRenderer(serializer=orjson.dumps),
    "orjson sorted": lambda: processors.JSONRenderer(serializer=orjson.dumps, option=orjson.OPT_SORT_KEYS),
}

CHAINS: dict[str, Callable[[], list[Any]]] = {
    "renderer alone": lambda: [],
    "usual": lambda: [contextvars.merge_contextvars, processors.add_log_level, processors.TimeStamper(fmt="iso")],
    "time first": lambda: [processors.TimeStamper(fmt="ISO", key="at"), contextvars.merge_contextvars],
    "level twice": lambda: [processors.add_log_level, contextvars.merge_contextvars, processors.add_log_level],
    "renamed": lambda: [processors.add_log_level, processors.EventRenamer("message"), contextvars.merge_contextvars],
    "renamed and replaced": lambda: [processors.EventRenamer("message", "a")],
    "exceptions": lambda: [
        contextvars.merge_contextvars, processors.add_log_level, processors.StackInfoRenderer(), dev.set_exc_info,
        processors.format_exc_info, processors.UnicodeDecoder(),
    ],
    "idle": lambda: [dev.set_exc_info, processors.format_exc_info, processors.StackInfoRenderer()],
    "python in the middle": lambda: [
        contextvars.merge_contextvars, lambda logger, method, event: {**event, "from": method}, processors.add_log_level,
    ],
}  # fmt: skip


def any_fields(random: random.Random, most: int) -> dict[str, Any]:
    keys = random.sample(KEYS, random.randint(0, most))
    return {key: random.choice(VALUES) for key in keys}


def any_calls(random: random.Random) -> list[tuple[str, Any, dict[str, Any]]]:
    methods = ["debug", "info", "warning", "warn", "error", "critical", "msg", "exception"]
    events = [*TEXTS, None, 5, Text("event")]
    return [(random.choice(methods), random.choice(events), any_fields(random, 6)) for _ in range(6)]


@pytest.mark.parametrize("renderer", JSON)
@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("seed", range(6))
def test_is_what_called_processors_make(chain: str, renderer: str, seed: int) -> None:
    chooser = random.Random(f"{chain} {renderer} {seed}")
    for _ in range(12):
        chain_of_ours = [*CHAINS[chain](), JSON[renderer]()]
        bound, surrounding, calls = any_fields(chooser, 3), any_fields(chooser, 3), any_calls(chooser)
        binary = renderer.startswith("orjson") != (chooser.random() < 0.1)
        ours = outcome(chain_of_ours, bound, surrounding, calls, binary)
        plain = outcome([called(processor) for processor in chain_of_ours], bound, surrounding, calls, binary)
        assert without_time(ours) == without_time(plain), (bound, surrounding, calls)


@pytest.mark.parametrize("renderer", JSON)
def test_each_value_alone(renderer: str) -> None:
    binary = renderer.startswith("orjson")
    calls = [("info", "text", {"key": value}) for value in VALUES] + [("info", text, {}) for text in TEXTS]
    chain = [contextvars.merge_contextvars, JSON[renderer]()]
    assert repr(outcome(chain, {}, {}, calls, binary)) == repr(outcome([called(p) for p in chain], {}, {}, calls, binary))
    for value in VALUES:
        ours = outcome(chain, {"bound": value}, {"surrounding": value}, [("info", "text", {})] * 3, binary)
        plain = outcome([called(p) for p in chain], {"bound": value}, {"surrounding": value}, [("info", "text", {})] * 3, binary)
        assert repr(ours) == repr(plain), value


def test_random_doubles_and_integers() -> None:
    chooser = random.Random(1)
    calls: list[tuple[str, Any, dict[str, Any]]] = []
    for _ in range(3000):
        magnitude = 10.0 ** chooser.randint(-12, 20)
        calls.append(("info", "n", {"a": chooser.random() * magnitude, "b": chooser.randint(-(2**66), 2**66),
                                    "c": round(chooser.uniform(-1e6, 1e6), chooser.randint(0, 6))}))  # fmt: skip
    for renderer in ("json", "orjson"):
        chain = [JSON[renderer]()]
        binary = renderer == "orjson"
        assert outcome(chain, {}, {}, calls, binary) == outcome([called(p) for p in chain], {}, {}, calls, binary)


def test_the_stack_is_that_of_the_call() -> None:
    file = io.StringIO()
    log = FILTERING(structlog.PrintLogger(file), [*CHAINS["idle"](), processors.JSONRenderer()], {})
    log.info("text", stack_info=True)
    log.info("text", stack_info=False)
    log.bind(stack_info=True).info("text")
    with contextvars.bound_contextvars(stack_info=True):
        log.info("text")
    shown, hidden, bound, merged = lines_of(file)
    assert shown["stack"].splitlines()[-1].strip() == 'log.info("text", stack_info=True)'
    assert hidden == {"event": "text"} and merged == {"event": "text"}
    assert set(bound) == {"event", "stack"}


# -- that it is used, and that it notices --


def functions_called(log: Callable[[], None]) -> list[str]:
    """The Python functions that run meanwhile."""
    names: list[str] = []
    sys.setprofile(lambda frame, event, arg: names.append(frame.f_code.co_name) if event == "call" else None)
    try:
        log()
    finally:
        sys.setprofile(None)
    return [name for name in names if name != "<lambda>"]


@pytest.fixture
def null() -> Iterator[Any]:
    with open("/dev/null", "wb") as file:
        yield file


def usual_chain(**options: Any) -> list[Any]:
    return [contextvars.merge_contextvars, processors.add_log_level, processors.TimeStamper(fmt="iso"),
            processors.JSONRenderer(**options)]  # fmt: skip


def test_an_ordinary_line_runs_no_python_code(null: Any) -> None:
    log = FILTERING(structlog.BytesLogger(null), usual_chain(serializer=orjson.dumps), {}).bind(user="u-1")
    with contextvars.bound_contextvars(request_id="r-1"):
        log.info("first", n=1)  # the first one looks what the file is like
        assert functions_called(lambda: log.info("second", n=1, path="/orders", took=0.25, ok=True, no=None)) == []
        assert functions_called(lambda: log.info("second %d", 5)) == []


@pytest.mark.parametrize("method", ["debug", "info", "warning", "warn", "error", "critical", "msg", "exception", "other"])
def test_lines_of_a_generic_logger(method: str) -> None:
    """Its methods are whatever the wrapped logger has."""

    def line_of(chain: list[Any]) -> Any:
        logger = structlog.testing.CapturingLogger()
        getattr(structlog.BoundLogger(logger, chain, {}).bind(a=1), method)("text", b=2)
        return logger.calls

    chain = [*CHAINS["exceptions"](), processors.JSONRenderer()]
    assert line_of(chain) == line_of([called(processor) for processor in chain])


@pytest.mark.parametrize("cached", [True, False])
def test_a_line_of_a_lazy_proxy_runs_no_python_code_either(null: Any, cached: bool) -> None:
    structlog.configure(usual_chain(serializer=orjson.dumps), logger_factory=structlog.BytesLoggerFactory(null),
                        cache_logger_on_first_use=cached)  # fmt: skip
    try:
        log = structlog.get_logger(user="u-1")
        log.info("first")
        assert functions_called(lambda: log.info("second", n=1)) == []
    finally:
        structlog.reset_defaults()


def lines_of(file: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.getvalue().splitlines()]


def test_a_chain_that_is_edited_in_place_is_noticed() -> None:
    file = io.StringIO()
    chain = usual_chain()
    log = FILTERING(structlog.PrintLogger(file), chain, {})
    log.info("one")
    chain.insert(0, lambda logger, method, event: {**event, "added": True})
    log.info("two")
    del chain[0]
    chain[2] = processors.TimeStamper(fmt=None, key="unix")
    log.info("three")
    one, two, three = lines_of(file)
    assert "added" not in one and two["added"] is True
    assert isinstance(three["unix"], float) and "timestamp" not in three


def test_a_context_that_others_have_may_change() -> None:
    file = io.StringIO()
    log = FILTERING(structlog.PrintLogger(file), [processors.JSONRenderer()], {}).bind(a=1)
    log.info("one")
    context = structlog.get_context(log)
    log.info("two")
    context["a"] = 2
    log.info("three", b=3)
    del context
    log.info("four")
    structlog.get_context(log)["a"] = 4
    log.info("five")
    log._context = {"new": 1}
    log.info("six")
    assert [{k: v for k, v in line.items() if k != "event"} for line in lines_of(file)] == [
        {"a": 1}, {"a": 1}, {"a": 2, "b": 3}, {"a": 2}, {"a": 4}, {"new": 1},
    ]  # fmt: skip


def test_a_frozen_clock_is_the_clock() -> None:
    file = io.StringIO()
    chain = [processors.TimeStamper(fmt="iso"), processors.TimeStamper(fmt=None, key="unix"), processors.JSONRenderer()]
    log = FILTERING(structlog.PrintLogger(file), chain, {})
    moment = datetime.datetime(2001, 2, 3, 4, 5, 6, tzinfo=datetime.timezone.utc)
    with freezegun.freeze_time(moment):
        log.info("frozen")
    with time_machine.travel(moment, tick=False):
        log.info("travelled")
    before = time.time()
    log.info("now")
    frozen, travelled, now = lines_of(file)
    assert frozen["timestamp"] == travelled["timestamp"] == "2001-02-03T04:05:06Z"
    assert frozen["unix"] == travelled["unix"] == moment.timestamp()
    assert before - 1 < now["unix"] < time.time() + 1
    assert abs(datetime.datetime.fromisoformat(now["timestamp"].replace("Z", "+00:00")).timestamp() - now["unix"]) < 1


def test_a_method_of_a_sub_class_is_called() -> None:
    seen = []

    class Mine(FILTERING):  # type: ignore[valid-type, misc]
        def _proxy_to_logger(self, method_name: str, event: str | None = None, **fields: Any) -> Any:
            seen.append((method_name, event, fields))
            return super()._proxy_to_logger(method_name, event, **fields)

    file = io.StringIO()
    log = Mine(structlog.PrintLogger(file), [processors.JSONRenderer()], {})
    log.info("text", a=1)
    assert seen == [("info", "text", {"a": 1})]
    assert lines_of(file) == [{"a": 1, "event": "text"}]
    other = FILTERING(structlog.PrintLogger(file), [processors.JSONRenderer()], {})
    other._proxy_to_logger = lambda *args, **fields: seen.append("instance")
    other.info("text")
    assert seen[1:] == ["instance"]


def test_wrong_calls() -> None:
    log = FILTERING(structlog.PrintLogger(io.StringIO()), usual_chain(), {})
    quiet = structlog.make_filtering_bound_logger(50)(structlog.PrintLogger(io.StringIO()), usual_chain(), {})
    for logger in (log, quiet):
        with pytest.raises(TypeError, match="missing 1 required positional argument: 'event'"):
            logger.info()
        with pytest.raises(TypeError, match="multiple values for argument 'event'"):
            logger.info("a", **{"event": "b"})
    with pytest.raises(TypeError, match="multiple values for argument 'method_name'"):
        log.info("a", method_name="b")
    with pytest.raises(TypeError, match="not all arguments converted"):
        log.info("a", 1)


def test_the_exception_of_a_value_comes_through() -> None:
    file = io.StringIO()
    log = FILTERING(structlog.PrintLogger(file), usual_chain(), {})
    with pytest.raises(LookupError, match="no repr today"):
        log.info("a", value=Unshowable())
    log.info("b")
    assert [line["event"] for line in lines_of(file)] == ["b"]


def test_keys_made_at_run_time() -> None:
    file = io.StringIO()
    log = FILTERING(structlog.PrintLogger(file), [processors.JSONRenderer()], {})
    expected = []
    for number in range(5000):
        fields = {f"key {number}": number, f"other{number % 7}": None}
        log.info("text", **fields)
        expected.append({**fields, "event": "text"})
    assert lines_of(file) == expected


# -- memory --


def test_lines_leave_nothing_behind(null: Any) -> None:
    """Whether something is left does not depend on how many they are: the count is that of blocks, which is exact."""
    log = FILTERING(structlog.BytesLogger(null), usual_chain(serializer=orjson.dumps), {})
    values = [object(), "text" * 10, 10**18, [1], {"a": 1}]

    def some_lines(count: int) -> None:
        for number in range(count):
            bound = log.bind(number=number, value=values[number % 5])
            bound.info("text %d", number, a="x", b=number * 1.5, c=values[number % 3])
            bound.unbind("value").warning("again", d=values[number % 5])
            log.info("once more", key=f"{number}")

    references = [sys.getrefcount(value) for value in values]
    some_lines(3000)
    blocks = sys.getallocatedblocks()
    some_lines(20_000)
    assert sys.getallocatedblocks() - blocks < 500
    assert [sys.getrefcount(value) for value in values] == references


def test_chains_that_are_out_of_use_are_let_go(null: Any) -> None:
    import weakref

    class Step:
        def __call__(self, logger: Any, method_name: str, event_dict: Any) -> Any:
            return event_dict

    def use_a_chain() -> weakref.ref[Step]:
        step = Step()
        FILTERING(structlog.BytesLogger(null), [step, processors.JSONRenderer(serializer=orjson.dumps)], {}).info("x")
        return weakref.ref(step)

    steps = [use_a_chain() for _ in range(60)]
    assert sum(step() is not None for step in steps) <= 8  # the chains that were used last are kept


@pytest.mark.heavy
def test_ten_million_lines_do_not_grow_the_process(null: Any) -> None:
    log = FILTERING(structlog.BytesLogger(null), usual_chain(serializer=orjson.dumps), {})

    def some_lines(count: int) -> None:
        for number in range(count):
            log.info("text", number=number, a="x", b=number * 1.5, c=None)

    some_lines(100_000)
    before = resident_bytes()
    some_lines(10_000_000)
    assert resident_bytes() - before < 2_000_000


def test_cycles_are_collected() -> None:
    import gc
    import weakref

    class Tracked:
        pass

    def make() -> weakref.ref[Tracked]:
        tracked = Tracked()
        chain: list[Any] = [lambda logger, method, event: event, processors.JSONRenderer()]
        log = FILTERING(structlog.PrintLogger(io.StringIO()), chain, {}).bind(tracked=tracked)
        tracked.log = log  # type: ignore[attr-defined]
        chain.append(log.info)
        chain.pop()
        log.info("text")
        return weakref.ref(tracked)

    reference = make()
    gc.collect()
    assert reference() is None


# -- threads --


def test_threads_share_loggers_and_shapes(tmp_path: Any) -> None:
    path = tmp_path / "threads.log"
    with path.open("wb") as file:
        log = FILTERING(structlog.BytesLogger(file), usual_chain(serializer=orjson.dumps), {}).bind(shared="yes")

        def work(number: int) -> None:
            with contextvars.bound_contextvars(thread=number):
                for line in range(500):
                    log.info("text", line=line, **{f"own{number}": line})
                    log.bind(more=line).info("bound", line=line, text="x" * (line % 50))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert len(lines) == 6 * 1000
    for number in range(6):
        own = [line for line in lines if line["thread"] == number]
        assert [line["line"] for line in own] == [line for line in range(500) for _ in range(2)]
        assert all(line[f"own{number}"] == line["line"] for line in own if line["event"] == "text")
