#!/usr/bin/env python3
"""main.py - one wide line for each request, through logust's interface, with lines of libraries beside it.

    .venv/bin/python examples/logust-service/main.py
    curl -i localhost:8080/orders/7
    curl -i localhost:8080/orders/13            # is slow
    curl -i localhost:8080/orders/none          # fails

On standard error are lines for people; in requests.log, which is rotated and compressed, those for machines. A request
that went well and fast is in there one time in ten, all others always.
"""

from __future__ import annotations

import asyncio
import logging
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from cleat.logust import logger
from cleat.logust.contrib import add_event_fields, intercept_logging, log_fn, setup_fastapi

SLOW_MS = 200


def configure(path: str) -> None:
    """Say where lines go: before anything logs."""
    logger.remove()
    logger.add(sys.stderr, format="{time:HH:mm:ss.SSS} {level:<8} {name}: {message} {extra}", level="DEBUG")
    logger.add(path, serialize=True, rotation="10 MB", retention=5, compression=True, enqueue=True)
    intercept_logging(level=logging.INFO)  # uvicorn's lines, and those of all libraries


@log_fn(level="DEBUG")
async def read_order(number: int) -> dict[str, int]:
    """As if from a database. It is handed neither a logger nor a request id, and its lines have the request's."""
    if number == 13:
        await asyncio.sleep(2 * SLOW_MS / 1000)
    logging.getLogger("database").info("read order %d", number)
    return {"order": number, "cents": 100 * number}


async def show_order(request: Request) -> JSONResponse:
    """What it adds is on the request's own line, at its end."""
    order = await read_order(int(request.path_params["number"]))
    add_event_fields(order_id=order["order"], cents=order["cents"])
    return JSONResponse(order)


def make_application(sample_rate: float = 0.1) -> Starlette:
    """Return the application. `setup_fastapi` does for Starlette what it does for FastAPI."""
    health = Route("/health", lambda request: JSONResponse("ok"))
    app = Starlette(routes=[Route("/orders/{number}", show_order), health])
    setup_fastapi(
        app,
        canonical=True,
        sample_rate=sample_rate,
        slow_ms=SLOW_MS,
        skip_routes=["/health"],
        intercept_logging=False,  # is done in configure()
    )
    return app


def main() -> None:
    configure("requests.log")
    uvicorn.run(make_application(), port=8080, log_config=None, access_log=False)
    logger.complete()


if __name__ == "__main__":
    main()
