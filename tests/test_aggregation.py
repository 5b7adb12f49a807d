"""One answer for each item: votes, and what the models keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from math import log, prod
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from distribution.aggregation import DawidSkene, Majority, OneCoin, dawid_skene, majority, one_coin
from distribution.errors import InvalidInput
from distribution.ratings import Ratings

Record = tuple[str, str, str]
Model = Callable[..., DawidSkene | OneCoin]

vote: Any = majority
skene: Any = dawid_skene

TIED = Ratings.of(
    [
        ("i1", "ann", "dog"),
        ("i1", "bob", "cat"),
        ("i2", "ann", "cat"),
        ("i2", "bob", "cat"),
        ("i2", "eve", "dog"),
    ]
)

RECORDS = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from("vwxyz"), st.sampled_from(["cat", "dog", "cow"])),
    unique_by=lambda record: record[:2],
    min_size=1,
    max_size=24,
)


@pytest.mark.parametrize(
    ("ties", "scale", "expected"),
    [("none", None, None), ("first", None, "dog"), ("first", ["cat", "dog"], "cat")],
)
def test_a_tie_is_broken_as_asked_and_always_told(
    ties: str, scale: list[str] | None, expected: str | None
) -> None:
    """Open, or the first on the scale."""
    ratings = Ratings.of(TIED.records(), answers=scale)

    assert vote(ratings, ties=ties) == (
        Majority(item="i1", answer=expected, votes={"cat": 1, "dog": 1}, tie=True),
        Majority(item="i2", answer="cat", votes={"cat": 2, "dog": 1}, tie=False),
    )


@given(records=RECORDS)
def test_the_majority_is_the_mode(records: list[Record]) -> None:
    """Against counting item by item."""
    for result in majority(Ratings.of(records)):
        counts = Counter(answer for item, _, answer in records if item == result.item)
        modes = [answer for answer, count in counts.items() if count == max(counts.values())]

        assert result.votes == counts
        assert result.tie == (len(modes) > 1)
        assert result.answer == (None if result.tie else modes[0])


@given(records=RECORDS, seed=st.integers(), shuffle=st.randoms())
def test_a_seeded_choice_depends_on_seed_and_item_alone(
    records: list[Record], seed: int, shuffle: Random
) -> None:
    """Not on the order of ratings, on who gave them or on the other items."""
    first = {result.item: result for result in majority(Ratings.of(records), ties="seeded", seed=seed)}
    renamed = [(item, f"p {who}", answer) for item, who, answer in records if item == records[0][0]]
    shuffle.shuffle(renamed)

    (again,) = majority(Ratings.of(renamed), ties="seeded", seed=seed)

    assert again == first[again.item]
    assert again.votes[again.answer or ""] == max(again.votes.values())


def test_seeded_ties_fall_evenly() -> None:
    """Of 900 items tied between three about 300 go to each, and another seed chooses otherwise."""
    ratings = Ratings.of(
        (f"i{at}", who, answer)
        for at in range(900)
        for who, answer in (("ann", "cat"), ("bob", "dog"), ("eve", "cow"))
    )
    seven, eight = (majority(ratings, ties="seeded", seed=seed) for seed in (7, 8))

    counts = Counter(result.answer for result in seven)

    assert set(counts) == {"cat", "dog", "cow"}
    # Five standard deviations of a fair draw are 71.
    assert all(abs(count - 300) < 71 for count in counts.values())
    assert 500 < sum(one.answer != other.answer for one, other in zip(seven, eight, strict=True)) < 700


def test_weights_are_exact_and_those_of_zero_say_nothing() -> None:
    """Three tenths are three times a tenth, and an item without weight has no answer."""
    records = [
        ("i", "ann", "cat"),
        *(("i", who, "dog") for who in ("bob", "eve", "max")),
        ("j", "zoe", "dog"),
    ]
    weights: dict[str, Any] = {
        "ann": 0.3,
        "bob": 0.1,
        "eve": "0.1",
        "max": Fraction(1, 10),
        "zoe": 0,
        "kim": 5,
    }

    assert majority(Ratings.of(records), weights=weights) == (
        Majority(item="i", answer=None, votes={"cat": Fraction(3, 10), "dog": Fraction(3, 10)}, tie=True),
        Majority(item="j", answer=None, votes={}, tie=False),
    )


def test_log_odds_let_the_expert_win() -> None:
    """Skills of .6, .7 and .9: the third outweighs the others, whom a plain majority follows."""
    ratings = Ratings.of([("i", "ann", "cat"), ("i", "bob", "cat"), ("i", "eve", "dog")])
    weights = {who: log(skill / (1 - skill)) for who, skill in (("ann", 0.6), ("bob", 0.7), ("eve", 0.9))}

    assert majority(ratings)[0].answer == "cat"
    assert majority(ratings, weights=weights)[0].answer == "dog"


MODELS = pytest.mark.parametrize("model", [dawid_skene, one_coin])
SMALL = st.sampled_from([0, "0.01", 1])


@MODELS
@given(records=RECORDS)
def test_the_likelihood_never_falls(model: Model, records: list[Record]) -> None:
    """The promise of expectation-maximisation."""
    history = model(Ratings.of(records)).log_likelihood

    assert all(after >= before - 1e-9 for before, after in pairwise(history))


@MODELS
@given(records=RECORDS)
def test_under_smoothing_likelihood_and_its_prior_never_fall_together(
    model: Model, records: list[Record]
) -> None:
    """What is given up in likelihood is won in the prior."""
    scores = []
    for iterations in range(1, 8):
        fit = model(Ratings.of(records), iterations=iterations, tolerance=0, smoothing="0.5")
        if isinstance(fit, DawidSkene):
            chances = [p for table in fit.confusion.values() for row in table for p in row]
        else:
            chances = [p for right in fit.accuracy.values() for p in (right, 1 - right)]
        # With one answer nobody can be wrong, and nothing is smoothed.
        prior = sum(log(p) for p in chances) if len(fit.answers) > 1 else 0.0
        scores.append(fit.log_likelihood[-1] + 0.5 * prior)

    assert all(after >= before - 1e-9 for before, after in pairwise(scores))


def slow_dawid_skene(records: list[Record], scale: list[str], iterations: int) -> dict[str, list[float]]:
    """Multiply probabilities, as the method is told on paper."""
    items = list(dict.fromkeys(item for item, _, _ in records))
    people = list(dict.fromkeys(who for _, who, _ in records))
    answers = {item: [answer for at, _, answer in records if at == item] for item in items}
    posterior = {item: [answers[item].count(c) / len(answers[item]) for c in scale] for item in items}
    for _ in range(iterations):
        priors = [sum(posterior[item][k] for item in items) / len(items) for k in range(len(scale))]
        chance: dict[tuple[str, int, str], float] = {}
        for who in people:
            for k in range(len(scale)):
                seen = {
                    c: sum(posterior[item][k] for item, p, answer in records if (p, answer) == (who, c))
                    for c in scale
                }
                for c in scale:
                    chance[who, k, c] = seen[c] / sum(seen.values()) if sum(seen.values()) else 0.0
        for item in items:
            joint = [
                priors[k] * prod(chance[who, k, answer] for at, who, answer in records if at == item)
                for k in range(len(scale))
            ]
            posterior[item] = [value / sum(joint) for value in joint]
    return posterior


@given(records=RECORDS, iterations=st.integers(1, 4))
def test_logarithms_give_what_multiplying_gives(records: list[Record], iterations: int) -> None:
    """Against the method as told on paper."""
    scale = ["cat", "cow", "dog"]
    model = dawid_skene(Ratings.of(records, answers=scale), iterations=iterations, tolerance=0)

    expected = slow_dawid_skene(records, scale, len(model.log_likelihood))
    assert model.posterior == {item: pytest.approx(tuple(row), abs=1e-9) for item, row in expected.items()}


@MODELS
@given(records=RECORDS, smoothing=SMALL, shuffle=st.randoms())
def test_order_and_names_change_nothing(
    model: Model, records: list[Record], smoothing: Any, shuffle: Random
) -> None:
    """But for the dust of summing in another order."""
    other = {"cat": 3, "dog": 1, "cow": 2}
    renamed: list[Any] = [(f"i {item}", f"p {who}", other[answer]) for item, who, answer in records]
    shuffle.shuffle(renamed)
    # No tolerance stops at zero gain, which dust may end an iteration apart.
    one, two = (
        model(Ratings.of(said, answers=scale), iterations=5, tolerance="1e-6", smoothing=smoothing)
        for said, scale in ((records, ["cat", "dog", "cow"]), (renamed, [1, 2, 3]))
    )
    assume(len(one.log_likelihood) == len(two.log_likelihood))

    for item, row in one.posterior.items():
        there = two.posterior[f"i {item}"]
        assert [there[at] for at in (2, 0, 1)] == pytest.approx(row, abs=1e-6)


@MODELS
@given(records=RECORDS, smoothing=SMALL)
def test_what_models_give_are_probabilities(model: Model, records: list[Record], smoothing: Any) -> None:
    """Rows sum to one, and the label is the most probable."""
    fit = model(Ratings.of(records), smoothing=smoothing)

    assert sum(fit.priors) == pytest.approx(1)
    for item, row in fit.posterior.items():
        assert sum(row) == pytest.approx(1)
        assert row[fit.answers.index(fit.labels[item])] == max(row)
    if isinstance(fit, OneCoin):
        assert all(0 <= right <= 1 for right in fit.accuracy.values())
    else:
        assert all(
            sum(row) == pytest.approx(1) or not any(row) for table in fit.confusion.values() for row in table
        )


@MODELS
def test_an_answer_nobody_chose_is_never_true(model: Model) -> None:
    """It is on the scale, and its prior is nothing."""
    fit = model(Ratings.of([("i", "ann", 1), ("j", "bob", 3)], answers=[1, 2, 3]))

    assert fit.priors == (0.5, 0, 0.5)
    assert fit.labels == {"i": 1, "j": 3}


def test_where_nothing_is_known_of_an_assignee_a_row_is_empty() -> None:
    """None of her items could be that; guessing there would let items drift into one class."""
    fit = dawid_skene(Ratings.of([("i", "ann", "cat"), ("j", "bob", "dog")]))

    assert fit.confusion == {"ann": ((1, 0), (0, 0)), "bob": ((0, 0), (0, 1))}
    assert fit.log_likelihood[-1] == pytest.approx(2 * log(0.5))


@MODELS
@pytest.mark.parametrize("smoothing", [0, 1])
def test_one_answer_is_certain(model: Model, smoothing: int) -> None:
    """Nobody can be wrong."""
    fit = model(Ratings.of([("i", "ann", 1), ("i", "bob", 1)]), smoothing=smoothing)

    assert fit.posterior == {"i": (1.0,)}
    assert fit.log_likelihood[-1] == 0
    assert isinstance(fit, DawidSkene) or fit.accuracy == {"ann": 1, "bob": 1}


@MODELS
def test_ten_thousand_ratings_of_one_item_do_not_underflow(model: Model) -> None:
    """A product of so many probabilities is no float."""
    records = [("i", f"p{at}", "cat" if at % 3 else "dog") for at in range(10_000)]

    fit = model(Ratings.of([*records, ("j", "p0", "dog"), ("j", "p1", "cat")]), smoothing=1)

    assert fit.labels["i"] == "cat"
    assert fit.log_likelihood[-1] < -1000


@MODELS
def test_iterations_end_where_they_are_told(model: Model) -> None:
    """Having converged or not is said."""
    ratings = Ratings.of([*TIED.records(), ("i3", "eve", "cat"), ("i3", "ann", "dog"), ("i3", "bob", "dog")])

    assert len(model(ratings, iterations=2, tolerance=0).log_likelihood) == 2
    assert not model(ratings, iterations=2, tolerance=0).converged
    assert model(ratings, tolerance="0.1").converged


@pytest.mark.parametrize(
    ("aggregate", "message"),
    [
        (lambda: vote(TIED, ties="dice"), "ties must be one of none, first, seeded, got 'dice'"),
        (lambda: vote(TIED, ties="seeded"), "seed must come with ties='seeded', and only with it, got None"),
        (lambda: vote(TIED, seed=7), "seed must come with ties='seeded', and only with it, got 7"),
        (lambda: vote(TIED, ties="seeded", seed=1.5), "seed must be a whole number, got 1.5"),
        (
            lambda: vote(TIED, weights={"ann": 1}),
            "weights must name everybody who answered, got ['bob', 'eve'] (missing)",
        ),
        (
            lambda: vote(TIED, weights={"ann": 1, "bob": -1, "eve": 1}),
            "weight of 'bob' must not be negative, got -1",
        ),
        (lambda: vote(TIED, weights=[1]), "weights must be a mapping of assignee to number, got [1]"),
        (lambda: skene(Ratings.of([])), "ratings must hold at least one, got 0"),
        (lambda: skene(TIED, iterations=0), "iterations must be a whole number of at least 1, got 0"),
        (lambda: skene(TIED, tolerance=-1), "tolerance must not be negative, got -1"),
        (lambda: skene(TIED, smoothing="1e400"), "smoothing must be at most 1000000000, got '1e400'"),
        (lambda: skene(TIED, smoothing=float("nan")), "smoothing must be a finite number, got nan"),
    ],
)
def test_what_cannot_be_aggregated_is_refused(aggregate: Callable[[], object], message: str) -> None:
    """One line, the value, the way out."""
    with pytest.raises(InvalidInput) as error:
        aggregate()

    assert str(error.value) == message
