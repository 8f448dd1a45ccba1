"""The page of laws of `adaptive`."""

from .laws import page

MAKERS = {"adaptive": page}
