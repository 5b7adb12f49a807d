"""Accepting lots: the tables of the standard, operating curves, switching."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distribution.acceptance import (
    LETTERS,
    LEVELS,
    SWITCHING,
    AcceptancePlan,
    Judgement,
    Severity,
    Switching,
    judge,
    passes,
    plan_between,
    plan_for,
    table_plan,
)
from distribution.errors import Infeasible, InvalidInput, Refused
from distribution.intervals import upper_bound
from tests.conftest import table

LARGEST = [int(row["largest_lot"]) for row in table("acceptance_letters.csv")]
ARROWS = {None: "", "up": "^", "down": "v"}


@pytest.mark.parametrize("row", table("acceptance_letters.csv"), ids=lambda row: row["largest_lot"])
def test_every_code_letter_of_the_standard_is_reproduced(row: dict[str, str]) -> None:
    """Table I: the smallest and the largest lot of each row, at all seven levels."""
    largest = int(row["largest_lot"])
    at = LARGEST.index(largest)
    smallest = LARGEST[at - 1] + 1 if at else 2
    for lot in (smallest, largest):
        assert "".join(plan_for(lot, 1, level).letter for level in LEVELS) == row["letters"]


@pytest.mark.parametrize(
    "row", table("acceptance_plans.csv"), ids=lambda row: f"{row['severity']} {row['aql']}"
)
def test_every_plan_of_the_standard_is_reproduced(row: dict[str, str]) -> None:
    """Tables II-A and II-B: size, accept, and whether an arrow led there, for letters A to R."""
    severity: Severity = "normal" if row["severity"] == "normal" else "tightened"
    for letter, cell in zip(LETTERS[:-1], row["letters_A_to_R"].split(), strict=True):
        plan = table_plan(letter, row["aql"], severity)

        assert f"{ARROWS[plan.arrow]}{plan.size}/{plan.accept}" == cell
        assert (plan.letter, plan.refuse) == (letter, plan.accept + 1)


@pytest.mark.parametrize(
    ("lot", "aql", "letter", "size", "accept", "arrow"),
    [(5000, 1.5, "L", 200, 7, None), (100, 1.0, "F", 13, 0, "up"), (280, 1.0, "G", 50, 1, "down")],
)
def test_worked_examples_are_reproduced(
    lot: int, aql: float, letter: str, size: int, accept: int, arrow: str | None
) -> None:
    """An arrow changes the size of the sample as well as the number accepted."""
    plan = plan_for(lot, aql)

    assert (plan.letter, plan.size, plan.accept, plan.arrow, plan.whole) == (
        letter,
        size,
        accept,
        arrow,
        False,
    )


def test_a_sample_as_large_as_the_lot_is_the_lot() -> None:
    """The number accepted stays."""
    plan = plan_for(30, "0.10")

    assert (plan.size, plan.accept, plan.whole) == (30, 0, True)
    assert str(plan) == "review all 30, accept with at most 0 errors"
    assert plan_for(1, 10).size == 1


@pytest.mark.parametrize(
    "row", table("operating_curves.csv"), ids=lambda row: f"{row['size']} {row['accept']}"
)
def test_published_operating_curves_are_reproduced(row: dict[str, str]) -> None:
    """Eight digits, as in the table."""
    plan = AcceptancePlan(size=int(row["size"]), accept=int(row["accept"]))
    for pair in row["passes"].split():
        share, probability = pair.split(":")
        assert passes(plan, share) == pytest.approx(float(probability), abs=5.1e-9)


@pytest.mark.parametrize(
    ("probability", "percent"), [(0.95, 1.100), (0.9, 1.403), (0.5, 2.930), (0.1, 5.266)]
)
def test_the_share_that_passes_with_a_probability_is_an_upper_bound(
    probability: float, percent: float
) -> None:
    """Letter K at AQL 1.0: 125 items, 3 accepted."""
    plan = plan_for(3000, 1.0)
    share = upper_bound(plan.accept, plan.size, 1 - Fraction(str(probability)))

    assert round(100 * share, 3) == percent
    assert passes(plan, share) == pytest.approx(probability, abs=1e-9)


def test_of_a_small_lot_the_curve_is_hypergeometric() -> None:
    """Two wrong of ten, three drawn, none accepted; the share rounds half up."""
    plan = AcceptancePlan(size=3, accept=0)

    for share in (0.2, 0.15, 0.249):
        assert passes(plan, share, 10) == comb(8, 3) / comb(10, 3)
    assert passes(plan, 1, 10) == 0
    assert passes(plan, 0, 10) == passes(plan, 0) == 1


@pytest.mark.parametrize(
    ("good", "bad", "size", "accept"),
    [
        ((0.05, 0.95), (0.15, 0.075), 80, 7),
        ((0.01, 0.95), (0.05, 0.10), 132, 3),
        ((0.02, 0.95), (0.08, 0.10), 98, 4),
        ((0.05, 0.95), (0.10, 0.10), 233, 17),
    ],
)
def test_published_plans_between_two_points_are_reproduced(
    good: tuple[float, float], bad: tuple[float, float], size: int, accept: int
) -> None:
    """The first is the example of the R package AcceptanceSampling."""
    assert plan_between(good, bad) == AcceptancePlan(size=size, accept=accept)


@given(
    low=st.integers(1, 20),
    more=st.integers(10, 60),
    producer=st.integers(60, 95),
    consumer=st.integers(5, 40),
)
def test_no_smaller_plan_keeps_both_promises(low: int, more: int, producer: int, consumer: int) -> None:
    """All smaller samples are tried, with the most that may be accepted."""
    good, bad = (
        (Fraction(low, 100), Fraction(producer, 100)),
        (Fraction(low + more, 100), Fraction(consumer, 100)),
    )
    found = plan_between(good, bad)

    def keeps(size: int, accept: int) -> bool:
        plan = AcceptancePlan(size=size, accept=accept)
        return passes(plan, good[0]) >= float(good[1]) and passes(plan, bad[0]) <= float(bad[1])

    assert keeps(found.size, found.accept)
    assert not any(keeps(size, accept) for size in range(1, found.size) for accept in range(size))


def test_a_lot_passes_with_the_number_accepted_and_fails_with_one_more() -> None:
    """The switching score gains 2 with an accept of 0 or 1, else 3 where one AQL lower would pass too."""
    few, many = plan_for(100, 1.0), plan_for(5000, 1.5)

    assert judge(few, 0) == Judgement(accepted=True, points=2, errors=0)
    assert judge(few, 1) == Judgement(accepted=False, errors=1)
    assert many.stricter == 5
    assert judge(many, 5) == Judgement(accepted=True, points=3, errors=5)
    assert judge(many, 7) == Judgement(accepted=True, points=0, errors=7)
    assert judge(many, 8) == Judgement(accepted=False, errors=8)
    assert judge(plan_between((0.05, 0.95), (0.15, 0.075)), 0).points == 0


def after(*lots: bool, state: Switching | None = None, points: int = 0) -> Switching:
    """Judge lots one after the other."""
    state = state or Switching()
    for accepted in lots:
        state = state.after(Judgement(accepted=accepted, points=points))
    return state


Y, N = True, False


@pytest.mark.parametrize(
    ("lots", "severity"),
    [
        ([N], "normal"),
        ([N, N], "tightened"),
        ([N, Y, Y, Y, N], "tightened"),
        ([N, Y, Y, Y, Y, N], "normal"),
        ([N, N, Y, Y, Y, Y], "tightened"),
        ([N, N, Y, Y, Y, Y, Y], "normal"),
        ([N, N, Y, Y, Y, Y, Y, N], "normal"),
        ([N, N, N, N, Y, N, N, Y], "tightened"),
        ([N, N, N, N, Y, N, N, Y, N], "stopped"),
    ],
)
def test_inspection_switches_as_the_standard_says(lots: Sequence[bool], severity: str) -> None:
    """2 of 5 refused, 5 accepted in a row, 5 refused in all."""
    assert after(*lots).severity == severity


@given(lots=st.lists(st.booleans(), max_size=60))
def test_switching_agrees_with_looking_back_over_all_lots(lots: list[bool]) -> None:
    """The twin keeps the whole history since the last change."""
    state, severity, since = Switching(), "normal", list[bool]()
    for accepted in lots:
        if severity == "stopped":
            state, severity, since = state.resume(), "tightened", []
        state = state.after(Judgement(accepted))
        since.append(accepted)
        if severity == "normal" and since[-5:].count(False) >= 2:
            severity, since = "tightened", []
        elif severity == "tightened" and len(since) >= 5 and all(since[-5:]):
            severity, since = "normal", []
        elif severity == "tightened" and since.count(False) >= 5:
            severity, since = "stopped", []
        assert state.severity == severity
        assert ("stopped", "resume") in SWITCHING


def test_the_switching_score_grows_with_good_lots_and_starts_again_with_a_refused_one() -> None:
    """It counts under normal inspection alone."""
    assert after(Y, Y, Y, points=2).score == 6
    assert after(Y, Y, N, Y, points=3).score == 3
    assert after(N, N, Y, points=3).score == 0


def test_stopped_inspection_judges_nothing_until_it_is_resumed() -> None:
    """And goes on tightened."""
    stopped = after(*[N] * 7)

    with pytest.raises(
        Refused, match="inspection is stopped and cannot be changed by 'a judged lot'; possible now: resume"
    ):
        stopped.after(Judgement(accepted=True))
    assert stopped.resume() == Switching(severity="tightened")
    with pytest.raises(Refused, match="possible now: two of five refused"):
        Switching().resume()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plan_for(0, 1), "lot must be a whole number of at least 1, got 0"),
        (lambda: plan_for(9, 1, "IV"), "level must be one of S-1, S-2, S-3, S-4, I, II, III, got 'IV'"),
        (
            lambda: plan_for(9, 1, severity="reduced"),  # type: ignore[arg-type]
            "severity must be one of normal, tightened, got 'reduced'",
        ),
        (
            lambda: table_plan("S", 1),
            "letter must be one of A, B, C, D, E, F, G, H, J, K, L, M, N, P, Q, R, got 'S'",
        ),
        (lambda: plan_for(9, 2), "aql must be a percentage of the tables, got 2; use 1.5, or plan_between"),
        (lambda: plan_for(9, 0), "aql must be a percentage of the tables, got 0; use 0.01, or plan_between"),
        (
            lambda: plan_between((0.1, 0.9), (0.1, 0.1)),
            "good must be a smaller share, and pass with more probability, than bad, got (0.1, 0.9) (bad is (0.1, 0.1))",
        ),
        (
            lambda: plan_between(0.1, (0.1, 0.1)),  # type: ignore[arg-type]
            "good must be a share and a probability, got 0.1",
        ),
        (
            lambda: plan_between((0.5, 0.95), (0.501, 0.05)),
            "cannot tell 0.5 from 0.501: that needs more than 10000 items; set them further apart",
        ),
        (lambda: judge(AcceptancePlan(size=3, accept=0), 4), "errors must be at most the 3 reviewed, got 4"),
        (
            lambda: passes(AcceptancePlan(size=3, accept=0), 0.1, 2),
            "lot must be a whole number of at least 3, got 2",
        ),
        (
            lambda: AcceptancePlan(size=0, accept=0),
            "size of a plan must be a whole number of at least 1, got 0",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_value(call: object, message: str) -> None:
    """The sentence names what, and the way out."""
    with pytest.raises((InvalidInput, Infeasible)) as error:
        call()  # type: ignore[operator]

    assert str(error.value) == message
