"""Where rules keep people from items everybody still meets everybody, as far as the rules allow."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distribution import Item, Overlap, Workload, distribute
from distribution.errors import Infeasible
from distribution.rules import Rules
from distribution.split import ORDERS


def unbarred(n: int) -> tuple[list[Item], Rules]:
    """Give items and rules that bar nobody of those who are there, and whose authors nobody knows."""
    items = [
        Item(f"i{at}", attributes={"needs": ["a"], "for": [f"p{a}" for a in range(20)]}) for at in range(n)
    ]
    able = {f"p{at}": ["b", "a"] for at in range(20)}
    teams = {"p0": "x", "p1": "y", "q1": "x"}
    return items, Rules(needs="needs", skills=able, blocked="no", reserved="for", teams=teams)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("overlap", [None, Overlap(percent=30, assignees=2), Overlap(count=7, assignees=3)])
@given(
    shares=st.lists(st.sampled_from([1, 1, 2, 30, 0]), min_size=3, max_size=9).filter(any),
    n=st.integers(0, 60),
)
def test_rules_that_bar_nobody_leave_the_plan_as_it_is_without_them(
    order: str, overlap: Overlap | None, shares: list[int], n: int
) -> None:
    """It is the very same: pairs, islands, who works on what and when; and there is no rule in it."""
    workload = Workload.weights({f"p{at}": share for at, share in enumerate(shares)})
    items, rules = unbarred(n)
    try:
        plain = distribute(items, workload, order=order, overlap=overlap)
    except Infeasible:
        return
    for plan in (
        distribute(items, workload, order=order, overlap=overlap, rules=rules),
        distribute([item.id for item in items], workload, order=order, overlap=overlap, rules=Rules()),
    ):
        assert plan == plain


def test_rules_that_bar_nobody_cost_nothing_where_items_are_only_counted() -> None:
    """The plan of a thousand million items is still a function."""
    plan = distribute(10**9, Workload.even(["ann", "bob", "eve"]), rules=Rules(needs="language"))

    assert plan.counts() == {"ann": 333333334, "bob": 333333333, "eve": 333333333}


def authored(v: int, n: int, barred: int) -> tuple[list[Item], Workload, Rules]:
    """Give items of which each is barred to some people, in turn, and everybody to as many."""
    names = [f"p{at:02}" for at in range(v)]
    items = [
        Item(f"i{at}", attributes={"by": [names[(at * (step + 1) + step) % v] for step in range(barred)]})
        for at in range(n)
    ]
    return items, Workload.even(names), Rules(blocked="by")


@pytest.mark.parametrize("barred", [1, 2, 3])
@pytest.mark.parametrize(
    ("v", "k", "n", "greedy"), [(10, 2, 90, 0.9), (12, 3, 100, 0.938), (20, 3, 380, 0.969)]
)
def test_pairs_are_within_two_of_each_other_also_where_everybody_is_barred_from_some_items(
    v: int, k: int, n: int, greedy: float, barred: int
) -> None:
    """At the sizes of the published table of designs, and as efficient as its greedy ones where nobody is barred."""
    items, workload, rules = authored(v, n, barred)
    plan = distribute(items, workload, overlap=Overlap(percent=100, assignees=k), rules=rules)

    found = plan.overlap
    assert found is not None
    assert (found.islands, found.met) == (1, v * (v - 1) // 2)
    assert found.most - found.least <= 2
    assert found.efficiency >= greedy - 0.005
    assert max(plan.counts().values()) - min(plan.counts().values()) <= 1
    assert plan.verify(), plan.verify()


def test_pairs_are_as_good_as_without_rules_where_authors_take_no_part() -> None:
    """Their work is spread over all, and nobody is barred from anything."""
    names = [f"p{at}" for at in range(10)]
    items = [Item(f"i{at}", attributes={"by": f"author {at % 6}"}) for at in range(90)]
    plan = distribute(items, Workload.even(names), overlap=Overlap(percent=100), rules=Rules(blocked="by"))

    assert set(plan.counts().values()) == {18}
    assert plan.overlap is not None
    assert plan.overlap.islands == 1
    assert plan.overlap.most - plan.overlap.least <= 1
    had = Counter((at % 6, who) for at in range(90) for who in plan.assignees_at(at))
    assert set(had.values()) == {3}


def test_the_fano_plane_is_found_where_nobody_takes_what_she_wrote() -> None:
    """Seven people and seven items, each written by another: every two still share exactly one."""
    items, workload, rules = authored(7, 7, 1)
    found = distribute(items, workload, overlap=Overlap(percent=100, assignees=3), rules=rules).overlap

    assert found is not None
    assert set(found.pairs.values()) == {1}


@pytest.mark.parametrize("barred", [1, 2])
@pytest.mark.parametrize(("v", "k", "over"), [(10, 2, 9), (20, 2, 19), (10, 3, 5), (20, 3, 10), (30, 3, 15)])
def test_all_are_one_island_also_where_rules_bar_some_as_soon_as_items_are_enough(
    v: int, k: int, over: int, barred: int
) -> None:
    """The fewest items that can connect so many people, among ten times as many."""
    items, workload, rules = authored(v, 10 * over, barred)
    for seed in range(3):
        overlap = Overlap(count=over, assignees=k)
        found = distribute(items, workload, overlap=overlap, rules=rules, seed=seed).overlap
        assert found is not None
        assert found.islands == 1


def test_two_languages_are_joined_by_the_few_who_speak_both() -> None:
    """And everybody meets everybody whom the skills let her meet; loads say how often."""
    names = ["a1", "a2", "a3", "both", "b1", "b2", "b3"]
    skills = {name: ["fr", "de"] if name == "both" else ["fr" if name < "b" else "de"] for name in names}
    items = [Item(f"i{at}", attributes={"in": ["fr", "de"][at % 2]}) for at in range(42)]
    found = distribute(
        items, Workload.even(names), overlap=Overlap(percent=100), rules=Rules(needs="in", skills=skills)
    ).overlap

    assert found is not None
    apart = {pair for pair, count in found.pairs.items() if not count}
    assert apart == {(a, b) for a in names[:3] for b in names[4:]}
    assert found.islands == 1
    together = [count for count in found.pairs.values() if count]
    assert (min(together), max(together)) == (2, 5)


def test_of_what_several_people_share_everybody_has_her_part() -> None:
    """Nobody has only items of her own, where half of all go to two."""
    items, workload, rules = authored(10, 200, 2)
    plan = distribute(items, workload, overlap=Overlap(percent=50), rules=rules)

    found = plan.overlap
    assert found is not None
    shared = [sum(count for pair, count in found.pairs.items() if name in pair) for name in plan.assignees]
    assert set(plan.counts().values()) == {30}
    assert max(shared) - min(shared) <= 1
