"""The standard library's logging, or picologging, with a JSON formatter: `standard_library.py MODULE`."""

from __future__ import annotations

import contextvars
import datetime
import importlib
import json
import sys
from itertools import repeat

from protocol import CONTEXT_20, EVENT, Request, Work, serve

MODULE = sys.argv[1]
logging = importlib.import_module(MODULE)
request = Request()
context: contextvars.ContextVar[dict] = contextvars.ContextVar("context", default={})
LEVELS = {"INFO": "info", "WARNING": "warning"}


class JsonFormatter(logging.Formatter):
    def format(self, record) -> str:
        moment = datetime.datetime.fromtimestamp(record.created, datetime.timezone.utc)
        return json.dumps({**context.get(), **record.msg, "level": LEVELS[record.levelname],
                           "timestamp": moment.isoformat(timespec="microseconds")})


def logger(path: str, level: str = "INFO"):
    handler = logging.StreamHandler(open(path, "a", encoding="utf-8"))
    handler.setFormatter(JsonFormatter())
    log = logging.Logger("bench", getattr(logging, level))
    log.addHandler(handler)
    return log


def log_lines(log) -> Work:
    def work(count: int) -> None:
        for _ in repeat(None, count):
            log.info({"event": EVENT, "request_id": request.request_id, "method": request.method,
                      "path": request.path, "client": request.client, "user_id": request.user_id})
    return work


def line(path: str) -> Work:
    context.set({})
    return log_lines(logger(path))


def line_context20(path: str) -> Work:
    context.set(CONTEXT_20)
    return log_lines(logger(path))


def off(path: str) -> Work:
    return log_lines(logger(path, "WARNING"))


serve(MODULE, None if MODULE == "logging" else MODULE, {"line": line, "context20": line_context20, "off": off},
      ("the message is a dictionary, a formatter of the program's own makes JSON of it",))
