"""The best of n mutations: laws, where they end, trajectories."""

from ..parts.row import page

MAKERS = {"best_of": page}
