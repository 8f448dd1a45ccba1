"""Which module declares the figures of an experiment or study, told without loading it."""

import re
from importlib.util import find_spec

PACKAGE = __name__.rsplit(".", maxsplit=2)[0]
OF_PAPER = re.compile(r"figs?\d+")  # other modules beside the paper's figures are no figures of an experiment


def module_named(name: str) -> str | None:
    """The module whose ``MAKERS`` are the figures of this experiment or study, None where there is none."""
    if not name.isidentifier():
        return None
    places = [f"{PACKAGE}.{room}.{name}" for room in ("studies", "systems")]
    if OF_PAPER.fullmatch(name):
        places.insert(0, f"{PACKAGE}.{name}")
    return next((place for place in places if find_spec(place)), None)
