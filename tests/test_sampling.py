"""Drawing finished items for review: counts, groups, waves, chance."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distribution.error_rates import Review, error_rate
from distribution.errors import InvalidInput
from distribution.samples import ALLOCATIONS, Allocation, Method, Per, Risk, Sample
from distribution.sampling import Chosen, Drawn, Finished, Record, Tally, draw
from distribution.testing import strategies

PEOPLE = ("ann", "bob", "eve", "max")
METHODS: tuple[Method, ...] = ("simple", "systematic", "size")
PERS: tuple[Per | None, ...] = (None, "assignee", "stratum")
RISK = Risk(target=2, least=5)


def units(n: int, people: tuple[str, ...] = PEOPLE) -> list[Finished]:
    """Give finished placements, by the people in turns, with efforts and strata that differ."""
    return [
        Finished(
            f"i{at}", people[at % len(people)], stratum=("cats", "dogs", None)[at % 3], effort=at % 5 + 1
        )
        for at in range(n)
    ]


def counts(drawn: Drawn) -> dict[str | None, tuple[int, int]]:
    """Give seen and drawn of each group."""
    return {group.group: (group.seen, group.drawn) for group in drawn.tally.groups}


@st.composite
def samples(draw: st.DrawFn, *, blocks: bool = True) -> Sample:
    """Give samples of every kind."""
    per = draw(st.sampled_from(PERS))
    key = "animal" if per == "stratum" else None
    percent = st.fractions(Fraction(1, 2), 100, max_denominator=9)
    method: Method = draw(st.sampled_from([*METHODS, "blocks"] if blocks else METHODS))
    minimum = None if method == "blocks" else draw(st.one_of(st.none(), st.integers(0, 3)))
    shape = draw(st.sampled_from(["percent", "count", "rates", "risk"]))
    if shape == "rates" and per:
        names: tuple[str | None, ...] = PEOPLE if per == "assignee" else ("cats", "dogs", None)
        rates = {name: draw(percent) for name in names} | {names[0]: draw(st.sampled_from([0, 50]))}
        return Sample(rates=rates, per=per, key=key, minimum=minimum, method=method)
    if shape == "count" and method != "blocks":
        allocation = draw(st.sampled_from([None, *ALLOCATIONS])) if per else None
        count = draw(st.integers(1, 40))
        return Sample(
            count=count,
            per=per,
            key=key,
            allocation=cast("Allocation | None", allocation),
            minimum=minimum,
            method=method,
        )
    if shape == "risk" and per == "assignee" and method != "blocks":
        return Sample(risk=RISK, per=per, minimum=minimum, method=method)
    return Sample(percent=draw(percent), per=per, key=key, minimum=minimum, method=method)


def records() -> st.SearchStrategy[Record]:
    """Give what the reviews of some groups found."""
    result = st.tuples(st.integers(0, 9), st.integers(0, 90)).map(lambda pair: (pair[0], sum(pair)))
    return st.dictionaries(st.sampled_from([*PEOPLE, "cats", None]), result)


@given(
    sample=samples(), seed=strategies.seeds(), cuts=st.lists(st.integers(0, 30), max_size=4), record=records()
)
def test_later_draws_never_change_earlier_ones_and_look_at_new_units_only(
    sample: Sample, seed: int, cuts: list[int], record: Record
) -> None:
    """What is chosen is from the wave; the tally counts it all, through JSON and back."""
    pool, tally, chosen, start = units(sum(cuts)), None, list[Finished](), 0
    for cut in cuts:
        wave = pool[start : start + cut]
        drawn = draw(wave, sample, seed=seed, before=tally, record=record)
        tally, start = Tally.from_data(json.loads(json.dumps(drawn.tally.to_data()))), start + cut
        assert tally == drawn.tally
        assert [unit for unit in wave if unit in {one.unit for one in drawn.chosen}] == [
            one.unit for one in drawn.chosen
        ]
        assert all(0 < one.inclusion <= 1 for one in drawn.chosen)
        chosen += [one.unit for one in drawn.chosen]
        assert sum(group.drawn for group in tally.groups) == len(chosen) == len(set(chosen))
        assert sum(group.seen for group in tally.groups) == start


@given(sample=samples(blocks=False), seed=strategies.seeds(), n=st.integers(0, 60), record=records())
def test_probabilities_sum_to_the_number_drawn_of_each_group(
    sample: Sample, seed: int, n: int, record: Record
) -> None:
    """So that weights of 1/inclusion sum to the whole where all are alike."""
    drawn = draw(units(n), sample, seed=seed, record=record)

    for group in drawn.tally.groups:
        mine = [one.inclusion for one in drawn.chosen if one.group == group.group]
        assert len(mine) == group.drawn
        if sample.method != "size" and mine:
            assert set(mine) == {Fraction(group.drawn, group.seen)}
            assert group.missed == 0
        if not mine:
            assert group.missed == group.seen


@given(
    percent=st.fractions(1, 100, max_denominator=8),
    seed=strategies.seeds(),
    cuts=st.lists(st.integers(1, 40), min_size=1, max_size=4),
    per=st.sampled_from([None, "assignee"]),
    minimum=st.integers(0, 2),
)
def test_the_totals_are_those_of_the_whole_where_minimum_and_earlier_draws_allow(
    percent: Fraction, seed: int, cuts: list[int], per: Per | None, minimum: int
) -> None:
    """Half up in all; else as near as what is drawn, due and there allows."""
    sample, start, pool = Sample(percent=percent, per=per, minimum=minimum), 0, units(sum(cuts))
    tally = Tally(per=per)
    for cut in cuts:
        before = {group.group: group.drawn for group in tally.groups}
        tally = draw(pool[start : start + cut], sample, seed=seed, before=tally).tally
        start += cut
        floors = sum(max(before.get(g.group, 0), min(minimum, g.seen)) for g in tally.groups)
        half_up = (2 * percent * start / 100 + 1) // 2

        assert sum(group.drawn for group in tally.groups) == min(
            max(half_up, floors), sum(before.values()) + cut
        )


def test_ten_percent_is_ten_percent_of_everything() -> None:
    """Rounded half up, and one at least."""
    for n, expected in ((100, 10), (94, 9), (95, 10), (4, 1), (0, 0)):
        assert len(draw(units(n), Sample(percent=10), seed=7).chosen) == expected


def test_a_percentage_of_each_assignee_is_divided_by_largest_remainders() -> None:
    """Ten percent of 54, 33 and 13 are 10 in all: 5.4, 3.3 and 1.3."""
    pool = units(54, ("ann",)) + units(33, ("bob",)) + units(13, ("eve",))

    assert counts(draw(pool, Sample(percent=10, per="assignee"), seed=7)) == {
        "ann": (54, 6),
        "bob": (33, 3),
        "eve": (13, 1),
    }


def test_every_group_has_its_minimum_or_all_it_has() -> None:
    """Also where the count is too small for all of them."""
    pool = units(90, ("ann",)) + units(2, ("bob",))
    drawn = draw(pool, Sample(count=3, per="assignee", minimum=5), seed=7)

    assert counts(drawn) == {"ann": (90, 5), "bob": (2, 2)}


def test_a_rate_of_zero_exempts_a_group_from_the_minimum_too() -> None:
    """Nobody speaks for it then: all of it is missed."""
    drawn = draw(
        units(80), Sample(rates={"ann": 0, "bob": 50, "eve": 10, "max": 100}, per="assignee"), seed=7
    )

    assert counts(drawn) == {"ann": (20, 0), "bob": (20, 10), "eve": (20, 2), "max": (20, 20)}
    assert [group.missed for group in drawn.tally.groups] == [20, 0, 0, 0]


def test_a_count_is_divided_equally_where_groups_are_large_enough() -> None:
    """What a small group cannot give comes from the others."""
    pool = units(90, ("ann",)) + units(40, ("bob",)) + units(2, ("eve",))
    sample = Sample(count=12, per="assignee", allocation="equal")

    assert counts(draw(pool, sample, seed=7)) == {"ann": (90, 5), "bob": (40, 5), "eve": (2, 2)}


def test_a_count_goes_where_it_tells_most() -> None:
    """Bob's share of errors is near one half, ann's near nothing."""
    pool = units(100, ("ann",)) + units(100, ("bob",))
    sample = Sample(count=20, per="assignee", allocation="neyman")

    assert counts(draw(pool, sample, seed=7)) == {"ann": (100, 10), "bob": (100, 10)}
    assert counts(draw(pool, sample, seed=7, record={"ann": (0, 98), "bob": (49, 98)})) == {
        "ann": (100, 3),
        "bob": (100, 17),
    }


def test_neyman_takes_one_of_each_group_even_without_a_minimum() -> None:
    """Else nothing could be said of the group."""
    sample = Sample(count=1, per="assignee", allocation="neyman", minimum=0)

    assert [drawn for _, drawn in counts(draw(units(8), sample, seed=7)).values()] == [1, 1, 1, 1]


def test_risk_reviews_newcomers_most_and_asks_anew_in_each_wave() -> None:
    """Ann has a long clean record, bob none; later work is reviewed at the later rate."""
    pool, sample = units(200, ("ann", "bob")), Sample(risk=RISK, per="assignee")
    first = draw(pool[:100], sample, seed=7, record={"ann": (0, 1000)})
    second = draw(pool[100:], sample, seed=7, before=first.tally, record={"bob": (0, 1000)})

    assert counts(first) == {"ann": (50, 3), "bob": (50, 49)}
    assert counts(second) == {"ann": (100, 52), "bob": (100, 52)}


def test_the_reviews_of_one_draw_are_the_record_of_the_next() -> None:
    """An error rate holds it in the form in which a draw takes it."""
    sample, pool = Sample(risk=RISK, per="assignee"), units(200, ("ann", "bob"))
    first = draw(pool, sample, seed=7)
    rate = error_rate(Review(one.unit.item == "i7", one.inclusion, one.group) for one in first.chosen)
    later = [Finished(f"j{at}", "ann") for at in range(100)]

    assert rate.record["ann"] == (0, 98)
    assert len(draw(later, sample, seed=7, before=first.tally, record=rate.record).chosen) < 98


@given(seed=strategies.seeds(), cuts=st.lists(st.integers(0, 30), max_size=6), percent=st.integers(1, 100))
def test_with_blocks_it_does_not_matter_in_which_waves_the_work_is_shown(
    seed: int, cuts: list[int], percent: int
) -> None:
    """And every unit has exactly its rate as probability."""
    sample, pool = Sample(percent=percent, per="assignee", method="blocks"), units(sum(cuts))
    whole = draw(pool, sample, seed=seed)
    tally, chosen, start = None, list[Chosen](), 0
    for cut in cuts:
        drawn = draw(pool[start : start + cut], sample, seed=seed, before=tally)
        tally, start = drawn.tally, start + cut
        chosen += drawn.chosen

    assert tuple(chosen) == whole.chosen
    assert all(one.inclusion == Fraction(percent, 100) for one in chosen)
    assert all(abs(g.drawn - Fraction(percent * g.seen, 100)) < 2 for g in whole.tally.groups)
    assert all(group.missed == 0 for group in whole.tally.groups)


def test_blocks_leave_out_whoever_is_exempt() -> None:
    """A rate of 0 has no blocks."""
    drawn = draw(
        units(80, ("ann", "bob")),
        Sample(rates={"ann": 0, "bob": 50}, per="assignee", method="blocks"),
        seed=7,
    )

    assert {one.group for one in drawn.chosen} == {"bob"}
    assert [group.missed for group in drawn.tally.groups] == [40, 0]


@pytest.mark.parametrize("method", [*METHODS, "blocks"])
def test_units_are_drawn_as_often_as_their_probability_says(method: Method) -> None:
    """Chi-square over 2,000 seeds and 20 units; 45.3 is exceeded once in a thousand."""
    pool, seeds = units(20, ("ann",)), 2000
    sample = Sample(percent=30, method=method)
    drawn: Counter[Finished] = Counter()
    inclusion = dict[Finished, Fraction]()
    for seed in range(seeds):
        for one in draw(pool, sample, seed=seed).chosen:
            drawn[one.unit] += 1
            assert inclusion.setdefault(one.unit, one.inclusion) == one.inclusion

    expected = {unit: float(seeds * inclusion[unit]) for unit in pool}
    assert sum((drawn[unit] - mean) ** 2 / mean for unit, mean in expected.items()) < 45.3
    assert method == "blocks" or sum(inclusion.values()) == 6


def test_by_size_large_efforts_are_certain_and_the_others_in_proportion() -> None:
    """Effort 100 of 110 cannot have more than probability 1; the rest share what is left."""
    pool = [
        Finished("big", "ann", effort=100),
        *(Finished(f"i{at}", "ann", effort="0.5") for at in range(20)),
    ]
    drawn = draw(pool, Sample(count=5, method="size"), seed=7)

    assert drawn.chosen[0].unit.item == "big"
    assert [one.inclusion for one in drawn.chosen] == [1, *[Fraction(4, 20)] * 4]


@given(seed=strategies.seeds(), shuffle=st.randoms(), method=st.sampled_from(("simple", "size")))
def test_neither_the_order_of_finishing_nor_that_of_mappings_matters(
    seed: int, shuffle: Random, method: Method
) -> None:
    """Unless the method goes by it."""
    pool = units(60)
    rates = list(zip(PEOPLE, (10, 20, 30, 40), strict=True))
    other, mixed = list(pool), list(rates)
    shuffle.shuffle(other)
    shuffle.shuffle(mixed)

    def chosen(finished: list[Finished], percents: list[tuple[str, int]]) -> set[tuple[str, Fraction]]:
        sample = Sample(rates=dict(percents), per="assignee", method=method)
        return {(one.unit.item, one.inclusion) for one in draw(finished, sample, seed=seed).chosen}

    assert chosen(pool, rates) == chosen(other, mixed)


@pytest.mark.parametrize("allocation", ALLOCATIONS)
def test_where_nothing_is_finished_nothing_is_drawn(allocation: Allocation) -> None:
    """There are no groups yet to divide a count among."""
    drawn = draw([], Sample(count=5, per="assignee", allocation=allocation), seed=7)

    assert (drawn.chosen, drawn.tally.groups) == ((), ())


def test_a_seed_draws_the_same_for_ever() -> None:
    """On every machine and under every hash seed."""
    drawn = draw(units(30), Sample(percent=20, per="assignee"), seed=7)

    assert " ".join(one.unit.item for one in drawn.chosen) == "i0 i4 i9 i17 i22 i23"


def test_a_used_up_count_gives_later_work_no_chance_and_says_so() -> None:
    """But a new group has its minimum."""
    sample = Sample(count=10, per="assignee")
    first = draw(units(40, ("ann",)), sample, seed=7)
    later = [Finished("j1", "ann"), Finished("j2", "bob"), Finished("j3", "bob")]
    second = draw(later, sample, seed=7, before=first.tally)

    assert counts(second) == {"ann": (41, 10), "bob": (2, 1)}
    assert [group.missed for group in second.tally.groups] == [1, 0]


def test_a_tally_survives_a_percentage_of_many_digits() -> None:
    """What is wanted is exact, however long it is written."""
    tally = draw(units(50), Sample(percent=Fraction(10**90, 10**90 + 1)), seed=7).tally

    assert Tally.from_data(json.loads(json.dumps(tally.to_data()))) == tally


REFUSED: list[tuple[Callable[[], object], str]] = [
    (
        lambda: draw([Finished("a", "ann"), Finished("a", "ann")], Sample(percent=10), seed=7),
        "finished must name a unit once, got Finished(item='a', assignee='ann', stratum=None, effort=F...; a draw is shown each finished placement once",
    ),
    (
        lambda: draw(units(5, ("ann", "bob")), Sample(rates={"ann": 10}, per="assignee"), seed=7),
        "rates must name every group, got {'ann': Fraction(10, 1)}; add a rate of 'bob'; 0 exempts",
    ),
    (
        lambda: draw([Finished("a", "ann", effort=0)], Sample(count=1, method="size"), seed=7),
        "effort of item 'a' must be positive to draw by size, got 0; use method \"simple\"",
    ),
    (
        lambda: draw([], Sample(count=1), seed=7, before=Tally(per="assignee")),
        "the tally before must count what the sample does, per None, got 'assignee'; begin without one",
    ),
    (
        lambda: draw(units(1), Sample(risk=RISK, per="assignee"), seed=7, record={"ann": (2, 1)}),
        "errors of 'ann' must be at most the 1 reviewed, got 2",
    ),
    (lambda: draw([], Sample(count=1), seed=0.5), "seed must be a whole number, got 0.5"),  # type: ignore[arg-type]
    (lambda: Finished("", "ann"), "item id must not be empty, got ''"),
    (lambda: Finished("a", "ann", effort=-1), "effort of an item must not be negative, got -1"),
    (lambda: Tally.from_data({"per": None}), "tally must be what to_data wrote, got {'per': None}"),
    (
        lambda: Tally.from_data({"per": None, "groups": [[None, 1, 1, "1/0", 0]]}),
        "tally must be what to_data wrote, got {'per': None, 'groups': [[None, 1, 1, '1/0', 0]]}",
    ),
    (
        lambda: Tally.from_data({"per": None, "groups": [[None, 1, 2, "1", 0]]}),
        "tally must be what to_data wrote, got {'per': None, 'groups': [[None, 1, 2, '1', 0]]}",
    ),
]


@pytest.mark.parametrize(("call", "message"), REFUSED, ids=[message[:50] for _, message in REFUSED])
def test_what_makes_no_sense_is_refused_with_the_value(call: Callable[[], object], message: str) -> None:
    """The sentence names what, and the way out."""
    with pytest.raises(InvalidInput) as error:
        call()

    assert str(error.value) == message
