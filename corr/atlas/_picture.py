"""A picture of a characterization: where the coefficient stays and what lies across each candidate."""

from typing import TYPE_CHECKING

import numpy as np

from ._laws import STILL

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ._table import Characterization

COLOURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "black")
MARKS = "osD^vPX"
LONGEST = 24  # letters of a point's name, and of all names side by side


def picture(found: "Characterization") -> "Figure":
    """Left: coefficients over their mean at each point; right: what lies across, with its upper bound."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("a picture needs matplotlib: pip install 'neuroevolution-correspondence[figs]'") from error
    figure = Figure(figsize=(7.2, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2, sharex=True)
    places = list(found.places)
    for k, (name, law) in enumerate(found.laws.items()):
        style = {"color": COLOURS[k % len(COLOURS)], "marker": MARKS[k % len(MARKS)], "markersize": 4, "linestyle": ""}
        across = np.arange(len(places)) + 0.6 * ((k + 0.5) / len(found.laws) - 0.5)
        mean = law.coefficient.value
        values = np.array([law.points[place].coefficient for place in places]) / mean
        left.errorbar(across, values[:, 0], np.abs(values[:, 1]), **style, label=_label(found, name))
        shares = np.array([law.points[place].across for place in places])
        bounds = np.array([min(law.points[place].at_most, 1.0) for place in places])
        right.errorbar(across, shares, [np.zeros(len(places)), np.maximum(bounds - shares, 0)], **style)
    left.axhspan(1 - found.share, 1 + found.share, color="0.9", zorder=0)
    right.axhspan(0, found.share, color="0.9", zorder=0)
    left.set_ylabel("coefficient / its mean")
    right.set_ylabel("share of the drift across it")
    names = [_plain(place if len(place) <= LONGEST else place[: LONGEST - 1] + "…") for place in places]
    turned = {"rotation": 30, "ha": "right"} if sum(map(len, names)) > LONGEST else {}
    for axis in (left, right):
        axis.set_xticks(range(len(places)), names, fontsize=8, **turned)
    right.set_ylim(0, 1.05)
    figure.legend(loc="outside lower center", ncols=3, fontsize=8)
    figure.suptitle(_title(found), fontsize=8)
    return figure


def _title(found: "Characterization") -> str:
    lines = [f"{found.draws} draws at each point; bars: one standard error, right: upper bound; grey: declared share"]
    if found.laws[found.best].verdict == STILL:
        lines.append(f"no drift found (p = {found.drift_p:.2g}): all may be noise")
    return "\n".join(lines)


def _label(found: "Characterization", name: str) -> str:
    exponent = found.exponents.get(name)
    return _plain(name if exponent is None else f"{name}, {exponent}")


def _plain(text: str) -> str:
    """Without formulas, which a dollar sign would begin."""
    return text.replace("$", r"\$")
