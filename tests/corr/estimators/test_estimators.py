"""The estimators in scikit-learn's hands: its own checks, pipelines and grids, bits, restart, bad arguments."""

import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_moons, make_regression
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import corr
from corr import _drive
from corr.ensemble._resume import Saver
from corr.estimators import MutationClassifier, MutationRegressor
from corr.estimators._methods import METHODS

X, Y = make_moons(120, noise=0.15, random_state=0)
NAMED = np.array(["moon", "other moon"])[Y]


def classifier(**options: Any) -> MutationClassifier:
    return MutationClassifier(**{"hidden": (8,), "mutation_std": 0.1, "steps": 600, "random_state": 0} | options)


def regressor(**options: Any) -> MutationRegressor:
    return MutationRegressor(**{"hidden": (8,), "mutation_std": 0.1, "steps": 600, "random_state": 0} | options)


def same(one: Any, other: Any) -> bool:
    """Equal bits of the weights."""
    pairs = zip(jax.tree.leaves(one.params_), jax.tree.leaves(other.params_), strict=True)
    return all(bool((a == b).all()) for a, b in pairs)


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Some 250 fits of other data each: none compared with float64 at its start, all compiled without optimization."""
    monkeypatch.setattr(_drive, "check_against_float64", lambda *args: None)
    before = jax.config.read("jax_disable_most_optimizations")
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", before)


@pytest.mark.slow
@pytest.mark.usefixtures("quickly")
@parametrize_with_checks([MutationClassifier(), MutationRegressor()])
def test_scikit_learn_s_own_checks(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)


@pytest.mark.parametrize(
    "method", [pytest.param(one, marks=[] if one == "adaptive" else [pytest.mark.slow]) for one in METHODS]
)
def test_every_method_tells_moons_apart(method: str) -> None:
    """Better than a straight line does, which the curve between them needs."""
    scale = {"descent": 0.2, "twin": 0.2}.get(method, 0.1)
    found = make_pipeline(StandardScaler(), classifier(method=method, steps=1500, mutation_std=scale)).fit(X, NAMED)
    assert found.score(X, NAMED) > LogisticRegression().fit(X, NAMED).score(X, NAMED)
    shares = found.predict_proba(X)
    assert np.allclose(shares.sum(axis=1), 1) and (found.classes_[shares.argmax(axis=1)] == found.predict(X)).all()


@pytest.mark.slow
def test_a_pipeline_in_a_grid_with_cross_validation() -> None:
    pipe = make_pipeline(StandardScaler(), classifier())
    grid = GridSearchCV(pipe, {"mutationclassifier__mutation_std": [1e-6, 0.1]}, cv=2).fit(X, NAMED)
    assert grid.best_params_ == {"mutationclassifier__mutation_std": 0.1}
    assert cross_val_score(pipe, X, NAMED, cv=2).mean() > 0.7


@pytest.mark.slow
def test_bits_by_random_state_clone_and_pickle() -> None:
    first, again, other = (classifier(random_state=seed).fit(X, Y) for seed in (0, 0, 1))
    assert same(first, again) and not same(first, other)
    assert same(clone(first).fit(X, Y), first)
    copy = pickle.loads(pickle.dumps(first))
    assert same(copy, first) and (copy.predict(X) == first.predict(X)).all()
    state = np.random.RandomState(0)
    drawn = classifier(random_state=state)
    assert not same(clone(drawn.fit(X, Y)).fit(X, Y), classifier(random_state=1).fit(X, Y))


@pytest.mark.slow
def test_the_best_weights_on_held_out_points_are_kept() -> None:
    found = classifier(validation_share=0.25, patience=5, steps=3000).fit(X, Y)
    losses = found.curves_.validation_loss
    assert found.best_step_ == int(losses.step[int(np.argmin(losses.values))])
    assert {"validation_accuracy", "loss", "seconds", "evaluations"} <= {*found.curves_.variables}
    assert found.stopped_ == (found.curves_.sizes["step"] < 101)
    every = classifier(steps=3000).fit(X, Y)
    assert {"accuracy", "loss"} <= {*every.curves_.variables} and not same(found, every)
    trained = float(every.curves_.accuracy.sel(step=every.best_step_))
    assert trained == pytest.approx(every.score(X, Y))


@pytest.mark.slow
def test_partial_fit_goes_on() -> None:
    found = classifier().partial_fit(X[:60], NAMED[:60], classes=np.unique(NAMED))
    once = jax.tree.map(np.copy, found.params_)
    found.partial_fit(X[60:], NAMED[60:])
    assert any((a != b).any() for a, b in zip(jax.tree.leaves(once), jax.tree.leaves(found.params_), strict=True))
    whole = classifier().fit(X[:60], NAMED[:60])
    assert all((a == b).all() for a, b in zip(jax.tree.leaves(once), jax.tree.leaves(whole.params_), strict=True))
    with pytest.raises(ValueError, match="not among classes"):
        found.partial_fit(X, np.where(Y, "moon", "sun"))
    with pytest.raises(ValueError, match="classes must be given at the first call"):
        classifier().partial_fit(X, NAMED)


@pytest.mark.parametrize("outputs", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_numbers_keep_their_shape(outputs: int) -> None:
    rows, numbers = make_regression(80, 3, n_targets=outputs, random_state=0)
    numbers = numbers / numbers.std()
    found = regressor(steps=2000).fit(rows, numbers)
    assert found.predict(rows).shape == numbers.shape and found.score(rows, numbers) > 0.8
    found.partial_fit(rows, numbers)
    with pytest.raises(ValueError, match=f"y has {outputs + 1} outputs, the weights there are have {outputs}"):
        found.partial_fit(rows, np.ones((80, outputs + 1)))


@pytest.mark.slow
def test_weights_of_classes_help_the_rare_one() -> None:
    """Of 100 points 6 lie in the rare class, not to be told apart with certainty."""
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(0, 1, (94, 2)), rng.normal(1, 1, (6, 2))])
    labels = np.repeat([0, 1], [94, 6])
    plain, weighed = (
        balanced_accuracy_score(labels, classifier(hidden=(2,), class_weight=weight).fit(rows, labels).predict(rows))
        for weight in (None, "balanced")
    )
    assert weighed > plain


@pytest.mark.slow
def test_a_killed_fit_goes_on_with_equal_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = classifier().fit(X, Y)
    after = Saver.after_chunk

    def killed(self: Saver, step: int, fetch: Any) -> None:
        self._stop = 15 if step >= 300 else 0
        after(self, step, fetch)

    with monkeypatch.context() as patched:
        patched.setattr(Saver, "after_chunk", killed)
        with pytest.raises(corr.Interrupted):
            classifier(checkpoint=tmp_path).fit(X, Y)
    assert same(classifier(checkpoint=tmp_path).fit(X, Y), whole)


BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "method": (lambda: classifier(method="adam").fit(X, Y), "method must be one of mutation, adaptive, twin, descent"),
    "width": (lambda: classifier(hidden=(0,)).fit(X, Y), "a width in hidden must be at least 1, got 0"),
    "share": (lambda: classifier(validation_share=1.0).fit(X, Y), r"validation_share must lie in \[0, 1\), got 1.0"),
    "patience alone": (lambda: classifier(patience=3).fit(X, Y), "give a validation_share above 0"),
    "steps": (lambda: classifier(steps=0).fit(X, Y), "steps must be at least 1"),
    "one class": (lambda: classifier().fit(X, np.ones(120)), "one class only"),
    "sigma": (lambda: regressor(mutation_std=-1.0).fit(X, X[:, 0]), "mutation_std must be"),
    "penalty": (lambda: regressor(l2=-1.0).fit(X, X[:, 0]), "strength of a penalty must be 0 or more"),
    "activation": (lambda: regressor(activation="step").fit(X, X[:, 0]), "activation must be one of"),
    "hidden": (lambda: classifier(hidden=8).fit(X, Y), r"sequence of widths, such as \(32,\), got 8"),
    "beta": (lambda: classifier(beta=0.0).fit(X, Y), r"beta must lie in \(0, inf\], got 0"),
    "schedule": (
        lambda: classifier(method="twin", mutation_std=lambda k: 0.1).fit(X, Y),
        "mutation_std must be a number",
    ),
    "checkpoint": (
        lambda: classifier(random_state=None, checkpoint="x").fit(X, Y),
        "needs an integer random_state, got None",
    ),
    "few to validate": (lambda: classifier(validation_share=0.005).fit(X, Y), "validation_share 0.005 of 120 points"),
    "overflow": (lambda: classifier().fit(1e39 * X, Y), "X holds values that float32 cannot, up to"),
    "NaN": (lambda: regressor().fit(np.where(X > 1, np.nan, X), X[:, 0]), "contains NaN"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments_are_named(name: str) -> None:
    call, message = BAD[name]
    with pytest.raises((TypeError, ValueError), match=message):
        call()


def test_a_fitted_network_is_kept_whatever_is_set_later_and_refuses_what_it_cannot_hold() -> None:
    found = classifier(steps=50).fit(X, Y)
    before = found.predict_proba(X)
    found.set_params(activation="relu", hidden=(3,))
    assert (found.predict_proba(X) == before).all()
    with pytest.raises(ValueError, match="X holds values that float32 cannot"):
        found.predict(1e39 * X)


def test_a_feature_without_digits_is_told() -> None:
    with pytest.warns(UserWarning, match="feature 1 of X differs by .* keeps few digits: put a StandardScaler"):
        classifier(steps=5).fit(X + np.array([0.0, 1e7]), Y)


def test_nothing_is_told_before_a_fit() -> None:
    with pytest.raises(NotFittedError):
        classifier().predict(X)
