"""The exceptions of the package."""

from __future__ import annotations


class DropEvent(BaseException):
    """Raised by a processor: no line comes of this event, and the logging call returns None.

    It is no `Exception`, so that a processor's own `except Exception` does not swallow it.
    """


class NoConsoleRendererConfiguredError(Exception):
    """The active `ConsoleRenderer` was asked for, and the configured chain has none."""


class MultipleConsoleRenderersConfiguredError(Exception):
    """The active `ConsoleRenderer` was asked for, and the configured chain has more than one."""
