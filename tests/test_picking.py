"""Choosing n of m, and from streams: inclusion probabilities, exactly and by frequency."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import combinations, pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distribution.draw import words
from distribution.errors import InvalidInput
from distribution.picking import simple, systematic
from distribution.reservoirs import reservoir, weighted_reservoir
from distribution.testing import strategies
from distribution.values import Number

SEEDS = 3000


def chi_square(counts: list[int], expected: list[float]) -> float:
    """Add up squared distances, in units of what is expected."""
    return sum((count - mean) ** 2 / mean for count, mean in zip(counts, expected, strict=True))


def test_every_set_is_chosen_as_often_as_every_other() -> None:
    """The 10 pairs of 5 over 3,000 seeds; 27.9 is exceeded once in a thousand."""
    pairs = Counter(tuple(sorted(at for at, _ in simple(words(seed, "test", 5), 2))) for seed in range(SEEDS))

    assert chi_square([pairs[pair] for pair in combinations(range(5), 2)], [SEEDS / 10] * 10) < 27.9


@given(sizes=st.lists(st.integers(1, 30), min_size=1, max_size=12), data=st.data())
def test_as_many_are_chosen_as_asked_and_the_probabilities_are_those_of_size(
    sizes: list[int], data: st.DataObject
) -> None:
    """Over all starts each index is chosen exactly as often as its probability says."""
    n = data.draw(st.integers(0, len(sizes)))
    certain: set[int] = set()
    while more := {
        at
        for at, size in enumerate(sizes)
        if at not in certain
        and (n - len(certain)) * size >= sum(s for other, s in enumerate(sizes) if other not in certain)
    }:
        certain |= more
    total = sum(size for at, size in enumerate(sizes) if at not in certain)
    starts = max(total, 1)
    hits: Counter[int] = Counter()
    for start in range(starts):
        picks = dict(systematic(sizes, n, ((start << 64) + (1 << 63)) // starts))
        assert len(picks) == n
        hits.update(picks.keys())
        for at, inclusion in picks.items():
            expected = 1 if at in certain else Fraction((n - len(certain)) * sizes[at], total)
            assert inclusion == expected

    for at, size in enumerate(sizes):
        often = starts if at in certain else (n - len(certain)) * size
        assert hits[at] == often


def test_steps_are_even() -> None:
    """Two neighbours of those chosen are m/n apart, rounded up or down."""
    chosen = [at for at, _ in systematic([1] * 100, 30, start=1 << 62)]

    assert {later - earlier for earlier, later in pairwise(chosen)} == {3, 4}


@given(n=st.integers(0, 50), size=st.integers(0, 20), seed=strategies.seeds())
def test_a_reservoir_holds_so_many_different_things_of_the_stream(n: int, size: int, seed: int) -> None:
    """All of it where it is shorter, in its order."""
    kept = reservoir(iter(range(n)), size, seed=seed)

    assert len(kept) == len(set(kept)) == min(n, size)
    assert set(kept) <= set(range(n))
    assert n > size or kept == list(range(n))


def test_a_reservoir_holds_everything_equally_often() -> None:
    """Three of twelve over 3,000 seeds; 31.3 is exceeded once in a thousand."""
    held = Counter(thing for seed in range(SEEDS) for thing in reservoir(range(12), 3, seed=seed))

    assert chi_square([held[thing] for thing in range(12)], [SEEDS / 4] * 12) < 31.3


def test_things_replace_each_other_as_seldom_as_the_formula_says() -> None:
    """size (H_n - H_size) times: 4.79 for 3 of 12, counted over growing streams."""
    replaced = 0
    for seed in range(500):
        states = [sorted(reservoir(range(n), 3, seed=seed)) for n in range(3, 13)]
        replaced += sum(before != after for before, after in pairwise(states))

    assert replaced / 500 == pytest.approx(3 * sum(1 / n for n in range(4, 13)), rel=0.05)


def test_a_weighted_reservoir_draws_as_if_one_after_the_other() -> None:
    """The six ordered pairs of weights 5, 3, 2; 20.5 is exceeded once in a thousand."""
    weights = {"a": 5, "b": 3, "c": 2}
    pairs = Counter(tuple(weighted_reservoir(weights.items(), 2, seed=seed)) for seed in range(SEEDS))
    ways = list(permutations(weights, 2))
    expected = [SEEDS * weights[one] / 10 * weights[two] / (10 - weights[one]) for one, two in ways]

    assert chi_square([pairs[way] for way in ways], expected) < 20.5


def test_things_without_weight_are_never_drawn_and_a_short_stream_is_drawn_whole() -> None:
    """Also where nothing is to be drawn."""
    stream: list[tuple[str, Number]] = [("a", 0), ("b", "0.5"), ("c", Fraction(1, 3))]

    assert sorted(weighted_reservoir(stream, 9, seed=7)) == ["b", "c"]
    assert weighted_reservoir(stream, 0, seed=7) == []
    assert weighted_reservoir(stream, 1, seed=7)[0] == weighted_reservoir(stream, 2, seed=7)[0]


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (-1, "weight 0 must not be negative, got -1"),
        ("1e200", "weight 0 must be 0, or between 1e-100 and 1e100, got '1e200'"),
        (True, "weight 0 must be a non-negative number, got True"),
    ],
)
def test_a_weight_that_makes_no_sense_is_refused(weight: object, message: str) -> None:
    """The sentence names which."""
    with pytest.raises(InvalidInput) as error:
        weighted_reservoir([("a", weight)], 1, seed=7)  # type: ignore[list-item]

    assert str(error.value) == message
