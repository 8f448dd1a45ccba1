"""Evolution strategies: laws, where they end, trajectories."""

from ..parts.row import page

MAKERS = {"strategies": page}
