"""How a study is declared: a question answered by several computations of its own, each saved when it is done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
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
        of_folder: ``folder -> parts`` on the user's own data; None where the study's data are part of its question.
        folder: name of the folder of its results, default its own name.
    """

    name: str
    title: str
    presets: Mapping[str, Any]
    parts: Callable[[Any], Mapping[str, Compute]]
    judge: Callable[[Parts], list[str]]
    minutes: Mapping[str, float]
    numbers: Callable[[Parts], Mapping[str, Number]] = of_parts
    of_folder: Callable[[Path], Callable[[Any], Mapping[str, Compute]]] | None = None
    folder: str | None = None

    def on(self, data: Path) -> "Study":
        """The study on the data of this folder, with a folder of results of its own.

        Raises:
            ValueError: if its data are part of its question, or the folder has not what it needs.
        """
        if self.of_folder is None:
            raise ValueError(f"{self.name} has data of its own: leave --data out")
        place = data.resolve()
        try:
            parts = self.of_folder(place)
        except FileNotFoundError as error:
            raise ValueError(str(error)) from error
        title = f"{self.title} (here on {place.name})"
        return replace(self, parts=parts, folder=f"{self.name}-{place.name}", title=title)

    def preset(self, name: str) -> Any:
        """The sizes of this name; raises ``ValueError`` where there are none."""
        return nearest(f"preset of {self.name}", name, self.presets)
