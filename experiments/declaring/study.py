"""How a study is declared: a question answered by several computations of its own, each saved when it is done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import xarray

from .names import nearest
from .number import Number, of_parts

Parts = Mapping[str, xarray.Dataset]
Compute = Callable[[jax.Array], xarray.Dataset]


@dataclass(frozen=True)
class Study:
    """A question that needs more than one comparison on one clock.

    Attributes:
        name: short name used on the command line.
        title: one line.
        presets: sizes by name, ``smoke``, ``quick`` and ``paper``; plain fields, kept in the manifest.
        parts: ``sizes -> {name: compute}``; ``compute(key)`` gives the Dataset of one part, in under a minute or two.
        judge: ``{name: Dataset} -> sentences``, what the numbers say.
        minutes: about how long each preset takes on two cores.
        numbers: ``{name: Dataset} -> numbers``, the few that a referee would check.
    """

    name: str
    title: str
    presets: Mapping[str, Any]
    parts: Callable[[Any], Mapping[str, Compute]]
    judge: Callable[[Parts], list[str]]
    minutes: Mapping[str, float]
    numbers: Callable[[Parts], Mapping[str, Number]] = of_parts

    def preset(self, name: str) -> Any:
        """The sizes of this name; raises ``ValueError`` where there are none."""
        return nearest(f"preset of {self.name}", name, self.presets)
