"""Streams: CSP-1, skip-lot, sequential tests, jittered blocks."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distribution.errors import InvalidInput
from distribution.inspection import Csp1, SkSP2, Sprt, Watch, in_jittered_blocks, least_clear
from distribution.testing import strategies
from tests.conftest import table

SHARES = st.fractions(Fraction(1, 50), 1, max_denominator=60)


def blocks(share: Fraction, phase: int, n: int) -> list[int]:
    """Number the block of each item, where the first begins at a phase."""
    return [(share.numerator * at + phase) // share.denominator for at in range(n)]


@given(seed=strategies.seeds(), share=SHARES, start=st.integers(0, 500), n=st.integers(1, 300))
def test_the_number_chosen_of_any_run_is_less_than_two_off_its_share(
    seed: int, share: Fraction, start: int, n: int
) -> None:
    """Wherever the run begins, as nothing but place and seed decide."""
    chosen = sum(in_jittered_blocks(seed, "ann", at, share) for at in range(start, start + n))

    assert abs(chosen - share * n) < 2


@given(share=SHARES)
def test_over_all_phases_every_item_is_chosen_with_its_share_exactly(share: Fraction) -> None:
    """One of each block is chosen, so an item's chance is the mean of 1 / length of its block."""
    b, middle = share.denominator, 2 * share.denominator
    chance = Fraction(0)
    for phase in range(b):
        numbers = blocks(share, phase, 4 * b)
        chance += Fraction(1, numbers.count(numbers[middle]))

    assert chance / b == share


def test_every_place_is_chosen_as_often_as_its_share_says() -> None:
    """Chi-square over 4,000 seeds and the first 12 places, the first block among them."""
    seeds, share = 4000, Fraction(3, 10)
    counts = [sum(in_jittered_blocks(seed, "ann", at, share) for seed in range(seeds)) for at in range(12)]
    expected = float(seeds * share)

    # 32.9 is exceeded once in a thousand with 12 degrees of freedom; blocks vary less than that.
    assert sum((count - expected) ** 2 / expected for count in counts) < 32.9


def test_a_share_of_many_digits_has_its_phase_by_chance_too() -> None:
    """Its denominator is beyond 64 bits: the first items are chosen as often as the later ones."""
    share = Fraction(10**30, 3 * 10**30 + 1)
    first = sum(in_jittered_blocks(seed, "ann", 0, share) for seed in range(900))

    assert abs(first - 300) < 45


def test_all_items_are_chosen_at_a_share_of_one() -> None:
    """A block is one item then."""
    assert all(in_jittered_blocks(7, "ann", at, Fraction(1)) for at in range(50))


@pytest.mark.parametrize("row", table("streams.csv"), ids=lambda row: row["clear"])
def test_published_fractions_inspected_are_reproduced(row: dict[str, str]) -> None:
    """CSP-1 at two percent of errors, eight digits."""
    for pair in row["inspected"].split():
        fraction, inspected = pair.split(":")
        plan = Csp1(clear=int(row["clear"]), fraction=fraction)
        assert plan.inspected(0.02) == pytest.approx(float(inspected), abs=5.1e-9)
        assert plan.outgoing(0.02) == pytest.approx(0.02 * (1 - float(inspected)), abs=1e-9)


@pytest.mark.parametrize(
    ("fraction", "percents"),
    [("0.1", (9.95, 5.23, 2.16, 1.09)), ("0.2", (6.61, 3.44, 1.41, 0.71)), ("0.5", (2.62, 1.35, 0.55, 0.28))],
)
def test_published_limits_of_the_outgoing_errors_are_reproduced(
    fraction: str, percents: tuple[float, ...]
) -> None:
    """AOQL in percent for 10, 20, 50 and 100 clear items; no share of errors lets more out."""
    for clear, percent in zip((10, 20, 50, 100), percents, strict=True):
        plan = Csp1(clear=clear, fraction=fraction)
        assert round(100 * plan.limit(), 2) == percent
        assert max(plan.outgoing(Fraction(p, 500)) for p in range(501)) <= plan.limit()


@pytest.mark.parametrize(("limit", "clear"), [("0.01", (28, 71, 110, 152)), ("0.05", (5, 14, 21, 30))])
def test_published_least_numbers_of_clear_items_are_reproduced(limit: str, clear: tuple[int, ...]) -> None:
    """One fewer would let more out than the limit."""
    for fraction, least in zip(("0.5", "0.2", "0.1", "0.05"), clear, strict=True):
        assert least_clear(fraction, limit) == least
        assert Csp1(clear=least - 1, fraction=fraction).limit() > float(limit)


def test_one_clear_item_is_enough_for_a_loose_limit() -> None:
    """There is nothing below one."""
    assert least_clear("0.9", "0.5") == 1


def follow(watch: Watch, wrong: list[bool]) -> tuple[list[bool], Watch]:
    """Go through a stream: which items were inspected, and where it ends."""
    asked = []
    for is_wrong in wrong:
        asked.append(watch.inspects)
        watch = watch.after(wrong=is_wrong if asked[-1] else None)
    return asked, watch


@given(seed=strategies.seeds(), wrong=st.lists(st.booleans(), max_size=120), clear=st.integers(1, 6))
def test_everything_is_inspected_until_enough_in_a_row_are_right(
    seed: int, wrong: list[bool], clear: int
) -> None:
    """And again from every error that is found; a stream twice is the same twice."""
    start = Csp1(clear=clear, fraction="1/4").start(seed=seed, name="ann")
    asked, end = follow(start, wrong)

    assert follow(start, wrong) == (asked, end)
    right, sampling = 0, False
    for was_asked, is_wrong in zip(asked, wrong, strict=True):
        assert was_asked or sampling
        if was_asked and is_wrong:
            right, sampling = 0, False
        elif not sampling:
            right += 1
            sampling = right == clear
    assert end.sampling == sampling


def test_while_all_is_right_the_fraction_is_inspected_at_places_that_differ() -> None:
    """Gaps of jittered blocks are no stride."""
    asked, end = follow(Csp1(clear=5, fraction="1/10").start(seed=7, name="ann"), [False] * 2005)
    places = [at for at, inspected in enumerate(asked) if inspected][5:]

    assert end.sampling
    assert abs(len(places) - 200) < 2
    assert len({later - earlier for earlier, later in pairwise(places)}) > 10


def test_streams_of_one_seed_differ_by_name_and_by_spell() -> None:
    """Nobody learns from another, or from before an error, where the next inspection falls."""
    plan = Csp1(clear=1, fraction="1/10")
    ann, _ = follow(plan.start(seed=7, name="ann"), [False] * 60)
    bob, _ = follow(plan.start(seed=7, name="bob"), [False] * 60)
    first = ann.index(True, 1)
    again, _ = follow(plan.start(seed=7, name="ann"), [at == first for at in range(first + 61)])

    assert ann != bob
    assert again[first + 1 :] != ann


@pytest.mark.parametrize("percent", [2, 10])
def test_a_long_stream_is_inspected_as_the_formula_says(percent: int) -> None:
    """50,000 items with errors at fixed places of a scattered order."""
    plan = Csp1(clear=10, fraction="1/10")
    wrong = [at * 7919 % 10007 * 100 < percent * 10007 for at in range(50_000)]
    asked, _ = follow(plan.start(seed=7, name="ann"), wrong)

    assert sum(asked) / len(asked) == pytest.approx(plan.inspected(Fraction(percent, 100)), rel=0.1)


def test_published_numbers_of_skip_lot_plans_are_reproduced() -> None:
    """Reference plan 125 / 3 at one and two percent of errors."""
    plan = SkSP2(clear=4, fraction="1/4")

    for once, passing, judged in ((0.96255, 0.98953, 0.27970), (0.75867, 0.87896, 0.50154)):
        assert plan.passes(once) == pytest.approx(passing, abs=6e-6)
        assert plan.inspected(once) == pytest.approx(judged, abs=6e-6)
    assert plan.inspected(0) == 1
    assert plan.passes(0) == 0


@pytest.mark.parametrize("row", table("sequential_tests.csv"), ids=lambda row: " ".join(row.values()))
def test_published_lines_of_sequential_tests_are_reproduced(row: dict[str, str]) -> None:
    """Six digits, as in the table."""
    test = Sprt(p0=row["p0"], p1=row["p1"], alpha=row["alpha"], beta=row["beta"])

    lines = tuple(float(row[name]) for name in ("h1", "h2", "slope"))
    assert (test.h1, test.h2, test.slope) == pytest.approx(lines, abs=5.1e-7)


@pytest.mark.parametrize(
    ("settings", "first", "expected"),
    [
        (("0.02", "0.08", "0.05", "0.10"), 36, (58.3, 45.0, 74.3)),
        (("0.01", "0.05", "0.05", "0.10"), 55, (80.6, 57.5, 98.0)),
        (("0.05", "0.15", "0.05", "0.10"), 21, (39.3, 33.8, 53.3)),
        (("0.10", "0.30", "0.05", "0.05"), 12, (22.8, 17.2, 31.4)),
    ],
)
def test_published_lengths_of_sequential_tests_are_reproduced(
    settings: tuple[str, str, str, str], first: int, expected: tuple[float, float, float]
) -> None:
    """The first item at which faultless work is accepted; the average at p0, p1 and the slope."""
    p0, p1, alpha, beta = settings
    test = Sprt(p0=p0, p1=p1, alpha=alpha, beta=beta)

    assert next(n for n in range(1, 100) if test.verdict(n, 0) == "accept") == first
    assert tuple(round(test.expected(p), 1) for p in (p0, p1, test.slope)) == expected
    assert test.passes(p0) == pytest.approx(1 - float(alpha), abs=1e-12)
    assert test.passes(p1) == pytest.approx(float(beta), abs=1e-12)


@given(p0=st.integers(1, 30), more=st.integers(5, 60), share=st.fractions(0, 1, max_denominator=200))
def test_bad_work_passes_less_often_and_no_average_is_negative(p0: int, more: int, share: Fraction) -> None:
    """At the ends: all right takes h1 / s items, all wrong h2 / (1 - s)."""
    test = Sprt(p0=Fraction(p0, 100), p1=Fraction(p0 + more, 100))

    assert 0 <= test.passes(share) <= test.passes(share / 2) + 1e-12 <= 1 + 2e-12
    assert test.expected(share) > 0
    assert test.expected(0) == pytest.approx(test.h1 / test.slope)
    assert test.expected(1) == pytest.approx(test.h2 / (1 - test.slope))
    assert (test.passes(0), test.passes(1)) == (1, 0)


def test_the_average_has_no_gap_at_the_slope() -> None:
    """There the formula is 0 / 0, and its limit is taken."""
    test = Sprt(p0="0.02", p1="0.08")

    assert test.expected(test.slope + 1e-6) == pytest.approx(test.expected(test.slope), rel=1e-3)
    assert test.passes(test.slope + 1e-6) == pytest.approx(test.passes(test.slope), rel=1e-3)


def test_a_test_reaches_its_lines_or_goes_on() -> None:
    """Two errors at once are not yet too many at two percent against eight, three are."""
    test = Sprt(p0="0.02", p1="0.08")

    assert [test.verdict(5, errors) for errors in (0, 2, 3)] == ["go on", "go on", "reject"]


def test_a_truncated_test_ends_for_the_likelier_side() -> None:
    """After three times the average at its slope; before, nothing changes."""
    test = Sprt(p0="0.02", p1="0.08").truncated()

    assert test.truncate == 223
    assert test.verdict(222, 9) == "go on"
    assert test.verdict(223, 9) == "accept"
    assert test.verdict(223, 10) == "reject"
    assert test.verdict(223, 2) == "accept"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Csp1(clear=0, fraction="0.1"), "clear must be a whole number of at least 1, got 0"),
        (lambda: Csp1(clear=10**8, fraction="0.1"), "clear must be at most 10000000, got 100000000"),
        (
            lambda: SkSP2(clear=4, fraction=10),
            "fraction must lie strictly between 0 and 1, got 10; write 5 % as 0.05",
        ),
        (lambda: least_clear("0.1", "1e-9"), "clear must be at most 10000000, got 16777216"),
        (
            lambda: Csp1(clear=1, fraction="0.1").start(seed=7).after(wrong=None),
            "wrong must be told of an item to inspect, got None; ask inspects first",
        ),
        (lambda: Csp1(clear=1, fraction="0.1").start(seed=True), "seed must be a whole number, got True"),
        (lambda: Sprt(p0="0.1", p1="0.1"), "p0 must be below p1, 0.1, got 0.1"),
        (
            lambda: Sprt(p0="0.1", p1="0.2", alpha="0.5", beta="0.5"),
            "alpha + beta must be less than 1, got 1.0",
        ),
        (
            lambda: Sprt(p0="0.1", p1="0.2", truncate=0),
            "truncate must be a whole number of at least 1, got 0",
        ),
        (lambda: Sprt(p0="0.1", p1="0.2").verdict(1, 2), "errors must be at most the 1 reviewed, got 2"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_value(call: object, message: str) -> None:
    """The sentence names what, and the way out."""
    with pytest.raises(InvalidInput) as error:
        call()  # type: ignore[operator]

    assert str(error.value) == message


def test_an_item_not_to_inspect_has_no_verdict() -> None:
    """Else the fraction would not be what it says."""
    watch = Csp1(clear=1, fraction="1/10").start(seed=7).after(wrong=False)
    while watch.inspects:
        watch = watch.after(wrong=False)

    with pytest.raises(InvalidInput, match="wrong must be None for an item not to inspect, got False"):
        watch.after(wrong=False)
