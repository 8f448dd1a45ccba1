"""The cost figure of ``corr bench``."""

import json
from importlib.resources import files
from pathlib import Path

LOGARITHMIC = ("number of parameters", "number of data points")
PANELS = ("number of trajectories", *LOGARITHMIC, "devices")


def draw(file: Path) -> None:
    """Cost per step and trajectory against trajectories, parameters, points and devices, saved beside ``file``."""
    import matplotlib.style
    from matplotlib.figure import Figure

    results = json.loads(file.read_text(encoding="utf-8"))
    with matplotlib.style.context(str(files("paper_figs") / "corr.mplstyle")):
        figure = Figure(figsize=(6.9, 2.1), layout="constrained")
        for axis, title in zip(figure.subplots(1, len(PANELS)), PANELS, strict=True):
            _panel(axis, title, results[title])
        figure.supylabel("µs per step and trajectory", fontsize="medium")
        figure.savefig(file.with_suffix(".pdf"))
        figure.savefig(file.with_suffix(".png"), dpi=300)


def _panel(axis, title: str, rows: list[dict]) -> None:
    numbers = [float(next(word for word in row["name"].split() if word.isdigit())) for row in rows]
    middle = [row["median"] for row in rows]
    low = [m - min(row["microseconds"]) for m, row in zip(middle, rows, strict=True)]
    high = [max(row["microseconds"]) - m for m, row in zip(middle, rows, strict=True)]
    axis.errorbar(numbers, middle, (low, high), marker="o", markersize=3, color="#009E73")
    axis.set_xscale("log", base=2)
    axis.set_xticks(numbers, [f"{number:g}" for number in numbers])
    axis.minorticks_off()
    if title in LOGARITHMIC:
        axis.set_yscale("log", base=2)
        axis.yaxis.set_major_formatter("{x:g}")
    else:
        axis.set_ylim(bottom=0)
    axis.set_xlabel(title)
