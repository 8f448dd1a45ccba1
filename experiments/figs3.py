"""Figure S3: the deep network where mutations are too large."""

from dataclasses import replace

from ._declare import Margins, Preset
from .fig3 import experiment as fig3

# λα = 3e-3 must divide the time between records, so the last one stands at 4.95.
_PAPER = Preset(1e-4, (10.0, 30.0), (100, 100), 100, end_time=4.95, record_every=0.15)

experiment = replace(
    fig3,
    name="figs3",
    title="deep network, zero temperature: breakdown at large mutation scales",
    margins=Margins(loss_until=4.95),
    breaks_down=True,
    presets={
        "smoke": Preset(1e-4, (100.0, 300.0), (6, 6), 6, end_time=0.3, record_every=0.15, descent_learning_rate=1e-2),
        "quick": replace(_PAPER, trajectories=(24, 24), twin_trajectories=24),
        "paper": _PAPER,
    },
)
