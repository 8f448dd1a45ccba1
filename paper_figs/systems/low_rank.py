"""The page of laws of `low_rank`."""

from .laws import page

MAKERS = {"low_rank": page}
