"""install_as(): Cleat's packages under the names of those whose interface they have."""

from __future__ import annotations

import importlib
import importlib.abc
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

_DOORS = {"structlog": "cleat.structlog", "logust": "cleat.logust", "loguru": "cleat.loguru"}


def install_as(name: str) -> None:
    """Make ``import structlog`` give `cleat.structlog`, with all modules inside: for *name* ``"structlog"``.

    So with ``"logust"``, which gives `cleat.logust`, and ``"loguru"``: `cleat.loguru`.

    Call it first thing in the program, before anything imports the package of that name. That one need not be
    installed, and is not used if it is. A child process that is spawned, not forked, has to call it too. To call it
    again changes nothing; nothing is imported before the program does so.

    :raises ValueError: Cleat has no such interface.
    :raises ImportError: the package of that name has been imported already: half of the program would use the one,
        half the other.
    """
    if name not in _DOORS:
        raise ValueError(f"Cleat cannot stand in for {name!r}, only for: {', '.join(_DOORS)}")
    if any(isinstance(finder, _Door) and finder.name == name for finder in sys.meta_path):
        return
    if name in sys.modules:
        raise ImportError(
            f"{name} itself has been imported already; call cleat.install_as({name!r}) before anything imports it",
            name=name,
        )
    sys.meta_path.insert(0, _Door(name, _DOORS[name]))


class _Door(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds and loads modules of one package by importing those of another one."""

    def __init__(self, name: str, target: str) -> None:
        self.name = name
        self.target = target
        self._given: set[str] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname == self.name or fullname.startswith(self.name + "."):
            return ModuleSpec(fullname, self)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        target = self.target + spec.name.removeprefix(self.name)
        if spec.name in self._given:
            # The program has taken it out of sys.modules, to have it made anew.
            sys.modules.pop(target, None)
        try:
            module = importlib.import_module(target)
        except ModuleNotFoundError as error:
            if error.name != target:
                raise
            raise ModuleNotFoundError(f"No module named {spec.name!r} in {self.target}", name=spec.name) from None
        spec.loader_state = module.__spec__
        self._given.add(spec.name)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Give the module its own spec back, in whose place the import has put that of the other name."""
        spec = module.__spec__
        if spec is not None and spec.loader is self:
            module.__spec__ = spec.loader_state
