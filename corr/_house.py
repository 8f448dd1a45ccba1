"""`corr.theory`, `corr.experiments` and `corr.figures` in a checkout: other names of the folders beside `corr/`.

An installed wheel holds these folders inside `corr/` and needs none of this.
"""

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

PACKAGE = Path(__file__).parent
ROOMS = {"theory": "theory", "experiments": "experiments", "figures": "paper_figs"}
# What else a room imports: a foreign folder of that name would break it as well.
NEEDS = {"experiments": ("experiments", "theory", "paper_figs")}


class _Rooms:
    """Finds a room, and every module in it, under its second name."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        """The place of ``corr.ROOM[.x]`` among the modules beside corr; None for any other name."""
        del path, target
        own = real_name(name)
        if own == name or (PACKAGE / name.split(".")[1]).is_dir():
            return None
        room = name.split(".")[1]
        for folder in NEEDS.get(room, (ROOMS[room],)):
            if not (PACKAGE.parent / folder / "__init__.py").is_file():
                return None
            _refuse_foreign(folder, room)
        found = importlib.util.find_spec(own)
        if found is None:
            return None
        return ModuleSpec(
            name, _Second(found), origin=found.origin, is_package=found.submodule_search_locations is not None
        )


class _Second(Loader):
    """Loads the module itself and puts it in ``sys.modules`` under its second name, untouched."""

    def __init__(self, found: ModuleSpec) -> None:
        self._found = found

    def create_module(self, spec: ModuleSpec) -> None:
        """A blank module, as usual, in whose place the real one is put."""

    def exec_module(self, module: ModuleType) -> None:
        """Python takes what then stands in ``sys.modules`` for the module."""
        sys.modules[module.__name__] = importlib.import_module(self._found.name)

    def get_code(self, name: str) -> Any:
        """For ``python -m corr.experiments.cli``."""
        del name
        return self._found.loader.get_code(self._found.name)  # pyright: ignore[reportOptionalMemberAccess, reportAttributeAccessIssue]


def real_name(name: str) -> str:
    """The name that a module of a room has in a checkout; other names stay.

    Args:
        name: dotted name of a module.

    Example:
        >>> real_name("corr.figures.fig1"), real_name("corr.inference")
        ('paper_figs.fig1', 'corr.inference')
    """
    above, _, rest = name.partition(".")
    room, dot, rest = rest.partition(".")
    return f"{ROOMS[room]}{dot}{rest}" if above == __package__ and room in ROOMS else name


def open_rooms() -> None:
    """Ask the rooms first: in a room, Python's own finder would load its files a second time under the second name."""
    if not any(type(finder).__qualname__ == _Rooms.__qualname__ for finder in sys.meta_path):
        sys.meta_path.insert(0, _Rooms())


def _refuse_foreign(folder: str, room: str) -> None:
    """Raises ``ImportError`` if what Python imports as ``folder`` is not the one beside corr."""
    own, top = PACKAGE.parent / folder, PACKAGE.parent
    found = sys.modules.get(folder) or importlib.util.find_spec(folder)
    if found is None:
        cure = f"put {top} on it, or install the package (`pip install -e {top}`)"
        raise ImportError(f"corr.{room} needs {own}, got a Python path without it: {cure}", name=f"corr.{room}")
    spec = found if isinstance(found, ModuleSpec) else found.__spec__
    places = [*(spec.submodule_search_locations or [])] if spec else []
    if any(Path(place).resolve() == own.resolve() for place in places):
        return
    place = (places or [spec.origin if spec else None])[0] or "a module without a file"
    raise ImportError(
        f"corr.{room} is hidden: Python imports {place} as `{folder}`, expected {own}: rename yours or start Python"
        " from another folder; or install the package itself (`pip install .` without -e), which holds its own inside"
        " corr",
        name=f"corr.{room}",
    )
