"""The result of ``characterize``: a table to print, a picture to draw."""

import math
from typing import TYPE_CHECKING, NamedTuple

from ..inference import Estimate
from ._candidates import PAIRS
from ._laws import EITHER, STILL, Law
from ._moves import Place

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Characterization(NamedTuple):
    """Which descent a scheme is.

    Attributes:
        places: what it does at each point.
        laws: each candidate at all points, the one that lies closest first.
        exponent: H of the power sign(g)|g|^H that lies closest to the drifts.
        share: declared share within which a candidate is called equivalent.
        draws, generations: displacements at each point, and steps of each.
        drift_p: p-value of there being no drift at any point.
    """

    places: dict[str, Place]
    laws: dict[str, Law]
    exponent: float
    share: float
    draws: int
    generations: int
    drift_p: float

    @property
    def best(self) -> str:
        """The candidate that lies closest."""
        return next(iter(self.laws))

    def time_per_evaluation(self, name: str | None = None) -> Estimate:
        """Step of the common clock per evaluation of the loss: the coefficient of a candidate over the evaluations."""
        chosen = name or self.best
        if chosen not in self.laws:
            raise ValueError(f"unknown candidate {chosen!r}: there are {', '.join(self.laws)}")
        value, error = self.laws[chosen].coefficient
        spent = next(iter(self.places.values())).evaluations
        return Estimate(value / spent, error / spent)

    def __str__(self) -> str:
        per = "one step" if self.generations == 1 else f"{self.generations} steps"
        lines = [f"mean displacement of {per}, {self.draws} draws at each point; candidates within"
                 f" {100 * self.share:g} % of the drift"]  # fmt: skip
        lines += ["", *_aligned([("point", "|drift|", "noise along g", "across", "accepted", "κ"), *self._rows()])]
        heads = ("drift = -c u", "c", "c varies by", "share off u (bound)", "verdict")
        lines += ["", *_aligned([heads, *(self._law(name, law) for name, law in self.laws.items())])]
        return "\n".join([*lines, "", *self._ends()])

    def _ends(self) -> list[str]:
        best = self.laws[self.best].verdict
        if best == STILL:
            return [f"no drift found (p = {self.drift_p:.2g}): all displacements may be noise; give more draws, or a"
                    " longer burn_in to a population that must spread first"]  # fmt: skip
        sizes = [float((one.gradient**2).sum()) ** 0.5 for one in self.places.values()]
        same = max(sizes) < (1 + self.share) * min(sizes)
        said = ["g and g/|g| are not told apart: |g| is the same at all points, give some where it differs"] * same
        pair = next(one for one in PAIRS if self.best in one) if best == EITHER else (self.best,)
        clocks = " or ".join(f"of {name}: {told(self.time_per_evaluation(name))}" for name in pair)
        return [*said, f"H = {self.exponent:.2f}; clock {clocks} per evaluation of the loss"]

    def _rows(self) -> list[tuple[str, ...]]:
        rows = []
        for name, one in self.places.items():
            length = f"{float((one.drift**2).sum()) ** 0.5:.4g}"
            noise = (told(one.noise["along"]), told(one.noise["across"]))
            rows.append((name, length, *noise, f"{one.acceptance:.3f}", told(one.kappa)))
        return rows

    def _law(self, name: str, law: Law) -> tuple[str, ...]:
        worst = max(law.points.values(), key=lambda one: one.at_most)
        varies = f"{100 * law.spread:.1f} %" if len(law.points) > 1 else "one point"
        bound = f"{100 * worst.across:.1f} % ({_percent(worst.at_most)})"
        return (name, told(law.coefficient), varies, bound, law.verdict)

    def plot(self) -> "Figure":
        """Coefficients over their mean at each point, and what lies across each candidate; needs matplotlib."""
        from ._picture import picture

        return picture(self)


def told(number: Estimate) -> str:
    """Value ± standard error, that there is none, or that the noise hides it."""
    if math.isnan(number.value):
        return "none"
    if not abs(number.value) < float("inf"):
        return "not resolved"
    return f"{number.value:.4g} ± {number.standard_error:.2g}"


def _percent(share: float) -> str:
    return f"< {100 * share:.1f} %" if share < 1 else "none"


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
