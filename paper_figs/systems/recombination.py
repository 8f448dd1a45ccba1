"""The mean of the best mutations: laws, where they end, trajectories."""

from ..parts.row import page

MAKERS = {"recombination": page}
