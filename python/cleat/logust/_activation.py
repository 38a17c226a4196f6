"""Which modules' lines are wanted: enable() and disable() by module name."""

from __future__ import annotations


class Activation:
    """Rules by module name. The most precise one holds; without any a module's lines are wanted."""

    def __init__(self) -> None:
        self._rules: dict[str, bool] = {}

    def set(self, name: str, is_enabled: bool) -> None:
        """Switch a module on or off with all that are inside of it; the empty name: all modules."""
        inside = f"{name}." if name else ""
        rules = {rule: value for rule, value in self._rules.items() if not f"{rule}.".startswith(inside)}
        rules[name] = is_enabled
        self._rules = rules

    def is_enabled(self, name: str | None) -> bool:
        """Tell whether the lines of a module are wanted; it may have no name."""
        while name:
            if name in self._rules:
                return self._rules[name]
            name = name.rpartition(".")[0]
        return self._rules.get("", True)

    def knows(self, name: str) -> bool:
        """Tell whether there is a rule of that very name."""
        return name in self._rules

    def copy(self) -> Activation:
        """Return another one with the same rules."""
        copied = Activation()
        copied._rules = self._rules
        return copied
