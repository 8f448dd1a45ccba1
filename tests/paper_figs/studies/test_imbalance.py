"""The figure of imbalance shows means of runs with their errors, and fits with and without training."""

import matplotlib.style
import numpy as np
import pytest

from corr.figures.parts.read import StudyResult
from corr.figures.parts.style import STYLE
from corr.figures.systems import imbalance

from ..test_files import collisions
from ..written_imbalance import imbalances


@pytest.mark.parametrize("trained", [True, False])
def test_it_fits_with_and_without_training(trained: bool) -> None:
    parts, sizes = imbalances()
    kept = {name: data for name, data in parts.items() if trained or name != imbalance.TRAINING}
    with matplotlib.style.context(STYLE):
        figure, _ = imbalance.page(StudyResult(kept, {"preset": "quick", **sizes}))
        assert collisions(figure) == []


def test_means_of_runs_are_drawn_with_their_errors() -> None:
    parts, sizes = imbalances()
    with matplotlib.style.context(STYLE):
        figure, _ = imbalance.page(StudyResult(parts, {"preset": "quick", **sizes}))
    data = parts[imbalance.TRAINING]
    axis = next(one for one in figure.axes if one.get_ylabel() == "balanced accuracy")
    bars = axis.containers[list(data.route.values).index("SMOTE")]
    values = data["balanced accuracy"].sel(route="SMOTE")[:: imbalance.EVERY]
    np.testing.assert_allclose(bars.lines[0].get_ydata(), values.mean("run").values)
    low, high = np.array(bars.lines[2][0].get_segments())[:, :, 1].T
    np.testing.assert_allclose((high - low) / 2, values.values.std(axis=1, ddof=1) / np.sqrt(data.sizes["run"]))
