"""Every candidate at all places, the closest first, and which of two lengths of one direction it is."""

import math

import numpy as np

from ._candidates import FAMILIES, PAIRS, POWERS, Vectors
from ._differences import drift_p
from ._laws import EITHER, ROUNDING, STILL, YES, Law, direction, law
from ._moves import Place

TIED = 0.25  # of the declared share within which two candidates lie as close


def compared(
    places: dict[str, Place], vectors: dict[str, Vectors], roundings: dict[str, float], share: float, level: float
) -> tuple[dict[str, Law], float]:
    """Laws of all candidates, of two as close the one that was named first, and the p-value of no drift at all."""
    laws = {
        title: law(
            {name: direction(one.blocks, vectors[name][title], share=share, level=level, seed=number,
                             rounding=roundings[name])
             for number, (name, one) in enumerate(places.items())}, share=share, level=level)
        for title in next(iter(vectors.values()))
    }  # fmt: skip
    for pair in (one for one in PAIRS if all(title in laws for title in one)):
        both = [laws[title].verdict for title in pair]
        ratios = [float(np.linalg.norm(one[pair[0]]) / np.linalg.norm(one[pair[1]])) for one in vectors.values()]
        equal = differs_by(ratios) < ROUNDING and all(one.startswith("yes") for one in both)
        if (both == [YES, YES] or equal) and not both_sign(pair, ratios, share):
            laws |= {title: laws[title]._replace(verdict=EITHER) for title in pair}

    def apart(row: tuple[str, Law]) -> float:
        name, one = row
        off = max(one.spread, *(at.across for at in one.points.values()))
        # A fitted H lies closer than the same candidate without.
        return math.floor(off / (share * TIED)) + (name in FAMILIES) if math.isfinite(off) else math.inf

    nothing = drift_p([one.blocks for one in places.values()], [one.coefficient for one in laws.values()])
    ordered = dict(sorted(laws.items(), key=apart))
    if nothing >= level:
        ordered = {title: one._replace(verdict=STILL) for title, one in ordered.items()}
    return ordered, nothing


def both_sign(pair: tuple[str, str], ratios: list[float], share: float) -> bool:
    """Whether H is so small that both powers are sign g, whose length is no other at any point."""
    return pair == POWERS and max(abs(ratio - 1) for ratio in ratios) < share


def differs_by(lengths: list[float]) -> float:
    """Largest over smallest length, less one."""
    return float(max(lengths) / min(lengths) - 1)
