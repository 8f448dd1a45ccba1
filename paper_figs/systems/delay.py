"""The page of laws of `delay`."""

from .laws import page

MAKERS = {"delay": page}
