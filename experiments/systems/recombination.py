"""(μ/μ, n) and CMA-ES's weights: the mean of the best."""

from .row import row
from .schemes import cma, recombination

study = row(
    "recombination",
    "(μ/μ, n) and CMA-ES at its start: the parent moves by the mean of the best mutations",
    schemes={
        **{f"best {mu} of 40": recombination(mu, 40) for mu in (2, 10, 20, 30)},
        "CMA-ES, n = 12": cma(12),
    },
    followed={"best 10 of 40": 1.25},
    minutes={"smoke": 0.5, "quick": 2.0, "paper": 20.0},
)
