"""The map of regimes over σ and β along Figure 1's path, with measured steps."""

from typing import Any

from matplotlib.figure import Figure

from ..parts.read import StudyResult
from ..validity import regimes


def _map(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """Regimes over σ and β on the way of Figure 1, with measured steps."""
    return regimes(found.parts["map"], whose=f"fig1, preset {found.configuration['path_of']}")


MAKERS = {"regimes": _map}
