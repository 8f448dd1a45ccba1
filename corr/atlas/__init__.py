"""Which descent a training scheme is: its mean displacement and noise at given points, beside candidate directions."""

from ._characterize import characterize
from ._laws import Direction, Law, law
from ._moves import Moves, Place, displacements
from ._place import place
from ._smoothed import smoothed_gradient
from ._table import Characterization

__all__ = [
    "Characterization",
    "Direction",
    "Law",
    "Moves",
    "Place",
    "characterize",
    "displacements",
    "law",
    "place",
    "smoothed_gradient",
]
