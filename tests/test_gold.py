"""Where gold stands: published schedules, chance without dice, edge cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import ceil, log10

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from distribution.codec import decode, encode
from distribution.errors import InvalidInput
from distribution.gold import (
    PLACE_LIMIT,
    Gold,
    GoldFading,
    GoldShare,
    choose,
    draws_to_see_all,
    due,
    mixed,
    no_repeat_chance,
    pool_needed,
    target,
)
from tests.conftest import table

NUMBERS = table("gold_numbers.csv")
PEOPLE = st.text(st.sampled_from("abc |1"), min_size=1, max_size=3)
KINDS: st.SearchStrategy[Gold] = st.one_of(
    st.builds(GoldShare, st.sampled_from([5, 3, 50, "12.5", "100/3", 7])),
    st.builds(GoldFading, st.integers(1, 10)),
)


def of(what: str) -> list[dict[str, str]]:
    """Give the published numbers of one kind."""
    return [row for row in NUMBERS if row["what"] == what]


@pytest.mark.parametrize("row", of("target"), ids=lambda row: row["size"])
def test_the_target_of_mephisto_comes_out(row: dict[str, str]) -> None:
    """How much gold beyond the first is due after so many units."""
    assert target(int(row["size"])) == int(row["value"])


@given(units=st.integers(0, PLACE_LIMIT))
def test_the_exact_target_and_that_of_floats_agree(units: int) -> None:
    """But where a float's logarithm is so near a step that it may err."""
    power = log10(units + 1) ** 2.2
    near = abs(power - round(power)) < 1e-9

    assert near or target(units) == ceil(power) - 1


@pytest.mark.parametrize("row", of("no repeat"), ids=lambda row: f"{row['n']} of {row['size']}")
def test_published_chances_of_no_repeat_come_out(row: dict[str, str]) -> None:
    """Draws with replacement from a small pool repeat soon."""
    assert no_repeat_chance(int(row["n"]), int(row["size"])) == pytest.approx(float(row["value"]), abs=5e-5)


@pytest.mark.parametrize("row", of("see all"), ids=lambda row: row["size"])
def test_published_numbers_of_draws_to_see_a_pool_come_out(row: dict[str, str]) -> None:
    """The coupon collector."""
    assert draws_to_see_all(int(row["size"])) == pytest.approx(float(row["value"]), abs=0.05)


def test_more_draws_than_gold_must_repeat() -> None:
    """And none at all cannot."""
    assert (no_repeat_chance(3, 2), no_repeat_chance(0, 2)) == (0, 1)


def golds(gold: Gold, seed: int, assignee: str, places: int) -> list[int]:
    """List the places that are gold, from the first on."""
    return [place for place in range(places) if due(gold, seed, assignee, place)]


@given(percent=st.sampled_from([5, 3, 50, "12.5", 7]), seed=st.integers(), assignee=PEOPLE)
def test_every_block_of_a_share_has_one_gold_and_every_beginning_its_part(
    percent: float | str, seed: int, assignee: str
) -> None:
    """In blocks of ceil(100 / percent); before any place the number is less than 1 off."""
    length = ceil(100 / float(percent))

    places = golds(GoldShare(percent), seed, assignee, 5 * length)

    assert [place // length for place in places] == list(range(5))
    for n in range(5 * length + 1):
        assert abs(sum(place < n for place in places) - n / length) < 1


@given(first=st.integers(1, 10), seed=st.integers(), assignee=PEOPLE)
def test_fading_gold_keeps_to_the_target_within_one(first: int, seed: int, assignee: str) -> None:
    """The first ones among ten places, then one in every block in which the target stands still."""
    places = golds(GoldFading(first), seed, assignee, 300)

    assert sum(place < 10 for place in places) == first
    for n in range(10, 300):
        assert sum(place < n for place in places) - first - target(n) in {-1, 0}
    by_target = Counter(target(place) for place in places if 10 <= place < 264)
    assert by_target == dict.fromkeys(range(1, 7), 1)


def test_fading_blocks_begin_where_a_perfect_person_gets_gold() -> None:
    """10, 23, 44 and so on, see also the schedule of results."""
    starts = sorted({GoldFading().block(place).start for place in range(1000)})

    assert starts == [0, 10, 23, 44, 75, 119, 181, 264, 374, 518, 704, 942]


@pytest.mark.parametrize("place", [PLACE_LIMIT - 1, PLACE_LIMIT])
def test_the_last_block_ends_at_the_limit(place: int) -> None:
    """Random access costs the same there as at the beginning."""
    block = GoldFading().block(place)

    assert block.start <= place < block.start + block.length
    assert block.start + block.length == PLACE_LIMIT + 1


@pytest.mark.parametrize("gold", [GoldShare(10), GoldFading(1), GoldFading(3)], ids=repr)
def test_no_place_of_a_block_tells_gold(gold: Gold) -> None:
    """Over seeds, and over people, each of ten places is gold equally often: chi squared with 9 degrees below 34."""
    for draws in (
        [golds(gold, seed, "ann", 10) for seed in range(2000)],
        [golds(gold, 7, f"p{at}", 10) for at in range(2000)],
    ):
        counts = Counter(place for places in draws for place in places)
        even = sum(counts.values()) / 10

        assert sum((counts[place] - even) ** 2 / even for place in range(10)) < 34


def test_gold_of_two_people_and_of_two_blocks_is_independent() -> None:
    """Not the same stride for anybody: of 100 pairs of places all occur, none often."""
    pairs = Counter(tuple(golds(GoldShare(10), seed, "ann", 20)) for seed in range(3000))
    people = Counter(
        (*golds(GoldShare(10), seed, "ann", 10), *golds(GoldShare(10), seed, "bob", 10))
        for seed in range(3000)
    )

    for counts in (pairs, people):
        assert len(counts) == 100
        # 30 each are expected, with a deviation of 5.5.
        assert max(counts.values()) < 60


@given(gold=KINDS, places=st.integers(0, 200), seed=st.integers(), assignee=PEOPLE)
@example(gold=GoldFading(3), places=11, seed=7, assignee="ann")
def test_the_pool_needed_suffices(gold: Gold, places: int, seed: int, assignee: str) -> None:
    """And is as small as places allow: at most the block begun is counted too much."""
    had, needed = len(golds(gold, seed, assignee, places)), pool_needed(gold, places)

    assert had <= needed
    assert needed - had <= gold.block(max(places - 1, 0)).gold


def test_the_gold_needed_grows_where_a_block_begins() -> None:
    """After ten places of fading gold at 10 and 23, of a share of five percent at 0, 20 and 40."""
    fading = [pool_needed(GoldFading(3), places) for places in (0, 2, 10, 11, 23, 24)]
    share = [pool_needed(GoldShare(5), places) for places in (0, 1, 20, 21)]

    assert (fading, share) == ([0, 2, 3, 4, 4, 5], [0, 1, 1, 2])


def test_a_thousand_items_at_five_percent_need_fifty_gold() -> None:
    """The published example."""
    assert pool_needed(GoldShare(5), 1000) == 50


POOL = [f"g{at}" for at in range(12)]


def order(pool: list[str], seed: int, assignee: str) -> list[str]:
    """Give the gold she gets, one after the other, until there is none left."""
    seen: list[str] = []
    while (chosen := choose(pool, seen, seed, assignee)) is not None:
        seen.append(chosen)
    return seen


@given(seed=st.integers(), assignee=PEOPLE, shuffled=st.permutations(POOL), keep=st.integers(0, 12))
def test_nobody_gets_a_gold_twice_and_her_order_stays_when_the_pool_changes(
    seed: int, assignee: str, shuffled: list[str], keep: int
) -> None:
    """What is retired drops out, what is added comes in, the rest keeps its order."""
    whole = order(POOL, seed, assignee)
    part = order(shuffled[:keep], seed, assignee)

    assert sorted(whole) == sorted(POOL)
    assert part == [item for item in whole if item in shuffled[:keep]]


def test_orders_of_gold_differ_by_person_and_seed_and_tell_nothing_of_ids() -> None:
    """Each gold comes first equally often: chi squared with 11 degrees below 38."""
    firsts = Counter(choose(POOL, (), seed, f"p{seed % 7}") for seed in range(2400))

    assert sum((firsts[item] - 200) ** 2 / 200 for item in POOL) < 38
    assert len({tuple(order(POOL, 7, who)) for who in ("ann", "bob", "eve")}) == 3


@given(gold=KINDS, n=st.integers(0, 60), pool=st.integers(0, 12), seed=st.integers(), assignee=PEOPLE)
def test_whoever_meets_gold_meets_all_items_in_order_and_gold_at_its_places(
    gold: Gold, n: int, pool: int, seed: int, assignee: str
) -> None:
    """Slow and obvious: go from place to place."""
    items = [f"i{at}" for at in range(n)]
    expected: list[str] = []
    waiting, left = items[:], order(POOL[:pool], seed, assignee)
    while waiting:
        expected.append((left if left and due(gold, seed, assignee, len(expected)) else waiting).pop(0))

    assert mixed(items, POOL[:pool], gold=gold, seed=seed, assignee=assignee) == expected


@given(gold=KINDS)
def test_gold_comes_back_from_json(gold: Gold) -> None:
    """The codec needs no help."""
    assert decode(Gold, encode(gold)) == gold


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: GoldShare(0), "percent of gold must be between 0.0001 and 50, got 0"),
        (lambda: GoldShare(51), "percent of gold must be between 0.0001 and 50, got 51"),
        (lambda: GoldShare(float("nan")), "percent of gold must be a finite number, got nan"),
        (lambda: GoldFading(0), "first must be a whole number of at least 1, got 0"),
        (lambda: GoldFading(11), "first must be at most 10, got 11"),
        (lambda: due(GoldShare(5), 1, "ann", -1), "place must be a whole number of at least 0, got -1"),
        (
            lambda: due(GoldShare(5), 1, "ann", 10**12 + 1),
            "place must be at most 1000000000000, got 1000000000001",
        ),
        (lambda: due(GoldShare(5), True, "ann", 1), "seed must be a whole number, got True"),
        (lambda: due(GoldShare(5), 1, "", 1), "assignee id must not be empty, got ''"),
        (
            lambda: choose("abc", (), 1, "ann"),
            "items must be a list of ids, got 'abc'; for one item pass ['abc']",
        ),
        (
            lambda: mixed(["a"], ["g", "a"], gold=GoldShare(5), seed=1, assignee="ann"),
            "items and gold must be different, got 'a'",
        ),
        (lambda: no_repeat_chance(1, 0), "pool must be a whole number of at least 1, got 0"),
        (lambda: draws_to_see_all(0), "pool must be a whole number of at least 1, got 0"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_value(build: Callable[[], object], message: str) -> None:
    """With the words of all other refusals."""
    with pytest.raises(InvalidInput) as error:
        build()

    assert str(error.value) == message
