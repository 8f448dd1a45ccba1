"""The page of laws of `noise`."""

from .laws import page

MAKERS = {"noise": page}
