"""Places in a queue as one number: priority first, then what came back, then the order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distribution import InvalidInput, Item
from distribution.ranks import BACK, ahead, base, first, priority_of, rank, slot_of
from distribution.values import PRIORITY_LIMIT

SLOTS = st.one_of(st.integers(0, 50), st.integers(0, BACK - 1))
PRIORITIES = st.one_of(st.integers(-3, 3), st.integers(-PRIORITY_LIMIT, PRIORITY_LIMIT))
PLACES = st.tuples(PRIORITIES, st.booleans(), SLOTS)
"""Priority, whether it came back, slot."""


def place(priority: int, came_back: bool, slot: int) -> int:
    number = rank(slot, priority)
    return ahead(number) if came_back else number


@given(one=PLACES, other=PLACES)
def test_the_number_sorts_by_priority_then_by_what_came_back_then_by_slot(
    one: tuple[int, bool, int], other: tuple[int, bool, int]
) -> None:
    def key(of: tuple[int, bool, int]) -> tuple[int, bool, int]:
        return (-of[0], not of[1], of[2])

    assert (place(*one) < place(*other)) == (key(one) < key(other))
    assert (place(*one) == place(*other)) == (one == other)


@given(place_=PLACES)
def test_slot_and_priority_can_be_read_from_the_number(place_: tuple[int, bool, int]) -> None:
    priority, _, slot = place_
    number = place(*place_)

    assert (slot_of(number), priority_of(number), base(number)) == (slot, priority, rank(slot, priority))
    assert ahead(ahead(number)) == ahead(number) <= number


@given(place_=PLACES)
def test_every_place_fits_the_whole_numbers_of_every_store(place_: tuple[int, bool, int]) -> None:
    assert -(2**63) <= place(*place_) < 2**63


@given(slot=SLOTS, item=st.text(min_size=1), seed=st.integers())
def test_a_place_by_chance_is_that_of_seed_and_id_and_one_in_order_that_of_the_slot(
    slot: int, item: str, seed: int
) -> None:
    assert first(slot, "fifo", item, seed) == slot
    assert first(slot, "random", item, seed) == first(0, "random", item, seed) in range(BACK)


@pytest.mark.parametrize("priority", [True, 1.5, "1", PRIORITY_LIMIT + 1, -PRIORITY_LIMIT - 1])
def test_a_priority_is_a_whole_number_within_limits(priority: object) -> None:
    with pytest.raises(InvalidInput, match="priority must be "):
        Item("a", priority=priority)
