"""How many of a sample go to each stratum: published numbers, everything tried."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distribution.allocation import neyman
from distribution.errors import Infeasible, InvalidInput

SIZES, SHARES = (400, 300, 200, 100), ("0.02", "0.05", "0.1", "0.3")


def variance(sizes: list[int], shares: list[Fraction], seats: tuple[int, ...]) -> Fraction:
    """Give what Neyman's allocation makes least, exactly."""
    terms = zip(sizes, shares, seats, strict=True)
    return sum((size**2 * p * (1 - p) / drawn for size, p, drawn in terms), Fraction(0))


@pytest.mark.parametrize(
    ("n", "seats", "printed"),
    [(20, [5, 6, 5, 4], ".0025847"), (50, [12, 15, 13, 10], ".00103326"), (100, [25, 29, 26, 20], None)],
)
def test_published_allocations_are_reproduced_with_their_variance(
    n: int, seats: list[int], printed: str | None
) -> None:
    """Four strata with two to thirty percent of errors."""
    assert neyman(SIZES, SHARES, n) == seats
    if printed:
        exact = variance(list(SIZES), [Fraction(p) for p in SHARES], tuple(seats)) / sum(SIZES) ** 2
        assert f"{float(exact):.{len(printed) - 1}f}" == f"0{printed}"


@pytest.mark.parametrize(("seats", "printed"), [((8, 6, 4, 2), "0.0030545"), ((5, 5, 5, 5), "0.0026222")])
def test_other_divisions_of_the_published_sample_have_the_variance_that_was_published(
    seats: tuple[int, ...], printed: str
) -> None:
    """In proportion, and equally: both more than Neyman's .0025847."""
    exact = variance(list(SIZES), [Fraction(p) for p in SHARES], seats) / sum(SIZES) ** 2
    assert f"{float(exact):.7f}" == printed


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[int], list[Fraction], int, list[int], list[int]]:
    """Give strata, a sample, and bounds between which it can be divided."""
    sizes = draw(st.lists(st.integers(1, 7), min_size=1, max_size=4))
    shares = [draw(st.fractions(0, 1, max_denominator=10)) for _ in sizes]
    caps = [draw(st.integers(1, size)) for size in sizes]
    floors = [draw(st.integers(0, cap)) for cap in caps]
    n = draw(st.integers(sum(max(floor, 1) for floor in floors), sum(caps)))
    return sizes, shares, n, floors, caps


@given(case=cases())
def test_no_other_division_between_the_bounds_has_less_variance(
    case: tuple[list[int], list[Fraction], int, list[int], list[int]],
) -> None:
    """All of them are tried."""
    sizes, shares, n, floors, caps = case
    seats = neyman(sizes, shares, n, floors=floors, caps=caps)
    ranges = [range(max(floor, 1), cap + 1) for floor, cap in zip(floors, caps, strict=True)]
    ways = [way for way in product(*ranges) if sum(way) == n]

    assert tuple(seats) in ways
    assert variance(sizes, shares, tuple(seats)) == min(variance(sizes, shares, way) for way in ways)


def test_where_no_stratum_has_spread_size_decides() -> None:
    """Faultless strata share what is left by equal proportions of their size."""
    assert neyman([90, 10, 5], [0, 0, "0.5"], 25) == [18, 2, 5]


def test_a_closed_stratum_keeps_what_it_has() -> None:
    """A cap below one is stronger than the floor of one."""
    assert neyman([10, 10], ["0.5", "0.5"], 4, caps=[0, 10]) == [0, 4]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: neyman([5, 0], [0, 0], 2), "size 1 must be a whole number of at least 1, got 0"),
        (lambda: neyman([5], [2], 2), "share 0 must be at most 1, got 2"),
        (lambda: neyman([5, 5], ["0.1"], 2), "shares must be one for each of the 2 sizes, got 1"),
        (lambda: neyman([5, 5], [0, 0], 2, caps=[1]), "caps must be one for each of the 2 sizes, got 1"),
        (lambda: neyman([5, 5], [0, 0], True), "n must be a whole number of at least 0, got True"),
        (lambda: neyman([5, 5], [0, 0], 1), "cannot divide a sample of 1: the floors need 2; draw more"),
        (
            lambda: neyman([5, 5], [0, 0], 11),
            "cannot divide a sample of 11: the strata have room for 10; draw fewer",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_value(call: object, message: str) -> None:
    """The sentence names what, and the way out."""
    with pytest.raises((InvalidInput, Infeasible)) as error:
        call()  # type: ignore[operator]

    assert str(error.value) == message
