"""Results of gold: gates, pauses, gold owed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import sqrt
from statistics import NormalDist

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from distribution.codec import decode, encode
from distribution.errors import InvalidInput
from distribution.gates import Z_SQUARED, Gate, GoldResult, PauseRule, owes
from tests.conftest import table


@pytest.mark.parametrize("row", table("gates.csv"), ids=lambda row: f"{row['pass_at']} of {row['of']}")
def test_published_chances_to_pass_a_gate_come_out(row: dict[str, str]) -> None:
    """Binomial tails."""
    gate = Gate(pass_at=int(row["pass_at"]), of=int(row["of"]))

    found = [gate.pass_probability(accuracy) for accuracy in row["accuracies"].split()]

    assert found == pytest.approx([float(chance) for chance in row["pass"].split()], abs=1e-8)


@given(of=st.integers(1, 8), data=st.data())
def test_a_gate_is_decided_as_soon_as_it_is_certain_and_not_before(of: int, data: st.DataObject) -> None:
    """Slow and obvious: try everything that may follow."""
    gate = Gate(pass_at=data.draw(st.integers(1, of)), of=of)
    correct = data.draw(st.integers(0, of))
    result = GoldResult(correct, data.draw(st.integers(0, of - correct)))
    ends = {correct + sum(rest) >= gate.pass_at for rest in product((0, 1), repeat=of - result.total)}

    state = "undecided" if len(ends) == 2 else "passed" if ends == {True} else "failed"

    assert gate.verdict(result).state == state


def test_a_verdict_of_a_gate_says_why() -> None:
    """One line, from data."""
    gate = Gate(pass_at=8, of=10)

    assert str(gate.verdict(GoldResult(8, 1))) == "passed: 8 correct and 1 wrong of 10, 8 must be correct"
    assert str(gate.verdict(GoldResult(2, 3))) == "failed: 2 correct and 3 wrong of 10, 8 must be correct"


def wilson_high(correct: int, n: int, confidence: float) -> float:
    """Give the upper end of Wilson's interval as textbooks do."""
    z, p = NormalDist().inv_cdf(0.5 + confidence / 200), correct / n
    return (p + z * z / (2 * n) + z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)


@pytest.mark.parametrize("confidence", Z_SQUARED)
@given(correct=st.integers(0, 60), wrong=st.integers(0, 60), below=st.integers(1, 100))
def test_a_pause_is_exactly_where_wilsons_upper_end_is_below(
    confidence: int, correct: int, wrong: int, below: int
) -> None:
    """The decision without roots against the interval; the reason carries its end."""
    assume(correct + wrong)
    high = 100 * wilson_high(correct, correct + wrong, confidence)
    assume(abs(high - below) > 1e-6)

    pause = PauseRule(least=1, below=below, confidence=confidence).verdict(GoldResult(correct, wrong))

    assert (pause is not None) == (high < below)
    assert pause is None or pause.high == pytest.approx(high, abs=1e-6)


@given(
    correct=st.integers(0, 20), wrong=st.integers(0, 20), least=st.integers(1, 20), below=st.integers(1, 100)
)
def test_without_confidence_the_plain_share_decides(correct: int, wrong: int, least: int, below: int) -> None:
    """From the least number of answers on; at the threshold nobody is paused."""
    pause = PauseRule(least=least, below=below).verdict(GoldResult(correct, wrong))
    total = correct + wrong

    assert (pause is not None) == (total >= least and 100 * correct < below * total)
    assert pause is None or pause.high == pytest.approx(100 * correct / total)


def test_a_pause_says_why() -> None:
    """With the interval's end where it decided."""
    plain, sure = PauseRule(least=5, below="62.5"), PauseRule(least=5, below=70, confidence=99)

    assert str(plain.verdict(GoldResult(3, 7))) == "3 of 10 gold answers are correct; below 62.5 % is a pause"
    assert str(sure.verdict(GoldResult(2, 8))) == (
        "2 of 10 gold answers are correct, at most 59.92 % with 99 % confidence; below 70 % is a pause"
    )


def test_a_perfect_person_gets_gold_when_mephisto_gives_it() -> None:
    """With three first; 7 % of the first hundred."""
    places, correct = [], 0
    for units in range(1000):
        if owes(GoldResult(correct, 0), 3, units):
            places.append(units)
            correct += 1

    assert places == [0, 1, 2, 10, 23, 44, 75, 119, 181, 264, 374, 518, 704, 942]
    assert sum(place < 100 for place in places) == 7


@given(correct=st.integers(3, 30), wrong=st.integers(0, 10), units=st.integers(1, 1000))
def test_every_wrong_answer_is_made_up_for_by_a_correct_one(correct: int, wrong: int, units: int) -> None:
    """One more wrong and one more correct leave everything as it was."""
    assert owes(GoldResult(correct, wrong), 3, units) == owes(GoldResult(correct + 1, wrong + 1), 3, units)


@pytest.mark.parametrize(
    "value", [Gate(pass_at=8, of=10), PauseRule(least=5, below=70, confidence=95), GoldResult(3, 1)], ids=repr
)
def test_a_rule_comes_back_from_json(value: object) -> None:
    """The codec needs no help."""
    assert decode(type(value), encode(value)) == value


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Gate(pass_at=11, of=10), "pass_at must not exceed of, which is 10, got 11"),
        (lambda: Gate(pass_at=0, of=10), "pass_at must be a whole number of at least 1, got 0"),
        (lambda: Gate(pass_at=1, of=2).pass_probability(90), "accuracy must be between 0 and 1, got 90"),
        (
            lambda: Gate(pass_at=1, of=2).verdict(GoldResult(2, 1)),
            "answers to a gate must be at most 2, got 3; count those of the gate alone",
        ),
        (lambda: GoldResult(-1, 0), "correct must be a whole number of at least 0, got -1"),
        (lambda: GoldResult(0, 1.5), "wrong must be a whole number of at least 0, got 1.5"),
        (lambda: PauseRule(least=0, below=70), "least must be a whole number of at least 1, got 0"),
        (lambda: PauseRule(least=1, below=0), "below must be above 0 and at most 100, got 0"),
        (
            lambda: PauseRule(least=1, below=70, confidence=96),
            "confidence must be one of 80, 90, 95, 98, 99, or None, got 96",
        ),
        (
            lambda: PauseRule(least=1, below=70, confidence=True),
            "confidence must be one of 80, 90, 95, 98, 99, or None, got True",
        ),
        (lambda: owes(GoldResult(1, 0), 0, 5), "first must be a whole number of at least 1, got 0"),
        (lambda: owes(GoldResult(3, 0), 1, -1), "place must be a whole number of at least 0, got -1"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_value(build: Callable[[], object], message: str) -> None:
    """With the words of all other refusals."""
    with pytest.raises(InvalidInput) as error:
        build()

    assert str(error.value) == message
