"""The report of agreement: what applies, what is undefined, and how it reads."""

from __future__ import annotations

import pytest

from distribution.agreement import NAMES, agreement
from distribution.coefficients import (
    brennan_prediger,
    cohen_kappa,
    conger_kappa,
    fleiss_kappa,
    gwet_ac1,
    krippendorff_alpha,
    percent_agreement,
)
from distribution.errors import InvalidInput
from distribution.ratings import Ratings

NUMBERS = Ratings.of(
    [("i1", "ann", 1), ("i1", "bob", 2), ("i2", "ann", 3), ("i2", "bob", 3), ("i3", "ann", 2)]
)


def test_the_report_holds_every_coefficient_that_applies_to_numbers() -> None:
    """Each is what its function gives."""
    report = agreement(NUMBERS)

    assert (report.items, report.overlapped, report.assignees, report.answers) == (3, 2, 2, 3)
    assert report.percent == percent_agreement(NUMBERS)
    assert report.gwet_ac1 == gwet_ac1(NUMBERS)
    assert report.brennan_prediger == brennan_prediger(NUMBERS)
    assert report.fleiss == fleiss_kappa(NUMBERS)
    assert report.conger == conger_kappa(NUMBERS)
    assert report.cohen == cohen_kappa(NUMBERS, "ann", "bob")
    assert report.alpha_nominal == krippendorff_alpha(NUMBERS)
    assert report.alpha_ordinal == krippendorff_alpha(NUMBERS, level="ordinal")
    assert report.alpha_interval == krippendorff_alpha(NUMBERS, level="interval")
    assert report.alpha_ratio == krippendorff_alpha(NUMBERS, level="ratio")
    assert report.undefined == ()


@pytest.mark.parametrize(
    ("answers", "scale", "missing"),
    [
        (["cat", "dog"], None, {"alpha_ordinal", "alpha_interval", "alpha_ratio"}),
        (["low", "high"], ["low", "high"], {"alpha_interval", "alpha_ratio"}),
        ([1, "high"], None, {"alpha_ordinal", "alpha_interval", "alpha_ratio"}),
        ([-1, 1], None, {"alpha_ratio"}),
        ([0, 1], None, set()),
    ],
)
def test_what_does_not_apply_is_none(
    answers: list[str | int], scale: list[str | int] | None, missing: set[str]
) -> None:
    """Text has no distances, and proportions need a zero."""
    report = agreement(Ratings.of(zip("ii", ("ann", "bob"), answers, strict=True), answers=scale))

    assert {name for name in NAMES if getattr(report, name) is None} == missing


def test_kappa_of_two_does_not_apply_to_three() -> None:
    """There is no pair to name."""
    records = [("i", who, who) for who in ("ann", "bob", "eve")]

    assert agreement(Ratings.of(records)).cohen is None


def test_the_report_says_what_is_undefined_and_why() -> None:
    """In words, a line for each, after what has a value."""
    alike = agreement(Ratings.of([(item, who, "cat") for item in "ab" for who in ("ann", "bob", "eve")]))

    assert str(alike).splitlines() == [
        "items: 2, with two or more ratings: 2; assignees: 3; answers: 1",
        "percent agreement: 1.000",
        "Gwet's AC1 is undefined: the scale has one answer only, so chance agrees always",
        "Brennan and Prediger is undefined: the scale has one answer only, so chance agrees always",
        "Fleiss's kappa is undefined: all ratings that can be compared are one answer, so chance agrees always",
        "Conger's kappa is undefined: all ratings that can be compared are one answer, so chance agrees always",
        "Krippendorff's alpha, nominal is undefined: all ratings that can be compared are one answer, so chance agrees always",
    ]


@pytest.mark.parametrize("records", [[], [("i", "ann", 1)], [("i", "ann", 1), ("j", "bob", 2)]])
def test_where_nothing_overlaps_everything_is_undefined(records: list[tuple[str, str, int]]) -> None:
    """And the report says that no item has two ratings."""
    report = agreement(Ratings.of(records))

    applying = [name for name in NAMES if getattr(report, name) is not None]
    assert [(one.name, one.why) for one in report.undefined] == [
        (name, "no item has two ratings") for name in applying
    ]


def test_repeats_are_refused() -> None:
    """Agreement with oneself is none."""
    with pytest.raises(InvalidInput, match="leave repeats out where agreement is measured"):
        agreement(Ratings.of([("i", "ann", 1), ("i", "ann", 1)], repeats=True))
