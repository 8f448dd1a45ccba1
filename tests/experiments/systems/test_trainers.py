"""Trainers: equal trials and budgets, batches that cost their share, least validation loss, either sentence."""

import jax
import numpy as np
import optax
import pytest
import xarray

import corr
from corr.experiments.systems import contestants, trained, trainers

from ...paper_figs.written_trainers import contest, learned

DIGITS = trained.SOURCES["digits"]
KEY = corr.root_key(0)
SMALL = trained.Budget(evaluations=60, trial=30, trials=2, splits=2, seeds=2, looks=3)


@pytest.fixture(scope="module")
def small() -> xarray.Dataset:
    pytest.importorskip("sklearn")
    walk = trained.Trainer(contestants.mutation, (1e-6, 0.02), "σ at first")
    return trained.part(corr.root_key(0), "mutation", walk, DIGITS, SMALL)


@pytest.mark.slow
def test_a_trainer_is_tuned_and_run_from_every_start_on_every_split(small: xarray.Dataset) -> None:
    assert dict(small.test_accuracy.sizes) == {"split": 2, "seed": 2, "evaluations": 4}
    assert small.attrs["number"] == 0.02  # σ = 1e-6 does not move
    assert small.tuning[1] < small.tuning[0]
    assert small.evaluations.values.tolist() == [0, 20, 40, 60]
    assert np.isfinite(small.attrs["each"]) and small.attrs["each"] > 0
    first = small.training_loss.isel(evaluations=0).values
    assert len({*first.ravel().tolist()}) == first.size  # splits and starts of their own


def test_a_step_on_a_batch_costs_its_share() -> None:
    pytest.importorskip("sklearn")
    task = trained.task(DIGITS, 0)
    side = trained.on_batches(task, lambda loss: corr.from_optax(loss, optax.sgd(0.1)))
    whole = corr.from_optax(task.loss, optax.sgd(0.1))
    assert side.evaluations == whole.evaluations * trained.BATCH / task.count


def test_parts_of_a_split_have_no_image_in_common() -> None:
    pytest.importorskip("sklearn")
    rows = [{image.tobytes() for image in np.asarray(half.points.T)} for half in trained.halves(DIGITS, 3)]
    assert all(rows) and not (rows[0] & rows[1] or rows[0] & rows[2] or rows[1] & rows[2])
    other = trained.halves(DIGITS, 4)[2]
    assert rows[2] != {image.tobytes() for image in np.asarray(other.points.T)}


def test_components_are_those_of_what_is_learned_from() -> None:
    pytest.importorskip("sklearn")
    pixels, seen = (trained.halves(DIGITS._replace(components=count), 3) for count in (None, 5))
    middle = np.asarray(pixels[0].points).mean(axis=1, keepdims=True)
    axes = np.linalg.svd(np.asarray(pixels[0].points) - middle, full_matrices=False)[0][:, :5]
    for raw, part in zip(pixels, seen, strict=True):
        by_hand = axes.T @ (np.asarray(raw.points) - middle)
        np.testing.assert_allclose(np.abs(part.points), np.abs(by_hand), atol=1e-4)  # up to the sign of an axis
        np.testing.assert_array_equal(part.targets, raw.targets)


def test_the_loss_of_some_points_has_the_penalty_too() -> None:
    pytest.importorskip("sklearn")
    task = trained.task(DIGITS, 0)
    params = task.init(jax.random.key(0))
    every = jax.numpy.arange(task.count)
    np.testing.assert_allclose(task.on(params, every), task.loss(params), rtol=1e-5)
    gap = float(task.loss(params) - task.observe(params)["training_loss"])
    squares = sum(float((leaf**2).sum()) for leaf in jax.tree.leaves(params))
    assert gap == pytest.approx(DIGITS.penalty * squares, rel=1e-3)


def test_a_budget_below_one_step_is_refused() -> None:
    pytest.importorskip("sklearn")
    trainer = contestants.TRAINERS["evolution strategy"]
    with pytest.raises(ValueError, match="3 looks a step apart cost 120 evaluations, there are 100"):
        trained.run(trainer, trained.task(DIGITS, 0), 0.1, SMALL._replace(evaluations=100), corr.root_key(0), "few")


def said(**changes: dict[str, float]) -> str:
    names = {"mutation": contestants.MUTATION, "adaptive": contestants.ADAPTIVE}
    return "\n".join(trainers.judge(contest({names[name]: change for name, change in changes.items()})))


def test_who_is_as_good_and_overfits_is_said_to_be() -> None:
    text = said()
    assert "mutation is within 1 point of Adam on the mean of 5 splits" in text and "all of it within" in text
    assert "evaluations is told from one that is within" in text
    assert "a LOWER training loss" in text and "a LOWER test accuracy" in text and "EDGE" not in text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"mutation": {"accuracy": 0.945}}, "mutation is NOT within 1 point of Adam"),
        ({"mutation": {"accuracy": 0.952}}, "part of it within"),
        ({"mutation": {"number": 0.02}}, "of 0.005, 0.01, 0.02: at the EDGE of what was tried"),
        ({"adaptive": {"accuracy": 0.975, "training_loss": 0.3}}, "a HIGHER training loss"),
        ({"adaptive": {"accuracy": 0.975, "training_loss": 0.3}}, "a HIGHER test accuracy"),
        ({"adaptive": {"accuracy": 0.96, "training_loss": 0.1}}, "NO other training loss"),
    ],
)
def test_the_opposite_is_said_of_the_opposite(changes: dict[str, dict[str, float]], expected: str) -> None:
    assert expected in said(**changes)


def test_an_early_end_that_is_as_good_is_not_told() -> None:
    parts = contest()
    done = parts["digits, mutation"]
    parts["digits, mutation"] = done.assign(
        test_accuracy=done.test_accuracy.isel(evaluations=-1) + 0 * done.test_accuracy
    )
    assert "is NOT told from one that is within" in "\n".join(trainers.judge(parts))


def test_the_look_of_least_validation_loss_counts() -> None:
    data = learned(0.96)
    marked = data.assign(at=data.evaluations + 0 * data.training_loss)
    assert set(trained.at_best(marked, "at").ravel().tolist()) == {16_000.0}


def test_every_data_set_has_every_trainer() -> None:
    names = set(trainers.study.parts(trainers.study.preset("paper")))
    every = (*contestants.TRAINERS, trainers.BASELINES)
    published = f"MNIST-5k, {contestants.AS_PUBLISHED}"
    assert names == {f"{data}, {name}" for data in trained.SOURCES for name in every} | {published}
    assert contestants.DEEP.widths == (64, 64, 64, 64) and contestants.PUBLISHED.tried == (1e-3,)
    assert {len(one.tried) for one in contestants.TRAINERS.values()} == {4}


def test_seeds_of_one_split_are_not_counted_as_independent() -> None:
    values = trained.at_best(learned(0.96), "test_accuracy")
    found = trainers.spread(values)
    assert found.count == len(values) == 5
    assert found.error == pytest.approx(values.mean(axis=1).std(ddof=1) / np.sqrt(5))
    assert found.error > 1.2 * trainers.spread(values.reshape(-1, 1)).error


@pytest.mark.parametrize("name", ["mutation", "Adam", "evolution strategy"])
def test_stretches_that_are_timed_are_one_program(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A last stretch of another length would be compiled while the clock runs."""
    pytest.importorskip("sklearn")
    asked: dict[str, int] = {}

    def fit(*_: object, **options: int) -> None:
        asked.update(options)
        raise InterruptedError

    monkeypatch.setattr(corr, "fit", fit)
    with pytest.raises(InterruptedError):
        trained.seconds(contestants.TRAINERS[name], trained.task(DIGITS, 0), 0.01, SMALL._replace(trial=4999), KEY)
    assert asked["steps"] % asked["look_every"] == 0 and asked["steps"] // asked["look_every"] > trained.WARM
