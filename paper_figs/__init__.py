"""From saved results to figures: modules give makers of figures, one driver reads, styles and saves."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .equivalence import draw_tests
    from .parts.draw import draw
    from .validity import draw_foreseen

PLACES = {
    "draw": "parts.draw",
    "draw_foreseen": "validity",
    "draw_tests": "equivalence",
}

__all__ = ["draw", "draw_foreseen", "draw_tests"]


def __getattr__(name: str) -> Any:
    """Loaded when asked for: matplotlib takes a second, and is an extra."""
    if name not in PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{PLACES[name]}", __name__), name)
