"""Suppression's figure shows pairs of seeds, and where none are alike the test losses of one run."""

import matplotlib.style
import numpy as np
import pytest

from corr.figures.parts.read import StudyResult
from corr.figures.parts.style import STYLE
from corr.figures.systems import suppression

from ..test_files import collisions
from ..written_suppression import on_digits, suppressions


def test_differences_of_pairs_are_drawn_with_their_errors() -> None:
    """A run that lies 0.02 above, on seeds that scatter by 0.002, less each seed's independent mean."""
    parts, sizes = suppressions()
    data = on_digits(random=0.02)
    with matplotlib.style.context(STYLE):
        figure, numbers = suppression.digits(
            StudyResult({**parts, "digits, one start": data}, {"preset": "q", **sizes})
        )
    axis = next(one for one in figure.axes if one.get_title(loc="left") == "(c) one start")
    bars = axis.containers[list(suppression.STYLES).index("random")]
    paired = (data.test_loss - data.test_loss[0, 0]).sel(run="random").values
    np.testing.assert_allclose(bars.lines[0].get_ydata(), paired.mean(axis=1))
    low, high = np.array(bars.lines[2][0].get_segments())[:, :, 1].T
    np.testing.assert_allclose((high - low) / 2, paired.std(axis=1, ddof=1) / 2)
    assert (high - low).max() < 0.5 * data.test_loss.std("seed").max()
    np.testing.assert_allclose(numbers["digits, own starts"]["test_loss"], parts["digits, own starts"].test_loss)


@pytest.mark.parametrize("own", [True, False])
def test_it_fits_without_starts_of_their_own(own: bool) -> None:
    parts, sizes = suppressions()
    kept = {name: data for name, data in parts.items() if own or name != "digits, own starts"}
    with matplotlib.style.context(STYLE):
        for make in suppression.MAKERS.values():
            figure, _ = make(StudyResult(kept, {"preset": "quick", **sizes}))
            assert collisions(figure) == []
    assert ("own starts" in {text.get_text() for text in figure.legends[0].get_texts()}) == own
