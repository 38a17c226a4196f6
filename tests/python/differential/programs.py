"""What a program is, and how one is made from Hypothesis's bytes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from .choices import Choices
from .values import COMMON, any_text, any_value

Pairs = list[tuple[str, str]]
Operation = tuple[Any, ...]
Part = Callable[[Choices], Any]


@dataclasses.dataclass
class Program:
    """All but the operations' names and pairs are Python expressions; interpreter.py says what they may name."""

    chain: list[str]
    wrapper: str
    factory: str
    out: str
    context_class: str
    cached: bool
    made_by: str
    initial: Pairs
    clock: float | None  # the time at which it stands still; None: the real one
    operations: list[Operation]


# --- The chain

USUAL_STEPS = [
    "contextvars.merge_contextvars",
    "processors.add_log_level",
    "processors.TimeStamper(fmt='iso')",
    "processors.TimeStamper(fmt='iso', utc=True)",
    "processors.TimeStamper()",
    "processors.StackInfoRenderer()",
    "processors.format_exc_info",
    "dev.set_exc_info",
]
NATIVE_STEPS = [
    *USUAL_STEPS,
    "threadlocal.merge_threadlocal",
    "stdlib.add_log_level_number",
    "stdlib.add_logger_name",
    "stdlib.filter_by_level",
    "stdlib.PositionalArgumentsFormatter()",
    "stdlib.PositionalArgumentsFormatter(remove_positional_args=False)",
    "stdlib.ExtraAdder()",
    "stdlib.ExtraAdder(['a', 'b'])",
    "processors.TimeStamper(fmt='iso', utc=False)",
    "processors.TimeStamper(fmt='iso', key='a')",
    "processors.TimeStamper(fmt=None, key='event')",
    "processors.MaybeTimeStamper(fmt='iso')",
    "processors.EventRenamer('msg')",
    "processors.EventRenamer('msg', 'a')",
    "processors.EventRenamer('a')",
    "processors.UnicodeDecoder()",
    "processors.UnicodeEncoder()",
    "processors.dict_tracebacks",
    "processors.ExceptionPrettyPrinter(out)",
    "processors.CallsiteParameterAdder({processors.CallsiteParameter.LINENO})",
    "processors.CallsiteParameterAdder([processors.CallsiteParameter.FUNC_NAME, processors.CallsiteParameter.MODULE,"
    " processors.CallsiteParameter.FILENAME, processors.CallsiteParameter.PATHNAME])",
]
OWN_STEPS = [
    "own.look", "own.look", "own.look", "own.drop_x", "own.set_a", "own.delete_a", "own.new_dictionary", "own.fail",
    "own.log_again", "own.bind_more", "own.sort", "own.to_text", "own.to_number", "own.to_none", "own.own_dictionary",
]  # fmt: skip
RENDERERS = [
    "processors.JSONRenderer()",
    "processors.JSONRenderer()",
    "processors.JSONRenderer(sort_keys=True)",
    "processors.JSONRenderer(serializer=orjson.dumps)",
    "processors.JSONRenderer(serializer=orjson.dumps)",
    "processors.JSONRenderer(orjson.dumps, option=orjson.OPT_SORT_KEYS)",
    "processors.JSONRenderer(ensure_ascii=False)",
    "processors.JSONRenderer(indent=1)",
    "processors.JSONRenderer(separators=(',', ':'))",
    "processors.JSONRenderer(allow_nan=False)",
    "processors.JSONRenderer(skipkeys=True)",
    "processors.JSONRenderer(default=repr)",
    "processors.JSONRenderer(serializer=lambda fields, **options: repr(fields))",
    "processors.KeyValueRenderer()",
    "processors.KeyValueRenderer(sort_keys=True)",
    "processors.KeyValueRenderer(key_order=['event', 'b'])",
    "processors.KeyValueRenderer(key_order=['b', 'nowhere'], drop_missing=True, sort_keys=True)",
    "processors.KeyValueRenderer(repr_native_str=False)",
    "processors.LogfmtRenderer()",
    "processors.LogfmtRenderer(sort_keys=True)",
    "processors.LogfmtRenderer(key_order=['event', 'b'], drop_missing=True)",
    "processors.LogfmtRenderer(bool_as_flag=False)",
    "dev.ConsoleRenderer(colors=False)",
    "dev.ConsoleRenderer(colors=True)",
    "dev.ConsoleRenderer(colors=False, pad_event_to=3, sort_keys=False, repr_native_str=True)",
    "stdlib.render_to_log_kwargs",
    "stdlib.render_to_log_args_and_kwargs",
    "stdlib.ProcessorFormatter.wrap_for_formatter",
]


def any_chain(choices: Choices) -> list[str]:
    if choices.below(2) == 0:
        steps = [choices.of(USUAL_STEPS) for _ in range(choices.below(5))]
        usual = [*RENDERERS[:6], "processors.KeyValueRenderer()", "processors.LogfmtRenderer()"]
        return [*dict.fromkeys(steps), choices.of(usual)]
    steps = [choices.of(choices.of([NATIVE_STEPS, OWN_STEPS])) for _ in range(choices.below(6))]
    return steps + ([choices.of(RENDERERS)] if choices.below(8) < 7 else [])


# --- Loggers and where their lines go

WRAPPERS = [
    "structlog.make_filtering_bound_logger(0)",
    "structlog.make_filtering_bound_logger('info')",
    "structlog.make_filtering_bound_logger(30)",
    "structlog.make_filtering_bound_logger('CRITICAL')",
    "structlog.BoundLogger",
    "stdlib.BoundLogger",
    "own.subclass_of(structlog.make_filtering_bound_logger(0))",
    "None",
]
FACTORIES = [
    "structlog.PrintLoggerFactory(out)",
    "structlog.PrintLoggerFactory()",
    "structlog.WriteLoggerFactory(out)",
    "structlog.BytesLoggerFactory(binary)",
    "structlog.ReturnLoggerFactory()",
    "structlog.testing.CapturingLoggerFactory()",
    "stdlib.LoggerFactory()",
    "own.logger_factory",
]
OUTS = ["file()", "file()", "file(encoding='ascii')", "file(buffering=1)", "memory()", "only_write()", "closed()"]
CONTEXT_CLASSES = ["dict", "dict", "collections.OrderedDict", "Table", "threadlocal.wrap_dict(dict)", "None"]

CLOCKS = [None, None, 1767323045.678901, 1767323045.0, 1767323045.5, 0.000001, -0.5, 4102444800.25]

# --- Operations

KEYS = ["a", "b", "c", "d", "request_id", "level", "timestamp", "log_level", "exception", "stack", "logger", "msg"]
ODD_KEYS = [
    "é", "with space", "", "x=y", 'quo"te', "new\nline", "exc_info", "stack_info", "positional_args", "_record",
    "extra", "_from_structlog", "\ud800", "\x1b[1m", "name", "k" * 40, "args", "kw", "method_name", "logger_name",
    "_logger",
]  # fmt: skip
CLASHING_KEYS = ["event", "new_values", "level"]  # not "self", which Cleat binds like any other field

METHODS = ["info", "debug", "warning", "error", "critical", "msg", "warn", "fatal", "exception", "nowhere", "failure"]
EVENTS = ["'hello'", "'x'", "'%s'", "'%d'", "'%s and %s'", "'%(a)s'", "'100%'", "None", "1", "b'bytes'", "Shown()",
          "Text('own')", "['list']"]  # fmt: skip
ARGUMENTS = [["1"], ["'x'", "2"], ["{'a': 1}"], ["()"], ["None"], ["{}"], ["Table(a=2)"], ["Broken()"]]
EXC_INFOS = ["True", "False", "None", "ValueError('given')", "(None, None, None)", "'text'", "1",
             "(ValueError, ValueError('t'), None)", "sys.exc_info()"]  # fmt: skip


def key(choices: Choices) -> str:
    return choices.of([*KEYS, *KEYS, *ODD_KEYS])


def keys(choices: Choices) -> list[str]:
    return [key(choices) for _ in range(choices.below(4))]


def number(choices: Choices) -> int:
    """Of a logger, or of a bind."""
    return choices.below(4)


def few_pairs(choices: Choices) -> Pairs:
    return list({choices.of(KEYS): choices.of(COMMON) for _ in range(choices.below(4))}.items())


def pairs(choices: Choices) -> Pairs:
    if choices.below(2) == 0:
        return few_pairs(choices)
    return list({key(choices): any_value(choices) for _ in range(choices.below(5))}.items())


def call_pairs(choices: Choices) -> Pairs:
    given = pairs(choices)
    kind = choices.below(12)
    if kind == 9:
        return [(choices.of(CLASHING_KEYS), any_value(choices))]
    if kind == 10:
        return [*given, ("exc_info", choices.of(EXC_INFOS))]
    if kind == 11:
        return [*given, ("stack_info", "True")]
    return given


def event(choices: Choices) -> str:
    kind = choices.below(4)
    if kind < 2:
        return choices.of(EVENTS[:2])
    return any_text(choices) if kind == 2 else choices.of(EVENTS)


def arguments(choices: Choices) -> list[str]:
    return [] if choices.below(4) < 3 else choices.of(ARGUMENTS)


def level(choices: Choices) -> str:
    return choices.of(["20", "10", "30", "40", "50", "0", "15", "'info'"])


def method(choices: Choices) -> str:
    return choices.of(METHODS)


def flag(choices: Choices) -> bool:
    return choices.below(2) == 1


def body(choices: Choices) -> list[Operation]:
    return [any_operation(choices, depth=1) for _ in range(1 + choices.below(3))]


def one_of(*options: str) -> Part:
    return lambda choices: choices.of(options)


# What each operation is made of, as interpreter.py takes it.
SIMPLE: dict[str, list[Part]] = {
    "log": [number, method, event, arguments, call_pairs],
    "log_at": [number, level, event, arguments, pairs],
    "call": [number, method, arguments, pairs],
    "bind": [number, call_pairs],
    "new": [number, pairs],
    "unbind": [number, keys],
    "try_unbind": [number, keys],
    "context_of": [number],
    "look_at": [number],
    "change_context": [number, key, any_value],
    "equal": [number, number],
    "copy": [number, one_of("copy.copy", "copy.deepcopy")],
    "bind_contextvars": [pairs],
    "unbind_contextvars": [keys],
    "clear_contextvars": [],
    "reset_contextvars": [number],
    "get_contextvars": [],
    "get_merged_contextvars": [number],
    "bind_threadlocal": [pairs],
    "unbind_threadlocal": [keys],
    "clear_threadlocal": [],
    "get_merged_threadlocal": [number],
    "as_immutable": [number],
    "print": [any_text],
    "change_chain": [one_of("append", "insert", "pop", "clear_and_look")],
    "enabled": [number, level],
    "stdlib_record": [one_of("info", "error"), event, arguments, few_pairs],
    "async_log": [number, one_of("ainfo", "adebug", "aerror", "aexception"), event, arguments, pairs],
}
NESTING: dict[str, list[Part]] = {
    "bound_contextvars": [pairs, body, flag],
    "bound_threadlocal": [pairs, body, flag],
    "tmp_bind": [number, pairs, body, flag],
    "capture_logs": [body],
    "copied_context": [body],
    "thread": [body],
    "handling": [one_of("ValueError('v')", "KeyError('k')", "SystemExit(1)"), body],
}
PARTS = {**SIMPLE, **NESTING}


def any_operation(choices: Choices, depth: int = 0) -> Operation:
    """A call in nearly half of the cases; nothing nests deeper than two."""
    kind = choices.below(8)
    if kind < 3:
        name = "log"
    elif kind < 7 or depth == 2:
        name = choices.of(list(SIMPLE))
    else:
        name = choices.of(list(NESTING))
    return (name, *(part(choices) for part in PARTS[name]))


def make(setup: bytes, operations: list[bytes]) -> Program:
    choices = Choices(setup)
    return Program(
        chain=any_chain(choices),
        wrapper=choices.of([WRAPPERS[0], *WRAPPERS]),
        factory=choices.of(FACTORIES),
        out=choices.of(OUTS),
        context_class=choices.of(CONTEXT_CLASSES),
        cached=flag(choices),
        made_by=choices.of(["get_logger", "get_logger", "wrap_logger"]),
        initial=few_pairs(choices),
        clock=choices.of(CLOCKS),
        operations=[any_operation(Choices(operation)) for operation in operations],
    )


# Few and large draws, because Hypothesis spends its time on draws: one for the set-up, and one for each operation.
programs = st.builds(
    make,
    setup=st.binary(min_size=48, max_size=48),
    operations=st.lists(st.binary(min_size=64, max_size=64), min_size=1, max_size=8),
)
