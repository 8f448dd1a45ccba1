"""Figure S1: as Figure 1, from another initial network."""

from pathlib import Path

from .fig1 import draw_as


def draw(runs: list[Path], folder: Path) -> list[Path]:
    """Draw Figures S1a-c from the first run.

    Args:
        runs: folders of finished runs, λ ascending.
        folder: where to write figs1a, figs1b and figs1c, each as PDF, PNG and JSON.

    Returns:
        The files written.

    Raises:
        ResultError: if the results are missing, unfinished or damaged.
    """
    return draw_as("figs1", runs[0], folder, "start (another than Figure 1’s)")
