"""Who reviews whom: loads as far as they can hold, the work of everybody with everybody, few pairs both ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations, permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory import MemoryStore
from distribution import Item, Overlap, Pull, Sample, Workload, distribute
from distribution.eligibility import NotEnoughRoom
from distribution.reasons import OffLoad
from distribution.rules import Rules
from distribution.testing.invariants import invariants
from tests.office import Office
from tests.reviews import ALL, about, finish, own_work, shared

PULL = Pull(batch_size=5, max_batch_workload=5)
TEN = tuple(f"p{n}" for n in range(10))


def met(office: Office, review: str) -> Counter[tuple[str, str]]:
    """Count what everybody has of everybody's work."""
    return Counter((about(row)["author"], who) for row in office.items(review) for who in row.cells)


def written(authors: Sequence[str], sizes: Sequence[int]) -> list[Item]:
    """Give items that name their author, as those of a review do."""
    names = [who for who, size in zip(authors, sizes, strict=True) for _ in range(size)]
    return [Item(f"i{at}", attributes={"qa": {"author": who}}) for at, who in enumerate(names)]


# When it is created.


def test_where_everybody_reviews_everybody_all_pairs_meet_alike(office: Office) -> None:
    """Ten people, ninety items: each of the ninety ordered pairs once."""
    task = shared(office, [f"i{n}" for n in range(90)], TEN)
    finish(office, task, *TEN)

    review = office.create_qa(task, TEN, ALL).id

    assert met(office, review) == dict.fromkeys(permutations(TEN, 2), 1)
    assert {found.total for found in office.assignments(review)} == {9}


def test_few_reviews_leave_no_pairs_who_judge_each_other(office: Office) -> None:
    """Four items of each are as many as can go one way around."""
    task = shared(office, [f"i{n}" for n in range(40)], TEN)
    finish(office, task, *TEN)

    pairs = met(office, office.create_qa(task, TEN, ALL).id)

    assert set(pairs.values()) == {1}
    assert not [
        (one, other) for one, other in combinations(TEN, 2) if {(one, other), (other, one)} <= {*pairs}
    ]


@given(
    sizes=st.lists(st.integers(0, 9), min_size=3, max_size=5),
    weights=st.lists(st.integers(1, 4), min_size=5, max_size=5),
    outside=st.integers(0, 2),
    seed=st.integers(0, 3),
)
def test_loads_are_as_with_no_rules_or_named_and_the_plan_is_the_one_that_is_kept(
    sizes: list[int], weights: list[int], outside: int, seed: int
) -> None:
    """Whoever of the authors reviews, and whoever comes from outside."""
    authors = [f"a{at}" for at in range(len(sizes))]
    people = [*authors[outside:], *("y", "z")[:outside]]
    team = Workload.weights(list(zip(people, weights, strict=False)))
    with Office(MemoryStore()) as office:
        task = office.create("label", written(authors, sizes), workload=Workload.even(authors)).id
        for row in office.items(task):
            ((who, _),) = row.cells.items()
            office.set_status(task, who, [row.item], "completed")
        review = office.create_qa(task, people, ALL, workload=team, seed=seed).id
        plan = office.replan(review)
        kept = {row.item: tuple(row.cells) for row in office.items(review)}
        facts = office.history(review)[0].event.facts

    assert plan.verify()
    assert kept == {name: plan.assignees_of(name) for name in kept}
    without = distribute(sum(sizes), team).counts()
    off = {name: without[name] for name, count in plan.counts().items() if count != without[name]}
    assert facts.get("wanted", {}) == off == {found.assignee: found.wanted for found in plan.off_load}


@pytest.mark.parametrize("seed", range(3))
def test_the_work_of_each_is_spread_within_one_of_her_readers_shares(office: Office, seed: int) -> None:
    """Nobody of the reviewers is an author: then proportion is exact but for whole numbers."""
    task = shared(office, [f"i{n}" for n in range(100)], ["ann", "bob", "eve"], seed=seed)
    finish(office, task)
    team = Workload.of({"max": 50, "zoe": 30, "kim": 20})

    pairs = met(office, office.create_qa(task, team.assignees, ALL, workload=team, seed=seed).id)

    for who, size in (("ann", 34), ("bob", 33), ("eve", 33)):
        for reader in team.assignees:
            assert abs(pairs[who, reader] - size * team.load_of(reader) / 100) < 1


def test_rules_of_the_reviewers_leave_the_work_of_each_spread(office: Office) -> None:
    """Kim speaks one of two languages; of that everybody has a third of each author's."""
    items = [Item(f"i{n}", attributes={"language": "fr" if n % 2 else "de"}) for n in range(120)]
    task = shared(office, items, ["ann", "bob", "eve"], order="interleaved")
    finish(office, task)
    skills = {"max": ["fr", "de"], "zoe": ["fr", "de"], "kim": ["fr"]}

    review = office.create_qa(task, list(skills), ALL, rules=Rules(needs="language", skills=skills)).id

    assert {found.total for found in office.assignments(review)} == {40}
    assert {pair: count for pair, count in met(office, review).items() if count not in {13, 14}} == {}


def test_with_two_reviewers_each_the_work_of_everybody_is_spread_and_every_two_can_be_compared(
    office: Office,
) -> None:
    """Two of the other four for each item."""
    people = TEN[:5]
    task = shared(office, [f"i{n}" for n in range(40)], people)
    finish(office, task, *people)

    review = office.create_qa(task, people, ALL, overlap=Overlap(percent=100, assignees=2)).id

    assert met(office, review) == dict.fromkeys(permutations(people, 2), 4)
    assert {found.total for found in office.assignments(review)} == {16}
    coverage = office.coverage(review)
    assert (coverage.least, coverage.most) == (4, 4)


def test_people_who_may_review_their_own_work_have_no_more_of_it_than_of_others(office: Office) -> None:
    people = TEN[:4]
    task = shared(office, [f"i{n}" for n in range(48)], people)
    finish(office, task, *people)

    review = office.create_qa(task, people, ALL, own=True).id

    pairs = met(office, review)
    assert set(pairs.values()) <= {2, 3, 4}
    assert {found.total for found in office.assignments(review)} == {12}
    twice = office.create_qa(task, people, ALL, own=True, overlap=Overlap(percent=100, assignees=2)).id
    assert {found.total for found in office.assignments(twice)} == {24}
    pulled = office.create_qa(task, people[:1], ALL, own=True, pull=PULL).id
    assert len(office.pull(pulled, people[0]).items) == 5


# Where loads cannot hold, and where nothing can.


def test_loads_that_cannot_hold_are_named_with_both_numbers(office: Office) -> None:
    """Ann did it all, so nothing is for her; without her the others share by their loads."""
    task = shared(office, [f"i{n}" for n in range(30)], ["ann"])
    finish(office, task, "ann")
    team = Workload.of({"ann": 80, "bob": 10, "eve": 10})

    review = office.create_qa(task, team.assignees, ALL, workload=team).id

    assert office.replan(review).off_load == (
        OffLoad("ann", has=0, wanted=24), OffLoad("bob", has=15, wanted=3), OffLoad("eve", has=15, wanted=3),
    )  # fmt: skip
    assert str(office.replan(review).off_load[0]) == "'ann' has 0 where her load says 24"
    facts = office.history(review)[0].event.facts
    assert (facts["counts"], facts["wanted"]) == (
        {"ann": 0, "bob": 15, "eve": 15},
        {"ann": 24, "bob": 3, "eve": 3},
    )
    fine = office.create_qa(task, ["bob", "eve"], ALL).id
    assert office.replan(fine).off_load == ()
    assert "wanted" not in office.history(fine)[0].event.facts


@pytest.mark.parametrize(
    ("how", "nobody"),
    [({}, "nobody who carries a load"), ({"pull": PULL}, "nobody of those who take part")],
)
def test_work_that_nobody_can_review_is_named_with_the_shortage(
    office: Office, how: Any, nobody: str
) -> None:
    """Shared out or pulled; with one reviewer, and with two for each item."""
    task = shared(office, [f"i{n}" for n in range(30)], ["ann", "bob"])
    finish(office, task, "ann", "bob")
    twice = Overlap(percent=100, assignees=2)

    with pytest.raises(NotEnoughRoom) as alone:
        office.create_qa(task, ["ann"], ALL, **how)
    with pytest.raises(NotEnoughRoom) as two:
        office.create_qa(task, ["ann", "zoe"], ALL, overlap=twice, **how)

    ways = "let more people take them, ask for fewer copies, or leave them out"
    assert str(alone.value) == (
        f"items that are barred to 'ann' (15) are to go to somebody, and {nobody} may take them; {ways}"
    )
    assert str(two.value) == (
        "items that are barred to 'ann' (15) are to go to 2 different people each, and only 'zoe' may take them;"
        f" 15 copies have nobody; {ways}"
    )
    assert [(short.needed, short.room) for short in two.value.shortages] == [(30, 15)]
    assert [found.id for found in office.all()] == [task]
    several = office.create_qa(task, ["ann", "zoe", "max"], ALL, overlap=twice, **how).id
    assert office.get(several).copies == 60


# Later, and where reviews are pulled.


def test_what_is_drawn_later_is_spread_too(office: Office) -> None:
    """Each author one item a day: in nine days everybody has met about everybody, and loads are even."""
    task = shared(office, [f"i{n}" for n in range(90)], TEN)
    finish(office, task, *TEN, count=1)
    review = office.create_qa(task, TEN, ALL).id
    for _ in range(8):
        finish(office, task, *TEN, count=1)
        office.extend_qa(review)

    pairs = met(office, review)

    assert own_work(office, review) == []
    assert {found.total for found in office.assignments(review)} == {9}
    assert len(pairs) >= 70
    assert max(pairs.values()) <= 4
    invariants(office.store, review)


def test_batches_that_are_pulled_are_of_all_authors(office: Office) -> None:
    """Though they finished one after the other; also of what is drawn later."""
    task = shared(office, [f"i{n}" for n in range(40)], TEN[:4])
    finish(office, task, *TEN[:4], count=5)
    review = office.create_qa(task, ["zoe", "max"], ALL, pull=Pull(batch_size=8, max_batch_workload=8)).id
    finish(office, task, *TEN[:4])
    office.extend_qa(review)

    for who in ("zoe", "max", "zoe", "max"):
        batch = office.pull(review, who).items
        authors = Counter(about(row)["author"] for row in office.items(review) if row.item in batch)
        office.set_status(review, who, batch, "approved")
        assert (len(authors), max(authors.values())) == (4, 2)


def test_contested_items_are_data_for_a_review(office: Office) -> None:
    """What people disagree about is what `create_qa` is told to look at."""
    from distribution import field

    task = shared(office, ["a", "b", "c"], ["ann", "bob"], overlap=Overlap(percent=100, assignees=2))
    office.set_status(task, "ann", ["a", "b", "c"], "completed", answers={"a": "cat", "b": "cat", "c": "cat"})
    office.set_status(task, "bob", ["a", "b", "c"], "completed", answers={"a": "cat", "b": "dog", "c": "owl"})

    disputed = field("qa.item").is_in([found.item for found in office.disagreements(task)])
    review = office.create_qa(task, ["zoe"], Sample(percent=100), where=disputed)

    assert sorted(office.holds(review.id, "zoe")) == ["b by ann", "b by bob", "c by ann", "c by bob"]
