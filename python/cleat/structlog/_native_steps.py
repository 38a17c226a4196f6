"""Functions that are processors and have a step of the engine's own in their place, by what the engine calls it.

Processors that are objects tell by themselves: `__cleat_step__`.
"""

from __future__ import annotations

from .._engine import steps_of_functions
from ._log_levels import add_log_level
from .contextvars import merge_contextvars
from .dev import set_exc_info
from .stdlib import ProcessorFormatter

steps_of_functions[merge_contextvars] = ("merge_contextvars",)
steps_of_functions[add_log_level] = ("add_log_level",)
steps_of_functions[set_exc_info] = ("set_exc_info",)
steps_of_functions[ProcessorFormatter.remove_processors_meta] = ("remove_processors_meta",)
