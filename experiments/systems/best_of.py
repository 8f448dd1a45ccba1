"""(1, n) and (1 + n): the best of n mutations replaces the parent."""

from .row import row
from .schemes import best_of

study = row(
    "best_of",
    "(1, n) and (1 + n): the best of n mutations replaces the parent, always or only where it is not worse",
    schemes={
        **{f"(1, {n})": best_of(n) for n in (2, 5, 10, 40)},
        **{f"(1 + {n})": best_of(n, keep_parent=True) for n in (1, 5)},
    },
    followed={"(1, 10)": 1.0, "(1 + 5)": 1.0},
    minutes={"smoke": 0.5, "quick": 2.0, "paper": 20.0},
)
