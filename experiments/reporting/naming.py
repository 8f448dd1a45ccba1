"""What figures and their panels are called in the report, from names of entries and files."""

import re
from pathlib import Path

PAPERS = re.compile(r"fig(s?)(\d+)")  # fig1 and figs1 of the paper and its supplement


def label(name: str) -> str:
    """What a figure is called.

    Args:
        name: of the entry in the catalogue.

    Example:
        >>> label("fig1"), label("figs4"), label("drift")
        ('Figure 1', 'Figure S4', 'drift')
    """
    found = PAPERS.fullmatch(name)
    return f"Figure {found[1].upper()}{found[2]}" if found else name


def panel(file: Path, name: str, shown: str) -> str:
    """What a picture is called: its figure, which panel of it, and what it shows.

    Args:
        file: the picture, named as its figure with what tells the panel at the end.
        name: of the entry in the catalogue.
        shown: on the picture.

    Example:
        >>> panel(Path("fig1c.png"), "fig1", "weights"), panel(Path("drift_one_coordinate.png"), "drift", "one step")
        ('Figure 1c: weights', 'drift, one coordinate: one step')
    """
    called = label(name)
    rest = file.stem.removeprefix(name) if file.stem.startswith(name) else f"_{file.stem}"
    letter = re.fullmatch(r"-?([a-z])", rest)
    if letter:
        called += letter[1] if called != name else f", panel {letter[1]}"
    elif rest:
        called += f", {re.sub('[-_]+', ' ', rest).strip()}"
    return f"{called}: {shown}"
