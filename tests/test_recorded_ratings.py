"""Models on recorded ratings: Dawid and Skene's anaesthetists, and the crowd of Snow and others."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from distribution.aggregation import dawid_skene, majority, one_coin
from distribution.coefficients import krippendorff_alpha
from distribution.likelihood import confusion_of, fit
from distribution.ratings import Ratings
from tests.conftest import numbers, table

ROWS = table("anaesthetists.csv")
PATIENTS = Ratings.of(
    (
        (row["patient"], observer, answer)
        for row in ROWS
        for observer in row
        if observer.startswith("observer")
        for answer in numbers(row[observer])
    ),
    answers=[1, 2, 3, 4],
    repeats=True,
)
MODEL = dawid_skene(PATIENTS, tolerance="1e-12")


def test_the_likelihood_of_the_anaesthetists_is_reproduced() -> None:
    """After 1, 5, 10 and 31 iterations, the last."""
    history = [round(value, 4) for value in MODEL.log_likelihood]

    assert (history[0], history[4], history[9]) == (-205.0911, -192.9093, -192.8910)
    assert history[30:] == [-192.8909]
    assert MODEL.converged


def test_the_class_marginals_of_the_anaesthetists_are_reproduced() -> None:
    """As published to two digits: .40 .42 .11 .07."""
    assert [round(prior, 4) for prior in MODEL.priors] == [0.3996, 0.4220, 0.1118, 0.0667]


def test_every_patient_gets_the_published_class() -> None:
    """All 45."""
    assert MODEL.labels == {row["patient"]: int(row["label"]) for row in ROWS}


def test_three_patients_are_uncertain() -> None:
    """The others are above .99."""
    best = {patient: max(row) for patient, row in MODEL.posterior.items()}

    assert {patient: round(p, 3) for patient, p in best.items() if p < 0.99} == {
        "7": 0.981, "35": 0.948, "38": 0.979,
    }  # fmt: skip


def test_the_errors_of_the_first_observer_are_reproduced() -> None:
    """He answered three times, and all of it counts."""
    assert [[round(p, 3) for p in row] for row in MODEL.confusion["observer 1"]] == [
        [0.889, 0.111, 0, 0],
        [0.071, 0.876, 0.053, 0],
        [0, 0.339, 0.661, 0],
        [0, 0, 0.556, 0.444],
    ]


def test_a_start_from_majority_votes_ends_in_a_worse_optimum() -> None:
    """Why the start is the shares of the votes: patient 12 is a tie, and a hard start cannot say so."""
    votes = majority(PATIENTS, ties="first")
    assert [vote.item for vote in votes if vote.tie] == ["12"]
    hard = [[float(vote.answer == answer) for answer in PATIENTS.answers] for vote in votes]

    found = fit(PATIENTS, confusion_of(PATIENTS, 0.0), hard, iterations=1000, tolerance="1e-12")

    assert round(found.log_likelihood[-1], 4) == -193.9746
    assert [round(prior, 4) for prior in found.priors] == [0.3997, 0.4670, 0.1111, 0.0222]


def recorded(name: str) -> tuple[Ratings, dict[str, str]]:
    """Read a large recording and its true answers, or skip."""
    folder = os.environ.get("DISTRIBUTION_ORACLES")
    if folder is None:
        pytest.skip(f"DISTRIBUTION_ORACLES names no folder with {name}")
    with (Path(folder) / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    scale = sorted({row["label"] for row in rows})
    ratings = Ratings.of([(row["item"], row["worker"], row["label"]) for row in rows], answers=scale)
    return ratings, {row["item"]: row["gold"] for row in rows}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "snow2008_rte.csv",
            {"split": 0.8969, "first": 0.9187, "skene": 0.9275, "coin": 0.9250, "alpha": 0.2415},
        ),
        (
            "snow2008_temp.csv",
            {"split": 0.9361, "first": 0.9394, "skene": 0.9416, "coin": 0.9394, "alpha": 0.2234},
        ),
    ],
)
def test_the_crowd_of_snow_is_aggregated_as_published(name: str, expected: dict[str, float]) -> None:
    """Majority with ties split and to the first, both models, and how well the crowd agrees."""
    ratings, truth = recorded(name)

    def accuracy(labels: dict[str, object]) -> float:
        return sum(labels[item] == answer for item, answer in truth.items()) / len(truth)

    votes = majority(ratings, ties="first")
    split = sum(0.5 if vote.tie else vote.answer == truth[vote.item] for vote in votes) / len(votes)
    found = {
        "split": split,
        "first": accuracy({vote.item: vote.answer for vote in votes}),
        "skene": accuracy({**dawid_skene(ratings).labels}),
        "coin": accuracy({**one_coin(ratings).labels}),
        "alpha": krippendorff_alpha(ratings),
    }

    assert found == {key: pytest.approx(value, abs=5.1e-5) for key, value in expected.items()}


def test_the_likelihood_of_the_crowd_under_smoothing_is_reproduced() -> None:
    """With a hundredth added to each count."""
    ratings, _ = recorded("snow2008_rte.csv")

    assert round(dawid_skene(ratings, smoothing="0.01").log_likelihood[-1], 2) == -3680.78
