"""Cleat: structured logging with bound context, on an engine in C.

Loggers are in `cleat.structlog`, `cleat.logust` and `cleat.loguru`, under the names that these packages have. Here is
what belongs to the package as a whole.
"""

from __future__ import annotations

import os

from . import _worker_processes as _worker_processes  # which has to be there before any process is forked
from ._engine import refuse_sub_interpreter
from ._engine import version as __version__
from .doors import install_as
from .propagation import propagate, wrap

__all__ = ["__version__", "get_include", "get_library_dir", "install_as", "propagate", "wrap"]

refuse_sub_interpreter()


def get_include() -> str:
    """Return the folder of `cleat.h`, for a compiler's ``-I``: C code that a program's Python code calls logs with it."""
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "include")


def get_library_dir() -> str:
    """Return the folder of the engine, `libcleat.so`, for a linker's ``-L`` and ``-rpath``.

    It is the library that Python's side of Cleat runs on: what is linked with it has the same context variables.
    """
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib")
