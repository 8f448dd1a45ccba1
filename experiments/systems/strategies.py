"""Evolution strategies in the manner of OpenAI's: raw fitness follows g, z-scores and ranks follow ĝ."""

from .row import row
from .schemes import strategy

study = row(
    "strategies",
    "evolution strategies on raw fitness, z-scores and centred ranks, antithetic or not",
    schemes={
        "raw, n = 40": strategy(40, "raw"),
        "raw, n = 40, antithetic": strategy(40, "raw", antithetic=True),
        "z-scores, n = 40": strategy(40, "z-score"),
        "ranks, n = 10": strategy(10, "centred ranks"),
        "ranks, n = 40": strategy(40, "centred ranks"),
        "ranks, n = 40, antithetic": strategy(40, "centred ranks", antithetic=True),
    },
    followed={"ranks, n = 40": 1.0, "z-scores, n = 40": 1.0, "raw, n = 40": 0.5},
    minutes={"smoke": 0.5, "quick": 2.0, "paper": 20.0},
)
