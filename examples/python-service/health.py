"""Whether the service is there."""

from __future__ import annotations

from replies import reply
from starlette.requests import Request
from starlette.responses import Response

from cleat import structlog

log = structlog.get_logger()


def show(request: Request) -> Response:
    """Not a coroutine: Starlette runs it in a thread of its own pool, and takes the context along."""
    log.info("health asked", n=request.query_params.get("n"))
    return reply({"status": "ok"})
