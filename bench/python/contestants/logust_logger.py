"""logust, with its own JSON; fields are bound, since its calls take none."""

from __future__ import annotations

from itertools import repeat

from logust import logger

from protocol import CONTEXT_20, EVENT, Request, Work, serve

request = Request()


def log_lines(path: str, level: str = "INFO", context: dict | None = None) -> Work:
    logger.remove()
    logger.add(open(path, "a", encoding="utf-8"), level=level, serialize=True)

    def work(count: int) -> None:
        with logger.contextualize(**(context or {})):
            for _ in repeat(None, count):
                logger.bind(request_id=request.request_id, method=request.method, path=request.path,
                            client=request.client, user_id=request.user_id).info(EVENT)
    return work


serve("logust", "logust", {"line": log_lines, "context20": lambda path: log_lines(path, context=CONTEXT_20),
                           "off": lambda path: log_lines(path, level="WARNING")},
      ("its own shape of JSON: local time in milliseconds, fields in an object of their own",))
