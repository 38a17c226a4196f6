"""The edge: where the routes are, and where a request's fields are bound."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import charges
import health
import orders
import slow
from starlette.applications import Starlette
from starlette.routing import Route

import cleat
from cleat import structlog
from cleat.middleware.asgi import ContextMiddleware


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    # From here on loop.run_in_executor(None, ...) takes the context along, whoever calls it.
    asyncio.get_running_loop().set_default_executor(cleat.propagate(ThreadPoolExecutor(8)))
    with charges.BANK:
        yield
    structlog.get_logger().info("stopping")


def make_application() -> ContextMiddleware:
    """Return the ASGI application: `request_id`, `method`, `path` and `client` are bound around all of it."""
    routes = [
        Route("/orders/{number}", orders.show),
        Route("/charge", charges.charge, methods=["POST"]),
        Route("/slow", slow.wait),
        Route("/healthz", health.show),
    ]
    return ContextMiddleware(Starlette(routes=routes, lifespan=lifespan), access_log=structlog.get_logger())
