"""The page of laws of `smoothing`."""

from .laws import page

MAKERS = {"smoothing": page}
