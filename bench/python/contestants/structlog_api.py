"""A program written for structlog: `structlog_api.py MODULE`, the module being structlog or cleat.structlog."""

from __future__ import annotations

import importlib
import logging
import sys
from itertools import repeat

import orjson

from protocol import CONTEXT_20, EVENT, Request, Work, serve, timed

MODULE = sys.argv[1]
structlog = importlib.import_module(MODULE)
contextvars = importlib.import_module(f"{MODULE}.contextvars")
processors = importlib.import_module(f"{MODULE}.processors")
stdlib = importlib.import_module(f"{MODULE}.stdlib")
request = Request()
BURST = 100


def chain(*renderers):
    return [contextvars.merge_contextvars, processors.add_log_level, processors.TimeStamper(fmt="iso", utc=True),
            *renderers]


def configure(path: str, level: int = 0, before_renderer: tuple = ()) -> None:
    """The fastest that the documentation knows: levels by class, orjson, bytes, loggers kept."""
    contextvars.clear_contextvars()
    structlog.reset_defaults()
    structlog.configure(
        cache_logger_on_first_use=True,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        processors=chain(*before_renderer, processors.JSONRenderer(serializer=orjson.dumps)),
        logger_factory=structlog.BytesLoggerFactory(file=open(path, "ab")),
    )


def configure_default(path: str) -> None:
    contextvars.clear_contextvars()
    structlog.reset_defaults()
    structlog.configure(processors=chain(processors.JSONRenderer()),
                        logger_factory=structlog.PrintLoggerFactory(open(path, "a", encoding="utf-8")))


def log_lines(log) -> Work:
    def work(count: int) -> None:
        for _ in repeat(None, count):
            log.info(EVENT, request_id=request.request_id, method=request.method, path=request.path,
                     client=request.client, user_id=request.user_id)
    return work


def line(path: str) -> Work:
    configure(path)
    return log_lines(structlog.get_logger().bind())


def line_context20(path: str) -> Work:
    configure(path)
    contextvars.bind_contextvars(**CONTEXT_20)
    return log_lines(structlog.get_logger().bind())


def default(path: str) -> Work:
    configure_default(path)
    return log_lines(structlog.get_logger())


def off(path: str) -> Work:
    configure(path, logging.WARNING)
    return log_lines(structlog.get_logger().bind())


def mark(_logger, _method_name, event_dict):
    event_dict["region"] = "eu-west"
    return event_dict


def python_processor(path: str) -> Work:
    configure(path, before_renderer=(mark,))
    return log_lines(structlog.get_logger().bind())


def bind(path: str) -> Work:
    configure(path)
    log = structlog.get_logger().bind()

    def work(count: int) -> None:
        for _ in repeat(None, count):
            log.bind(request_id=request.request_id, method=request.method, path=request.path, client=request.client,
                     user_id=request.user_id)
    return work


def bind_contextvars(path: str) -> Work:
    configure(path)
    bind_here = contextvars.bind_contextvars

    def work(count: int) -> None:
        for _ in repeat(None, count):
            bind_here(request_id=request.request_id, method=request.method, path=request.path, client=request.client,
                      user_id=request.user_id)
    return work


def bound_contextvars(path: str) -> Work:
    configure(path)
    bound = contextvars.bound_contextvars

    def work(count: int) -> None:
        for _ in repeat(None, count):
            with bound(request_id=request.request_id, method=request.method, path=request.path,
                       client=request.client, user_id=request.user_id):
                pass
    return work


def asynchronous(path: str) -> Work:
    """Bursts, and what the caller spends on them; that all is written is waited for in between."""
    configure(path)
    output = structlog.AsyncFileLogger(path)
    structlog.configure(logger_factory=lambda *_args: output)
    log_burst = log_lines(structlog.get_logger().bind())

    def work(count: int) -> int:
        spent = 0
        for begun in range(0, count, BURST):
            spent += timed(log_burst, min(BURST, count - begun))
            output.flush()
        return spent
    return work


def standard_library(path: str) -> Work:
    """A record of the standard library's logger, with its fields as `extra`; set up as the documentation does."""
    contextvars.clear_contextvars()
    structlog.configure(logger_factory=stdlib.LoggerFactory())
    formatter = stdlib.ProcessorFormatter(
        foreign_pre_chain=[contextvars.merge_contextvars, stdlib.add_log_level, stdlib.ExtraAdder(),
                           processors.TimeStamper(fmt="iso", utc=True)],
        processors=[stdlib.ProcessorFormatter.remove_processors_meta, processors.JSONRenderer()],
    )
    handler = logging.StreamHandler(open(path, "a", encoding="utf-8"))
    handler.setFormatter(formatter)
    log = logging.getLogger("bench")
    log.setLevel(logging.INFO)
    log.propagate = False
    log.handlers = [handler]

    def work(count: int) -> None:
        for _ in repeat(None, count):
            log.info(EVENT, extra={"request_id": request.request_id, "method": request.method,
                                   "path": request.path, "client": request.client, "user_id": request.user_id})
    return work


SCENARIOS = {"line": line, "context20": line_context20, "default": default, "off": off, "processor": python_processor,
             "bind": bind, "bind_contextvars": bind_contextvars, "bound_contextvars": bound_contextvars,
             "stdlib": standard_library}
if hasattr(structlog, "AsyncFileLogger"):
    SCENARIOS["async"] = asynchronous
NOTES = ("line, context20, off, processor: orjson, BytesLogger, loggers kept, as its documentation says is fastest",)

serve("Cleat" if MODULE == "cleat.structlog" else "structlog", MODULE.partition(".")[0], SCENARIOS, NOTES)
