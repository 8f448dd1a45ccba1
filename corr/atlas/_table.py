"""The result of ``characterize``: a table to print, a picture to draw."""

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from ..inference import Estimate
from ._candidates import PAIRS, POWER
from ._compared import both_sign, differs_by
from ._laws import EITHER, ROUNDING, STILL, UNDECIDED, YES, Law
from ._moves import Place
from ._power import Exponent

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Characterization(NamedTuple):
    """Which descent a scheme is; print it, or let a notebook show it, for the table.

    Attributes:
        places: what it does at each point.
        laws: each candidate at all points, the one that lies closest first.
        exponents: H of each power gradient; None where all components have one size, which tells none.
        share: declared share within which a candidate is called equivalent.
        draws, generations: displacements at each point, and steps of each.
        drift_p: p-value of there being no drift at any point.
        notes: what else is to be known of the scheme and the points.
    """

    places: dict[str, Place]
    laws: dict[str, Law]
    exponents: dict[str, Exponent | None]
    share: float
    draws: int
    generations: int
    drift_p: float
    notes: tuple[str, ...] = ()

    @property
    def exponent(self) -> float:
        """H of sign(g)|g|^H; NaN where none is told."""
        fitted = self.exponents[POWER]
        return math.nan if fitted is None else fitted.estimate.value

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

    def __repr__(self) -> str:
        closest = f"closest {self.best!r}, {self.laws[self.best].verdict}"
        return f"Characterization(points {list(self.places)}, {closest}; print it for the table)"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What IPython shows."""
        del cycle
        printer.text(str(self))

    def __str__(self) -> str:
        per = "one step" if self.generations == 1 else f"{self.generations} steps"
        lines = [f"mean displacement of {per}, {self.draws} draws at each point; candidates within"
                 f" {100 * self.share:g} % of the drift"]  # fmt: skip
        lines += ["", *_aligned([("point", "|drift|", "noise along g", "across", "accepted", "κ"), *self._rows()])]
        heads = ("drift = -c u", "c", "c varies by", "share off u (bound)", "verdict")
        lines += ["", *_aligned([heads, *(self._law(name, law) for name, law in self.laws.items())])]
        return "\n".join([*lines, "", *self._ends()])

    def _ends(self) -> list[str]:
        """What follows the table: H, what is not told apart, the clock, notes."""
        if self.laws[self.best].verdict == STILL:
            found = f"no drift found (p = {self.drift_p:.2g}): all displacements may be noise; give more draws, or a"
            return [f"{found} longer burn_in to a population that must spread first", *self.notes]
        powers = [
            f"{name}: {one or 'H is not told, all components have one size'}" for name, one in self.exponents.items()
        ]
        return ["; ".join(powers), *self._alike(), self._clock(), *self.notes]

    def _alike(self) -> list[str]:
        """Two lengths of one direction that differ too little between the points to be told apart."""
        for pair in (one for one in PAIRS if all(name in self.laws for name in one)):
            verdicts = {self.laws[name].verdict for name in pair}
            if not verdicts <= {YES, EITHER, UNDECIDED}:
                continue
            found = [[self.laws[name].points[at].coefficient.value for at in self.places] for name in pair]
            ratios = [long / short for short, long in zip(*found, strict=True)]
            differ = differs_by(ratios)
            if (EITHER in verdicts or differ < self.share) and not both_sign(pair, ratios, self.share):
                by = "is the same at all points" if differ < ROUNDING else f"differs by {100 * differ:.2g} % alone"
                names, length = " and ".join(pair), pair[1].partition("/")[2]
                return [f"{names} are not told apart: {length} {by}, give points where it differs more"]
        return []

    def _clock(self) -> str:
        fits = [name for name, law in self.laws.items() if law.verdict.startswith("yes")]
        if not fits:
            return f"no candidate is shown to fit within {100 * self.share:g} %: no clock"
        pair = next((one for one in PAIRS if fits[0] in one and self.laws[fits[0]].verdict == EITHER), fits[:1])
        clocks = " or ".join(f"of {name}: {told(self.time_per_evaluation(name))}" for name in pair)
        return f"clock {clocks} per evaluation of the loss"

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
