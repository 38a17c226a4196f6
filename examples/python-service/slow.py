"""A request that waits, while others run."""

from __future__ import annotations

import asyncio

from replies import refuse, reply
from starlette.requests import Request
from starlette.responses import Response

from cleat import structlog

log = structlog.get_logger()


async def wait(request: Request) -> Response:
    text = request.query_params.get("ms", "")
    if not text.isdecimal() or len(text) > 5:
        return refuse(422, "ms is to be a number of milliseconds, below 100000")
    ms = int(text)
    log.info("waiting", ms=ms)
    await asyncio.sleep(ms / 1000)
    log.info("waited enough", ms=ms)
    return reply({"waited_ms": ms})
