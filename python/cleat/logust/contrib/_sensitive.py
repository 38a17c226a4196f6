"""Keeps secrets out of log lines: what a query or a body says under a key that sounds like one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, urlencode

MASK = "***"

_WORDS = (
    "authorization",
    "cookie",
    "credential",
    "jwt",
    "key",
    "passphrase",
    "passwd",
    "password",
    "pwd",
    "secret",
    "session",
    "signature",
    "token",
)


def is_sensitive(text: str) -> bool:
    """Tell whether a key, or a text, has a word in it that goes with secrets."""
    lowered = text.lower()
    return any(word in lowered for word in _WORDS)


def masked(value: Any) -> Any:
    """Return what JSON has given with the values under sensitive keys masked, at any depth."""
    if isinstance(value, dict):
        return {key: MASK if is_sensitive(key) else masked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    return value


def masked_body(text: str, content_type: str) -> str:
    """Return a body as it may be logged: JSON and forms masked, other text only if nothing in it sounds sensitive."""
    shown = _masked_form(text) if "x-www-form-urlencoded" in content_type else _masked_json(text)
    if shown is not None:
        return shown
    return f"<withheld: {len(text)} characters>" if is_sensitive(text) else text


def masked_pairs(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return pairs of a query or a form with the values under sensitive keys masked."""
    return [(key, MASK if is_sensitive(key) else value) for key, value in pairs]


def _masked_json(text: str) -> str | None:
    """None if it is neither an object nor an array."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return json.dumps(masked(value)) if isinstance(value, dict | list) else None


def _masked_form(text: str) -> str | None:
    try:
        return urlencode(masked_pairs(parse_qsl(text, keep_blank_values=True, strict_parsing=True)), safe="*")
    except ValueError:
        return None
