"""Reviews of finished work: what is drawn, and who gets it."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory import MemoryStore
from distribution import InvalidInput, Item, Overlap, Pull, Sample, Workload
from distribution.eligibility import NotEnoughRoom
from distribution.filters import field
from distribution.lifecycle import HELD
from distribution.rules import Rules
from distribution.testing.invariants import invariants
from tests.office import NOON, TEAM, Office
from tests.reviews import ALL, ITEMS, drawn, finish, own_work, shared

PULL = Pull(batch_size=2, max_batch_workload=2)

# What is drawn.


def test_finished_items_are_reviewed_and_skips_are_no_work(office: Office) -> None:
    task = office.queue(6, batch=6, cap=6, skip="done")
    office.pull(task, "ann")
    office.skip(task, "ann", ["a"])
    office.set_status(task, "ann", ["b"], "completed")
    office.set_status(task, "ann", ["c"], "discard")

    review = office.create_qa(task, ["eve"], ALL)

    assert (review.name, review.actions) == ("label cats: review", ("approved", "discard"))
    assert list(drawn(office, review.id)) == ["b", "c"]


def test_the_statuses_that_are_reviewed_are_an_argument_and_may_even_be_skips(office: Office) -> None:
    task = office.queue(4, batch=4, cap=4, skip="done")
    office.pull(task, "ann")
    office.skip(task, "ann", ["a"])
    office.set_status(task, "ann", ["b"], "completed")
    office.set_status(task, "ann", ["c"], "discard")

    assert list(drawn(office, office.create_qa(task, ["eve"], ALL, statuses=["discard"]).id)) == ["c"]
    assert list(drawn(office, office.create_qa(task, ["eve"], ALL, statuses=["skipped"]).id)) == ["a"]


def test_the_rate_holds_in_all_with_the_minimum_of_one(office: Office) -> None:
    task = shared(office)
    finish(office, task)

    assert office.create_qa(task, ["zoe"], Sample(percent=10)).items == 3
    assert office.create_qa(task, ["zoe"], Sample(percent="0.1")).items == 1


def test_the_rate_holds_per_assignee_at_least_one_each(office: Office) -> None:
    task = office.create("uneven", ITEMS, workload=Workload.of({"ann": 60, "bob": 30, "eve": 10})).id
    finish(office, task)

    review = office.create_qa(task, ["zoe"], Sample(percent=10, per="assignee"))

    authors = Counter(about["author"] for about in drawn(office, review.id).values())
    assert authors == {"ann": 1, "bob": 1, "eve": 1}
    more = office.create_qa(task, ["zoe"], Sample(percent=50, per="assignee"))
    assert Counter(about["group"] for about in drawn(office, more.id).values()) == {
        "ann": 9,
        "bob": 4,
        "eve": 2,
    }


def test_the_rate_holds_per_stratum_also_of_items_that_are_in_none(office: Office) -> None:
    items = [Item(f"i{n}", attributes={"dir": "x"} if n < 8 else {}) for n in range(12)]
    task = shared(office, items)
    finish(office, task)
    sample = Sample(rates={"x": 25, None: 50}, per="stratum", key="dir")

    review = office.create_qa(task, ["zoe"], sample)

    assert office.get(review.id).qa.sample == sample  # type: ignore[union-attr]
    assert Counter(about["group"] for about in drawn(office, review.id).values()) == {"x": 2, None: 2}
    inclusions = {about["inclusion"] for about in drawn(office, review.id).values()}
    assert inclusions == {"1/4", "1/2"}


def test_a_number_in_the_key_of_a_stratum_is_not_taken_for_its_text(office: Office) -> None:
    items = [Item("a", attributes={"size": 1}), Item("b", attributes={"size": "1"})]
    task = shared(office, items, ["ann"])
    finish(office, task, "ann")

    review = office.create_qa(task, ["zoe"], Sample(percent=100, per="stratum", key="size"))

    assert {name: about["group"] for name, about in drawn(office, review.id).items()} == {
        "a": "1 (number)",
        "b": "1",
    }


def test_a_lot_is_chosen_by_a_filter_before_it_is_drawn_from_also_later(office: Office) -> None:
    task = shared(office)
    finish(office, task, count=5)
    lot = field("qa.author").equal("ann")

    review = office.create_qa(task, ["zoe"], Sample(count=3), where=lot).id

    assert [about["author"] for about in drawn(office, review).values()] == ["ann"] * 3
    tally = office.get(review).qa.tally.groups[0]  # type: ignore[union-attr]
    assert (tally.seen, tally.drawn) == (5, 3)
    finish(office, task)
    office.extend_qa(review)
    assert office.get(review).qa.tally.groups[0].seen == 10  # type: ignore[union-attr]
    since = field("qa.finished").at_least(NOON.replace(minute=6).isoformat(timespec="microseconds"))
    assert office.create_qa(task, ["zoe"], ALL, where=since).items == 5


def test_an_item_says_whose_work_it_stands_for_and_keeps_its_own_attributes(office: Office) -> None:
    both = Overlap(percent=100, assignees=2)
    task = shared(office, [Item("a", effort=3, attributes={"dir": "x"})], ["ann", "bob"], overlap=both)
    office.set_status(task, "ann", ["a"], "completed", answers={"a": "cat"})
    office.set_status(task, "bob", ["a"], "completed")

    review = office.create_qa(task, ["zoe"], ALL)

    first, second = office.items(review.id)
    assert (first.item, first.effort, second.item) == ("a by ann", "3", "a by bob")
    assert first.attributes == {
        "dir": "x",
        "qa": {
            "item": "a",
            "author": "ann",
            "finished": "2026-11-22T12:00:00.000000+00:00",
            "status": "completed",
            "answer": "cat",
            "inclusion": "1",
            "group": None,
        },
    }


def test_inclusion_probabilities_are_returned_with_every_drawn_item(office: Office) -> None:
    """Of each group as many as were drawn of what there was, so their inverses sum to what there was."""
    task = office.create("uneven", ITEMS, workload=Workload.of({"ann": 60, "bob": 30, "eve": 10})).id
    finish(office, task)

    review = office.create_qa(task, ["zoe"], Sample(percent=40, per="assignee"))

    groups = {group.group: group for group in review.qa.tally.groups}  # type: ignore[union-attr]
    found: dict[str, list[Fraction]] = {}
    for about in drawn(office, review.id).values():
        found.setdefault(about["group"], []).append(Fraction(about["inclusion"]))
    assert {who: set(shares) for who, shares in found.items()} == {
        who: {Fraction(group.drawn, group.seen)} for who, group in groups.items()
    }
    assert {who: sum(1 / share for share in shares) for who, shares in found.items()} == {
        "ann": 18, "bob": 9, "eve": 3,
    }  # fmt: skip


def test_two_pieces_of_work_that_would_have_one_name_are_both_reviewed(office: Office) -> None:
    some = Overlap(where=field("two").equal(True), assignees=2)
    items = [Item("a", attributes={"two": True}), Item("a by ann", attributes={"two": False})]
    task = shared(office, items, ["ann", "bob"], overlap=some)
    finish(office, task, "ann", "bob")

    review = office.create_qa(task, ["zoe"], ALL)

    assert sorted(drawn(office, review.id)) == ["a by ann", "a by ann #2", "a by bob"]


def test_the_tally_and_the_version_are_kept_with_the_task(office: Office) -> None:
    task = shared(office)
    finish(office, task, count=4)

    qa = office.create_qa(task, ["zoe"], Sample(percent=50, per="assignee"), seed=3).qa

    assert qa is not None
    assert (qa.parent, qa.version, qa.seed) == (task, 4, 3)
    assert [(g.group, g.seen, g.drawn) for g in qa.tally.groups] == [(who, 4, 2) for who in TEAM]
    assert [found.name for found in office.all(where=field("parent").equal(task))] == ["label cats: review"]


def test_nothing_finished_is_a_task_to_be_extended_later(office: Office) -> None:
    task = shared(office)
    review = office.create_qa(task, ["zoe"], Sample(percent=50)).id
    assert str(office.quality(review)) == "no rate: nothing was reviewed"

    finish(office, task)
    office.extend_qa(review)

    assert office.get(review).items == 15


# Who reviews.


@given(seed=st.integers(0, 9), percent=st.sampled_from([10, 50, 100]), pulled=st.booleans())
def test_whatever_happens_nobody_reviews_her_own_work(seed: int, percent: int, pulled: bool) -> None:
    with Office(MemoryStore()) as office:
        task = shared(office, seed=seed)
        finish(office, task, count=5)
        how: dict[str, Any] = {"pull": PULL} if pulled else {}
        review = office.create_qa(task, ["ann", "bob", "max"], Sample(percent=percent), seed=seed, **how).id
        for _ in range(20 if pulled else 0):
            for who in ("ann", "bob"):
                office.set_status(review, who, office.pull(review, who).items, "approved")
        finish(office, task)
        office.extend_qa(review)
        assert own_work(office, review) == []
        office.steal(review, "bob")
        office.reassign(review, "max", "bob")
        if not pulled:
            office.redistribute(review, Workload.of({"ann": 60, "bob": 40}))
        office.remove_assignee(review, "ann")
        assert own_work(office, review) == []
        invariants(office.store, review)


def test_work_of_whom_all_would_be_authors_is_named_with_the_shortage(office: Office) -> None:
    task = shared(office)
    finish(office, task)

    with pytest.raises(
        NotEnoughRoom,
        match="^items that are barred to 'ann' .10. are to go to somebody, and nobody who carries a load may take them",
    ):
        office.create_qa(task, ["ann"], ALL)
    assert [found.id for found in office.all()] == [task]


def test_with_own_people_may_review_their_own_work(office: Office) -> None:
    task = shared(office)
    finish(office, task)

    review = office.create_qa(task, ["ann"], ALL, own=True)

    assert len(own_work(office, review.id)) == 10
    assert review.rules is None


def test_who_comes_later_to_the_review_gets_none_of_her_own(office: Office) -> None:
    task = shared(office)
    finish(office, task)
    review = office.create_qa(task, ["zoe"], ALL).id

    office.add_assignee(review, "ann", load=50)

    assert office.holds(review, "ann")
    assert own_work(office, review) == []


def test_what_nobody_else_can_review_waits_when_it_is_drawn_later(office: Office) -> None:
    task = shared(office, people=["ann", "bob"])
    finish(office, task, "ann")
    review = office.create_qa(task, ["bob"], ALL).id

    finish(office, task, "bob")
    office.extend_qa(review)
    assert office.progress(review).waiting == 15
    office.add_assignee(review, "zoe", load=50)

    assert (office.progress(review).waiting, own_work(office, review)) == (0, [])


def test_reviewers_carry_their_loads(office: Office) -> None:
    task = shared(office)
    finish(office, task)

    review = office.create_qa(task, ["zoe", "max"], ALL, workload=Workload.of({"zoe": 70, "max": 30}))

    assert [assignment.total for assignment in office.assignments(review.id)] == [21, 9]


@pytest.mark.parametrize("how", [{}, {"pull": Pull(batch_size=30, max_batch_workload=30)}])
def test_two_reviewers_look_at_each_item_and_one_rejection_is_enough(office: Office, how: Any) -> None:
    task = shared(office, ITEMS[:6])
    finish(office, task)
    both = Overlap(percent=100, assignees=2)
    review = office.create_qa(task, ["zoe", "max", "ann"], ALL, overlap=both, **how).id
    for who in ("zoe", "max") if how else ():
        office.pull(review, who)
    assert {sum(cell.state in HELD for cell in row.cells.values()) for row in office.items(review)} == {2}
    assert own_work(office, review) == []

    for who in ("zoe", "max", "ann"):
        office.set_status(review, who, office.holds(review, who), "discard" if who == "zoe" else "approved")
        if who == "zoe" and how:
            assert office.quality(review).reviewed == 0

    found, hers = office.quality(review), office.holds(review, "zoe", "done")
    assert (found.reviewed, found.failed) == (6, len(hers))


def test_reviewers_pull_and_one_who_skips_has_not_reviewed(office: Office) -> None:
    task = shared(office, ITEMS[:4])
    finish(office, task)
    pull = Pull(batch_size=2, max_batch_workload=2, skip="done")
    review = office.create_qa(task, ["zoe", "max"], ALL, pull=pull).id

    office.skip(review, "zoe", office.pull(review, "zoe").items)
    office.set_status(review, "max", office.pull(review, "max").items, "approved")

    assert (office.quality(review).reviewed, office.quality(review).census) == (2, False)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"sample": 10}, r"sample must be a Sample, got 10; use Sample\(percent=10\)"),
        (
            {"statuses": ["complete"]},
            "statuses must be among those of task 'label cats': completed, .*, got 'c",
        ),
        ({"statuses": "completed"}, "statuses must be"),
        (
            {"rejecting": ["bad"]},
            "rejecting must be among the statuses of a review: approved, discard, got 'bad'",
        ),
        ({"sends": "zoe"}, "where rejected work goes must be one of author, others, got 'zoe'"),
        (
            {"rules": Rules(blocked="friend")},
            "rules of a review must leave blocked to the authors .* got 'friend'",
        ),
        ({"rules": {}}, "rules must be Rules"),
        (
            {"workload": Workload.even(["zoe", "eve"])},
            "workload must be of the reviewers: zoe, got 'zoe, eve'",
        ),
        ({"workload": Workload.even(["zoe"]), "pull": PULL}, "a task must have a workload, or else pull"),
        ({"workload": {"zoe": 100}}, "workload must be a Workload"),
        ({"reviewers": []}, "at least one"),
        ({"reviewers": "zoe"}, "reviewers must be"),
        ({"seed": "x"}, "seed"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_stored(
    office: Office, how: Any, message: str
) -> None:
    task = shared(office)
    finish(office, task)
    given = {"reviewers": ["zoe"], "sample": ALL, **how}

    with pytest.raises(InvalidInput, match=message):
        office.create_qa(task, **given)

    assert [found.id for found in office.all()] == [task]


def test_rules_of_the_reviewers_hold_besides(office: Office) -> None:
    task = shared(office)
    finish(office, task)
    rules = Rules(needs="dir", skills={"zoe": ["x"], "ann": ["x", "y"], "max": ["y"]})

    review = office.create_qa(task, ["zoe", "ann", "max"], ALL, rules=rules).id

    rows = {row.item: row for row in office.items(review)}
    assert {rows[item].attributes["dir"] for item in office.holds(review, "zoe")} == {"x"}
    assert own_work(office, review) == []
