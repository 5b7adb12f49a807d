"""Items that arrive one by one: published sequences, laws, slow twins."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distribution.apportion import apportion
from distribution.errors import InvalidInput
from distribution.testing import laws, strategies, twins
from distribution.turns import RULES, Turns
from tests.conftest import numbers, table


def serve(rule: str) -> laws.Serve:
    """Make a function of weights and n out of a rule."""

    def served(weights: Sequence[Fraction], n: int) -> list[int]:
        return Turns.start(weights, rule=rule).take(n)[1]

    return served


@pytest.mark.parametrize("row", table("sequences.csv"), ids=lambda row: f"{row['rule']} {row['weights']}")
def test_published_sequences_are_reproduced_with_their_largest_deviation(row: dict[str, str]) -> None:
    weights = numbers(row["weights"])
    turns = Turns.start(weights, rule=row["rule"])

    _, owners = turns.take(max(40, turns.period))

    assert "".join("ABCDEF"[owner] for owner in owners[:40]) == row["first_40"]
    held, worst = [0] * len(weights), Fraction(0)
    for turn, owner in enumerate(owners[: turns.period], 1):
        held[owner] += 1
        worst = max(
            worst, *(abs(h - Fraction(turn * w, sum(weights))) for h, w in zip(held, weights, strict=True))
        )
    assert worst == Fraction(row["worst_deviation"])


@pytest.mark.parametrize("rule", RULES)
@given(weights=strategies.weights(5), cuts=st.lists(st.integers(0, 20), max_size=5))
def test_however_the_items_are_delivered_the_result_is_the_same(
    rule: str, weights: list[Fraction], cuts: list[int]
) -> None:
    turns, owners = Turns.start(weights, rule=rule), []
    for cut in cuts:
        stored = Turns.from_data(turns.to_data())
        turns, more = stored.take(cut)
        owners += more

    whole, at_once = Turns.start(weights, rule=rule).take(sum(cuts))
    assert (owners, turns) == (at_once, whole)
    assert turns.counts == tuple(owners.count(person) for person in range(len(weights)))


def test_thirty_items_and_then_seventy_give_what_a_hundred_give() -> None:
    turns = Turns.start([50, 30, 20])

    assert turns.take(30)[0].take(70)[0].counts == turns.take(100)[0].counts == (50, 30, 20)


def test_single_items_do_not_all_go_to_the_first() -> None:
    turns = Turns.start([50, 30, 20])
    for _ in range(200):
        turns, _ = turns.take(1)

    assert turns.counts == (100, 60, 40)


@pytest.mark.parametrize("rule", RULES)
@given(weights=strategies.weights(5), n=st.integers(0, 40))
def test_no_later_item_changes_who_got_an_earlier_one(rule: str, weights: list[Fraction], n: int) -> None:
    laws.prefix_does_not_matter(serve(rule), weights, n)


@given(weights=strategies.weights(6), n=st.integers(0, 60))
def test_tijdeman_is_within_its_proven_bound_at_every_moment(weights: list[Fraction], n: int) -> None:
    people = sum(weight > 0 for weight in weights)
    bound = 1 - Fraction(1, 2 * people - 2) if people > 1 else Fraction(0)

    laws.every_prefix_is_within(serve("tijdeman"), weights, n, bound)


@given(weights=strategies.weights(6), n=st.integers(0, 60))
def test_max_deficit_never_lifts_anybody_a_whole_item_above_her_share(
    weights: list[Fraction], n: int
) -> None:
    turns, _ = Turns.start(weights).take(n)

    for count, weight in zip(turns.counts, weights, strict=True):
        assert count - n * weight / sum(weights) <= 1 - Fraction(1, len(weights))


@pytest.mark.parametrize("rule", ["max_deficit", "tijdeman", "balinski_young"])
@given(whole=st.lists(st.integers(0, 9), min_size=1, max_size=5).filter(any))
def test_after_a_period_everybody_has_exactly_her_weight(rule: str, whole: list[int]) -> None:
    turns = Turns.start(whole, rule=rule)

    assert turns.take(turns.period)[0].counts == turns.weights


@given(weights=strategies.weights(5), n=st.integers(0, 40))
def test_fast_and_obvious_sequences_agree(weights: list[Fraction], n: int) -> None:
    assert serve("tijdeman")(weights, n) == twins.tijdeman(weights, n)
    assert serve("max_deficit")(weights, n) == twins.max_deficit(weights, n)


@pytest.mark.parametrize("rule", ["webster", "dhondt", "adams", "balinski_young"])
@given(weights=strategies.weights(5), n=st.integers(0, 40))
def test_a_sequence_and_its_one_shot_method_give_the_same_counts(
    rule: str, weights: list[Fraction], n: int
) -> None:
    assert list(Turns.start(weights, rule=rule).take(n)[0].counts) == apportion(weights, n, method=rule)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "turns must hold weights, rule and counts, got {}"),
        ({"weights": [1], "rule": "tijdeman", "counts": []}, "turns must hold one count for each weight"),
        ({"weights": 1, "rule": "tijdeman", "counts": []}, "turns must hold one count for each weight"),
        ({"weights": [1], "rule": "magic", "counts": [0]}, "rule must be one of max_deficit, tijdeman"),
        (
            {"weights": [1], "rule": "tijdeman", "counts": [-1]},
            "count 0 must be a whole number of at least 0, got -1",
        ),
    ],
)
def test_a_stored_state_that_makes_no_sense_is_refused(data: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput) as error:
        Turns.from_data(data)  # type: ignore[arg-type]

    assert str(error.value).startswith(message)
