"""loguru, with a sink that makes JSON of the record, as its documentation shows."""

from __future__ import annotations

import datetime
import json
from itertools import repeat

from loguru import logger

from protocol import CONTEXT_20, EVENT, Request, Work, serve

request = Request()


def json_sink(path: str):
    file = open(path, "a", encoding="utf-8")

    def write(message) -> None:
        record = message.record
        moment = record["time"].astimezone(datetime.timezone.utc)
        file.write(json.dumps({**record["extra"], "event": record["message"], "level": record["level"].name.lower(),
                               "timestamp": moment.isoformat(timespec="microseconds")}) + "\n")
        file.flush()
    return write


def log_lines(path: str, level: str = "INFO", context: dict | None = None) -> Work:
    logger.remove()
    logger.add(json_sink(path), level=level, format="{message}", catch=False)

    def work(count: int) -> None:
        with logger.contextualize(**(context or {})):
            for _ in repeat(None, count):
                logger.info(EVENT, request_id=request.request_id, method=request.method, path=request.path,
                            client=request.client, user_id=request.user_id)
    return work


serve("loguru", "loguru", {"line": log_lines, "context20": lambda path: log_lines(path, context=CONTEXT_20),
                           "off": lambda path: log_lines(path, level="WARNING")})
