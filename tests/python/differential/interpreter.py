"""Runs a program through one of the two packages, and writes down what can be seen of it.

A program's expressions may name: `structlog` (whichever package that is) and its modules, `own` (the processors below),
`out` and `binary` (where lines go), the classes of values.py, and the modules in NAMES.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import contextvars
import copy
import functools
import importlib
import io
import logging
import os
import re
import sys
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import CodeType, ModuleType
from typing import Any

import orjson
import time_machine

from . import purpose, values
from .programs import Operation, Pairs, Program

MODULES = ("contextvars", "dev", "processors", "stdlib", "testing", "threadlocal")
NAMES = {**values.NAMES, "collections": collections, "copy": copy, "orjson": orjson, "sys": sys}

LOOP = asyncio.new_event_loop()
LOOP.set_default_executor(ThreadPoolExecutor(1))  # what is wrapped per thread must not depend on which one runs a call
STDLIB_LOGGER = logging.getLogger("differential")
STDLIB_LOGGER.propagate = False
logging.raiseExceptions = False

ADDRESS = re.compile(r"\b0x[0-9a-f]+")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Where a record of the standard library's was made, which is inside of the package.
RECORD = re.compile(r"(<LogRecord: \w+, \d+, )[^,]*, \d+")
# Frames of the package in a stack: Cleat has other ones, and none where it is in C.
FRAME = re.compile(r"""  File \\*"[^"]*/structlog/[^"]*", line \d+, in [^\\\n]+(?:\\+n|\n)    [^\\\n]*(?:\\+n|\n|$)""")
CLOCK = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?|(?<![\d.])1[789]\d{8}\.\d+ *")

Observation = tuple[Any, ...]


class Door:
    """A package that programs run through: structlog, or what stands in for it."""

    def __init__(self, package: str) -> None:
        self.is_reference = package == "structlog"
        self.structlog = importlib.import_module(package)
        self.modules: dict[str, ModuleType] = {name: importlib.import_module(f"{package}.{name}") for name in MODULES}


@functools.lru_cache(maxsize=100_000)
def compiled(expression: str) -> CodeType:
    return compile(expression, "<program>", "eval")


class Outcome(Exception):
    """Ends a scope early, as an exception in the program would."""


class Session:
    def __init__(self, door: Door, program: Program) -> None:
        self.door = door
        self.program = program
        self.loggers: list[Any] = []
        self.tokens: list[Any] = []
        self.seen: list[Any] = []  # what processors saw, since the last observation
        self.observations: list[Observation] = []
        self.written = 0
        self.descriptor = os.memfd_create("differential")
        self.binary = os.fdopen(self.descriptor, "wb")
        self.text: Any = None
        self.own = OwnSteps(self)
        self.names: dict[str, Any] = {**NAMES, **door.modules, "structlog": door.structlog, "own": self.own,
                                      "binary": self.binary}

    # --- Expressions, and what is shown of values

    def value(self, expression: str) -> Any:
        return eval(compiled(expression), self.names)

    def pairs(self, pairs: Pairs) -> dict[str, Any]:
        return {key: self.value(expression) for key, expression in pairs}

    def blurred(self, text: str) -> str:
        """Without what differs from run to run."""
        text = FRAME.sub("", text)
        text = purpose.one_name(RECORD.sub(r"\1FILE, LINE", UUID.sub("UUID", ADDRESS.sub("ADDRESS", text))))
        return CLOCK.sub("TIME", text) if self.program.clock is None else text

    def show(self, value: Any) -> Any:
        if isinstance(value, self.door.structlog.threadlocal._ThreadLocalDictWrapper):
            return "wrapped", self.show(value._dict)
        if isinstance(value, dict):
            return type(value).__name__, [(self.show(key), self.show(value[key])) for key in value]
        if type(value) in (list, tuple) and len(value) < 10 and "circular" not in self.safe_repr(value)[:200]:
            return type(value).__name__, self.safe_repr(value)
        return type(value).__qualname__, self.safe_repr(value)

    def safe_repr(self, value: Any) -> str:
        try:
            return self.blurred(repr(value))
        except Exception as error:
            return f"repr: {type(error).__qualname__}"

    def show_logger(self, logger: Any) -> Any:
        return "logger", type(logger).__qualname__, self.show(self.door.structlog.get_context(logger))

    def show_error(self, error: BaseException) -> Any:
        return "raised", type(error).__qualname__, self.blurred(purpose.message(error))

    # --- Operations

    def observe(self, operation: Operation) -> None:
        name, *arguments = operation
        try:
            result = getattr(self, f"do_{name}")(*arguments)
        except (Exception, SystemExit) as error:
            result = self.show_error(error)
        self.observations.append((name, result, self.new_output(), self.seen))
        self.seen = []

    def observe_all(self, operations: list[Operation], fails: bool = False) -> None:
        for operation in operations:
            self.observe(operation)
        if fails:
            raise Outcome

    def new_output(self) -> str:
        file = self.text
        if isinstance(file, OnlyWrite):
            output, file.parts = "".join(map(repr, file.parts)), []
            return self.blurred(output)
        if isinstance(file, io.StringIO):
            output = file.getvalue()[self.written :]
            self.written += len(output)
            return self.blurred(output)
        began, self.written = self.written, os.fstat(self.descriptor).st_size
        return self.blurred(os.pread(self.descriptor, self.written - began, began).decode("utf-8", "backslashreplace"))

    def logger(self, number: int) -> Any:
        return self.loggers[number % len(self.loggers)]

    def add(self, logger: Any) -> Any:
        self.loggers.append(logger)
        return self.show_logger(logger)

    def do_set_up(self) -> Any:
        given = self.program
        sys.stdout = self.text
        STDLIB_LOGGER.handlers = [self.handler()]
        STDLIB_LOGGER.setLevel(logging.INFO)
        options = {
            "processors": [self.value(step) for step in given.chain],
            "wrapper_class": self.value(given.wrapper),
            "context_class": self.value(given.context_class),
            "cache_logger_on_first_use": given.cached,
        }
        factory = self.value(given.factory)
        initial = self.pairs(given.initial)
        if given.made_by == "wrap_logger":
            logger = self.door.structlog.wrap_logger(factory("differential"), **options, **initial)
        else:
            self.door.structlog.configure(logger_factory=factory, **options)
            logger = self.door.structlog.get_logger("differential", **initial)
        self.loggers.append(logger)
        return type(logger).__qualname__

    def handler(self) -> logging.Handler:
        handler = logging.StreamHandler(self.text)
        if len(self.program.chain) % 2:
            render = self.door.structlog.processors.KeyValueRenderer()
            chain = [self.own.look, self.door.structlog.stdlib.ProcessorFormatter.remove_processors_meta, render]
            handler.setFormatter(self.door.structlog.stdlib.ProcessorFormatter(processors=chain, foreign_pre_chain=[
                self.door.structlog.stdlib.add_log_level, self.door.structlog.contextvars.merge_contextvars]))
        return handler

    def do_log(self, number: int, method: str, event: str, arguments: list[str], pairs: Pairs) -> Any:
        log = getattr(self.logger(number), method)
        return self.show(log(self.value(event), *map(self.value, arguments), **self.pairs(pairs)))

    def do_log_at(self, number: int, level: str, event: str, arguments: list[str], pairs: Pairs) -> Any:
        log = self.logger(number).log
        return self.show(log(self.value(level), self.value(event), *map(self.value, arguments), **self.pairs(pairs)))

    def do_call(self, number: int, method: str, arguments: list[str], pairs: Pairs) -> Any:
        return self.show(getattr(self.logger(number), method)(*map(self.value, arguments), **self.pairs(pairs)))

    def do_async_log(self, number: int, method: str, event: str, arguments: list[str], pairs: Pairs) -> Any:
        log = getattr(self.logger(number), method)

        async def call() -> Any:  # the place that the line is from: it waits here while the executor's thread looks
            return await log(self.value(event), *map(self.value, arguments), **self.pairs(pairs))

        return self.show(LOOP.run_until_complete(call()))

    def do_bind(self, number: int, pairs: Pairs) -> Any:
        return self.add(self.logger(number).bind(**self.pairs(pairs)))

    def do_new(self, number: int, pairs: Pairs) -> Any:
        return self.add(self.logger(number).new(**self.pairs(pairs)))

    def do_unbind(self, number: int, keys: list[str]) -> Any:
        return self.add(self.logger(number).unbind(*keys))

    def do_try_unbind(self, number: int, keys: list[str]) -> Any:
        return self.add(self.logger(number).try_unbind(*keys))

    def do_context_of(self, number: int) -> Any:
        return self.show(self.door.structlog.get_context(self.logger(number)))

    def do_look_at(self, number: int) -> Any:
        return self.blurred(repr(self.logger(number)))

    def do_change_context(self, number: int, key: str, value: str) -> Any:
        """As programs do that got hold of a logger's dictionary."""
        context = self.door.structlog.get_context(self.logger(number))
        context[key] = self.value(value)
        return self.show(context)

    def do_equal(self, first: int, second: int) -> Any:
        return self.logger(first) == self.logger(second), self.logger(first) != self.logger(second)

    def do_copy(self, number: int, copier: str) -> Any:
        if not purpose.may_copy(self.program, copier):
            return None
        return self.add(self.value(copier)(self.logger(number)))

    def do_enabled(self, number: int, level: str) -> Any:
        logger = self.logger(number)
        return self.show(logger.is_enabled_for(self.value(level))), self.show(logger.get_effective_level())

    def do_print(self, text: str) -> Any:
        """What the program itself writes stands between the lines where it was written."""
        self.text.write(self.value(text))

    def do_stdlib_record(self, method: str, event: str, arguments: list[str], pairs: Pairs) -> Any:
        extra = {f"extra_{key}": value for key, value in self.pairs(pairs).items()}
        getattr(STDLIB_LOGGER, method)(self.value(event), *map(self.value, arguments), extra=extra)

    def do_change_chain(self, how: str) -> Any:
        """A chain is a list, and programs edit it in place."""
        chain = self.door.structlog.get_config()["processors"]
        if how == "append":
            chain.append(self.own.look)
        elif how == "insert":
            chain.insert(0, self.own.set_a)
        elif how == "pop" and len(chain) > 1:
            chain.pop(0)
        elif how == "clear_and_look":
            chain[:] = [self.own.look, *chain]
        return len(chain)

    # --- Contexts

    @contextlib.contextmanager
    def ordering(self, *names: str) -> Iterator[None]:
        yield
        if self.door.is_reference:
            purpose.note_order(names)

    def do_bind_contextvars(self, pairs: Pairs) -> Any:
        with self.ordering(*dict(pairs)):
            self.tokens.append(self.door.structlog.contextvars.bind_contextvars(**self.pairs(pairs)))
        return list(self.tokens[-1])

    def do_reset_contextvars(self, number: int) -> Any:
        if not self.tokens:
            return None
        tokens = self.tokens.pop(number % len(self.tokens))
        with self.ordering(*tokens):
            self.door.structlog.contextvars.reset_contextvars(**tokens)
        return self.do_get_contextvars()

    def do_unbind_contextvars(self, keys: list[str]) -> Any:
        with self.ordering():
            self.door.structlog.contextvars.unbind_contextvars(*keys)

    def do_clear_contextvars(self) -> Any:
        with self.ordering():
            self.door.structlog.contextvars.clear_contextvars()

    def do_get_contextvars(self) -> Any:
        return self.show(self.door.structlog.contextvars.get_contextvars())

    def do_get_merged_contextvars(self, number: int) -> Any:
        return self.show(self.door.structlog.contextvars.get_merged_contextvars(self.logger(number)))

    def do_bound_contextvars(self, pairs: Pairs, body: list[Operation], fails: bool) -> Any:
        try:
            with self.door.structlog.contextvars.bound_contextvars(**self.pairs(pairs)):
                with self.ordering(*dict(pairs)):
                    pass
                self.observe_all(body, fails)
        except Outcome:
            pass
        with self.ordering(*dict(pairs)):
            pass
        return self.do_get_contextvars()

    def do_copied_context(self, body: list[Operation]) -> Any:
        contextvars.copy_context().run(self.observe_all, body)
        return self.do_get_contextvars()

    def do_thread(self, body: list[Operation]) -> Any:
        thread = threading.Thread(target=self.observe_all, args=(body,), name="worker")
        thread.start()
        thread.join()

    def do_bind_threadlocal(self, pairs: Pairs) -> Any:
        self.door.structlog.threadlocal.bind_threadlocal(**self.pairs(pairs))
        return self.show(self.door.structlog.threadlocal.get_threadlocal())

    def do_unbind_threadlocal(self, keys: list[str]) -> Any:
        self.door.structlog.threadlocal.unbind_threadlocal(*keys)
        return self.show(self.door.structlog.threadlocal.get_threadlocal())

    def do_clear_threadlocal(self) -> Any:
        self.door.structlog.threadlocal.clear_threadlocal()

    def do_get_merged_threadlocal(self, number: int) -> Any:
        return self.show(self.door.structlog.threadlocal.get_merged_threadlocal(self.logger(number)))

    def do_bound_threadlocal(self, pairs: Pairs, body: list[Operation], fails: bool) -> Any:
        try:
            with self.door.structlog.threadlocal.bound_threadlocal(**self.pairs(pairs)):
                self.observe_all(body, fails)
        except Outcome:
            pass
        return self.show(self.door.structlog.threadlocal.get_threadlocal())

    def do_tmp_bind(self, number: int, pairs: Pairs, body: list[Operation], fails: bool) -> Any:
        if not purpose.may_bind_temporarily(self.program):
            return None
        try:
            with self.door.structlog.threadlocal.tmp_bind(self.logger(number), **self.pairs(pairs)) as bound:
                self.loggers.append(bound)
                self.observe_all(body, fails)
        except Outcome:
            pass

    def do_as_immutable(self, number: int) -> Any:
        purpose.make_context_exist(self.door.structlog.get_context(self.logger(number)))
        return self.add(self.door.structlog.threadlocal.as_immutable(self.logger(number)))

    def do_capture_logs(self, body: list[Operation]) -> Any:
        with self.door.structlog.testing.capture_logs() as captured:
            self.observe_all(body)
        return [self.show(entry) for entry in captured]

    def do_handling(self, error: str, body: list[Operation]) -> Any:
        try:
            raise self.value(error)
        except (Exception, SystemExit):
            self.observe_all(body)

    # --- The whole of it

    def run(self) -> list[Observation]:
        clock: contextlib.AbstractContextManager[Any] = contextlib.nullcontext()
        if self.program.clock is not None:
            clock = time_machine.travel(self.program.clock, tick=False)
        before = sys.stdout
        try:
            self.text = self.names["out"] = open_out(self.program.out, self.descriptor)
            with clock:
                self.observe(("set_up",))
                if self.loggers:
                    self.observe_all(self.program.operations)
        finally:
            sys.stdout = before
            STDLIB_LOGGER.handlers = []
            self.door.structlog.threadlocal.clear_threadlocal()
            self.door.structlog.reset_defaults()
            self.close()
        return self.observations

    def close(self) -> None:
        for file in (self.text, self.binary):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                file.close()
        with contextlib.suppress(OSError):
            os.close(self.descriptor)


class OnlyWrite:
    """A file that is little more than a place to write to."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def write(self, text: str) -> int:
        self.parts.append(text)
        return len(text)

    def flush(self) -> None:
        self.parts.append("flushed")


def open_out(how: str, descriptor: int) -> Any:
    def file(**options: Any) -> Any:
        return open(descriptor, "w", **{"encoding": "utf-8", **options}, closefd=False)

    def closed() -> Any:
        opened = file()
        opened.close()
        return opened

    return eval(how, {"file": file, "closed": closed, "memory": io.StringIO, "only_write": OnlyWrite})


class OwnSteps:
    """Processors, and what else a program would have of its own."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.logging_again = False

    def look(self, logger: Any, method_name: str, event_dict: Any) -> Any:
        self.session.seen.append((type(logger).__name__, method_name, self.session.show(event_dict)))
        return event_dict

    def drop_x(self, logger: Any, method_name: str, event_dict: Any) -> Any:
        if event_dict.get("event") == "x":
            raise self.session.door.structlog.DropEvent
        return event_dict

    def set_a(self, logger: Any, method_name: str, event_dict: Any) -> Any:
        event_dict["a"] = "set"
        return event_dict

    def delete_a(self, logger: Any, method_name: str, event_dict: Any) -> Any:
        del event_dict["a"]
        return event_dict

    def new_dictionary(self, logger: Any, method_name: str, event_dict: Any) -> Any:
        return {"first": 0, **event_dict}

    def own_dictionary(self, logger: Any, method_name: str, event_dict: Any) -> Any:
        return values.Table(event_dict)

    def sort(self, logger: Any, method_name: str, event_dict: Any) -> Any:
        return dict(sorted(event_dict.items()))

    def fail(self, logger: Any, method_name: str, event_dict: Any) -> Any:
        raise LookupError(event_dict.get("event"))

    def to_text(self, logger: Any, method_name: str, event_dict: Any) -> Any:
        return str(event_dict["event"])

    def to_number(self, logger: Any, method_name: str, event_dict: Any) -> Any:
        return 7

    def to_none(self, logger: Any, method_name: str, event_dict: Any) -> Any:
        return None

    def log_again(self, logger: Any, method_name: str, event_dict: Any) -> Any:
        """A processor that logs, which does not go on for ever."""
        if not self.logging_again:
            self.logging_again = True
            try:
                self.session.logger(0).info("again", inner=1)
            finally:
                self.logging_again = False
        return event_dict

    def bind_more(self, logger: Any, method_name: str, event_dict: Any) -> Any:
        """A processor that changes what surrounds the call."""
        with self.session.ordering("more"):
            self.session.door.structlog.contextvars.bind_contextvars(more=1)
        return event_dict

    def subclass_of(self, wrapper: Any) -> Any:
        class Own(wrapper):  # type: ignore[misc]
            def failure(self, event: str, **fields: Any) -> Any:
                return self._proxy_to_logger("error", event, kind="failure", **fields)

        return Own

    def logger_factory(self, *arguments: Any) -> Any:
        return OwnLogger(self.session, arguments)


class OwnLogger:
    """A wrapped logger that is no logger of any package."""

    name = "own name"

    def __init__(self, session: Session, arguments: tuple[Any, ...]) -> None:
        self.session = session
        self.arguments = arguments

    def info(self, *arguments: Any, **fields: Any) -> Any:
        self.session.seen.append(("info", self.session.show(arguments), self.session.show(fields)))
        return len(arguments)

    error = warning = debug = info

    def __repr__(self) -> str:
        return f"OwnLogger{self.arguments}"


def run(door: Door, program: Program) -> list[Observation]:
    """What can be seen of a program, with nothing left behind."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return contextvars.Context().run(Session(door, program).run)
