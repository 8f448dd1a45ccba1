"""Packages that not everybody has."""

import importlib
from typing import Any


def optional(module: str) -> Any:
    """A module of the extra `data`; the error says how to install it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{module} is needed here, {error.name} is not installed: pip install 'neuroevolution-correspondence[data]'"
        ) from error
