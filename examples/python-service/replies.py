"""What handlers answer with."""

from __future__ import annotations

import json

from starlette.background import BackgroundTask
from starlette.responses import Response

from cleat import structlog


def reply(content: dict[str, object], status: int = 200, background: BackgroundTask | None = None) -> Response:
    """Return JSON, on a line."""
    text = json.dumps(content, separators=(",", ":")) + "\n"
    return Response(text, status, media_type="application/json", background=background)


def refuse(status: int, reason: str) -> Response:
    """Return an error, and log why."""
    structlog.get_logger().warning("request failed", reason=reason)
    return reply({"error": reason}, status)
