"""Losses: a loss is a function ``params -> scalar``; these build one from a network and data."""

from ._regression import mean_squared_error

__all__ = ["mean_squared_error"]
