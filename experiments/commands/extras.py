"""Packages that some commands alone need, asked for before the work."""

import importlib.util

EXTRAS = {"matplotlib": "figs", "statsmodels": "stats", "blackjax": "test"}


def need(command: str, *packages: str) -> None:
    """Raises ``ValueError`` for the first of these packages that is not installed, naming the extra that has it."""
    for package in packages:
        if importlib.util.find_spec(package) is None:
            raise ValueError(
                f"`corr {command}` needs {package}, got no such package: install the extra `{EXTRAS[package]}`"
            )
