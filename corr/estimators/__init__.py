"""Mutation as a trainer in scikit-learn's manner: a classifier and a regressor, for pipelines and grids.

They need the extra `data`, for scikit-learn.
"""

from ..data._optional import optional

optional("sklearn.base")

from ._classifier import MutationClassifier  # noqa: E402
from ._regressor import MutationRegressor  # noqa: E402

__all__ = ["MutationClassifier", "MutationRegressor"]
