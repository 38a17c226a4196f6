from typing import Any

version: str

class LazyProxy:
    """Stands for a bound logger: has its attributes besides its own."""

    _kept: Any
    def _bind_kept(self, **new_values: Any) -> Any: ...
    def __getattr__(self, name: str) -> Any: ...
