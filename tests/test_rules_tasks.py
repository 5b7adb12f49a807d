"""Rules in tasks: on every path nobody gets what they keep from her, and reasons say why (rows 22, 31)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from distribution import Item, Overlap, Workload
from distribution.bars import Bar
from distribution.errors import Infeasible, Refused
from distribution.lifecycle import HELD
from distribution.refusals import (
    NobodyToStealFrom,
    NotEligible,
    QueueHasWork,
    TeamHasIt,
)
from distribution.rules import Rules
from distribution.values import TaskId
from tests.office import Office

TEAMS = Rules(teams={"ann": "red", "bob": "red", "eve": "blue", "max": "green"})
SPOKEN = Rules(
    needs="language",
    skills={"ann": ["fr", "de"], "bob": ["de"], "max": ["fr", "de"]},
    blocked="author",
    reserved="for",
)
FOUR = ("ann", "bob", "eve", "max")
TWICE = Overlap(percent=100, assignees=2)


def item(name: str, **attributes: Any) -> Item:
    """Build an item; *only* stands for the attribute "for"."""
    if "only" in attributes:
        attributes["for"] = attributes.pop("only")
    return Item(name, attributes=attributes)


MIXED = [
    item("fr1", language="fr"),
    item("de1", language=["de"]),
    item("both", language=["fr", "de"]),
    item("byann", author="ann"),
    item("foreve", only=["eve", "max"]),
    item("free"),
    item("de2", language="de", author=["bob"]),
    item("fr2", language="fr"),
]


def obeys(office: Office, task: TaskId) -> None:
    """Look at everything anybody holds: nothing of it is kept from her."""
    rules = office.get(task).rules
    assert rules is not None
    for row in office.view(task).rows:
        held = [who for who, cell in row.cells.items() if cell.state in HELD]
        for who in held:
            assert rules.why_not(who, row.attributes) is None, (row.item, who)
            assert not list(rules.mates(who, held)), (row.item, held)


def shared(
    office: Office, items: Sequence[Item | str], weights: dict[str, int], rules: Rules, **settings: Any
) -> TaskId:
    """Create a task that is shared out."""
    return office.create("t", items, workload=Workload.weights(weights), rules=rules, **settings).id


CHANGES: dict[str, Callable[[Office, TaskId], object]] = {
    "nothing": lambda office, task: office.redistribute(task),
    "add items": lambda office, task: office.add_items(
        task, [Item(f"new {row.id}", attributes=row.attributes) for row in MIXED]
    ),
    "reassign": lambda office, task: office.reassign(task, "max", "bob"),
    "reassign to somebody new": lambda office, task: office.reassign(task, "max", "zoe"),
    "redistribute": lambda office, task: office.redistribute(
        task, Workload.weights({"ann": 1, "bob": 7, "eve": 2, "max": 1})
    ),
    "redistribute to somebody new": lambda office, task: office.redistribute(
        task, Workload.weights({"bob": 1, "zoe": 7})
    ),
    "load": lambda office, task: office.set_load(task, "eve", 90),
    "add with a load": lambda office, task: office.add_assignee(task, "zed", load=90),
    "pause": lambda office, task: office.pause(task, "max"),
    "pause and resume": lambda office, task: (
        office.pause(task, "max"),
        office.pause(task, "ann"),
        office.resume(task, "max"),
        office.resume(task, "ann"),
    ),
    "remove and add": lambda office, task: (
        office.remove_assignee(task, "max"),
        office.add_assignee(task, "max", load=50),
    ),
    "delete the assignment": lambda office, task: office.delete_assignment(task, "max"),
    "skip": lambda office, task: office.skip(task, "max", office.holds(task, "max")),
    "release": lambda office, task: office.release(task, "max"),
    "reclaim": lambda office, task: office.reclaim(task, idle=timedelta(0)),
    "steal": lambda office, task: office.steal(task, "zoe"),
    "limit": lambda office, task: office.set_limit(task, "max", None),
    "remove and add items": lambda office, task: (
        office.remove_items(task, [row.id for row in MIXED]),
        office.add_items(task, [row.id for row in MIXED]),
    ),
}


@pytest.mark.parametrize("path", CHANGES)
def test_nobody_gets_what_rules_keep_from_her_in_a_task_that_is_shared_out(office: Office, path: str) -> None:
    """Skills, conflicts and reservations, whatever brings items to people; nothing is lost on the way."""
    task = shared(office, MIXED, {"ann": 1, "bob": 1, "eve": 1, "max": 1}, SPOKEN)
    office.add_assignee(task, "zoe")

    CHANGES[path](office, task)

    obeys(office, task)
    now = office.progress(task)
    assert now.open + now.waiting + now.done == now.items
    everybody = set(FOUR) if path == "nothing" else set()
    assert {who for who in FOUR if office.holds(task, who)} >= everybody


@pytest.mark.parametrize("path", CHANGES)
def test_nobody_of_one_team_has_the_same_item_in_a_task_that_is_shared_out(office: Office, path: str) -> None:
    """Of two copies one at most comes to a team, whatever brings items to people."""
    items = [row.id for row in MIXED]
    task = shared(office, items, dict.fromkeys(FOUR, 1), TEAMS, overlap=TWICE)
    office.add_assignee(task, "zoe")

    CHANGES[path](office, task)

    obeys(office, task)
    assert office.get(task).copies == 2 * office.get(task).items


def test_work_is_taken_over_only_by_who_may_do_it_and_from_a_team_mate_too(office: Office) -> None:
    """Her mate gives it away, so only one of the team has it."""
    task = shared(office, MIXED[:2], {"ann": 1, "zoe": 0}, SPOKEN)
    office.add_assignee(task, "eve")
    office.add_assignee(task, "bob")
    assert office.steal(task, "eve").reason == NobodyToStealFrom("eve")
    assert office.steal(task, "bob").items == ("de1",)

    task = shared(office, ["a", "b"], {"ann": 1, "eve": 1}, TEAMS, overlap=TWICE)
    office.add_assignee(task, "bob")
    assert len(office.steal(task, "bob").items) == 1
    obeys(office, task)


def test_nothing_is_stolen_while_something_for_her_stands_anywhere_in_the_queue(office: Office) -> None:
    """Behind what the filter lets through and the rules do not."""
    items = [item(f"i{n}", language=["fr", "de"]) for n in range(30)]
    task = office.queue([*items, item("hers", language="de")], people=("ann", "bob"), rules=SPOKEN)
    office.add_items(task, [item("more", language="de")])
    office.pull(task, "ann")

    assert office.steal(task, "bob").reason == QueueHasWork("bob")
    office.remove_items(task, ["hers", "more"])
    assert office.steal(task, "bob").reason == NobodyToStealFrom("bob")


def test_work_is_reassigned_to_whoever_may_have_it_and_the_rest_stays_with_the_reason(office: Office) -> None:
    """A team mate may, for she gets it from her mate."""
    task = shared(office, MIXED[:3], {"ann": 1, "eve": 0}, SPOKEN)
    change = office.reassign(task, "ann", "bob")
    assert {left.item: left.why for left in change.refused} == {
        "fr1": NotEligible("fr1", "bob", Bar("skills", ("fr",))),
        "both": NotEligible("both", "bob", Bar("skills", ("fr",))),
    }
    assert office.holds(task, "bob") == ["de1"]

    task = shared(office, ["a"], {"ann": 1, "eve": 1}, TEAMS, overlap=TWICE)
    assert not office.reassign(task, "ann", "bob").refused
    assert [left.why for left in office.reassign(task, "eve", "ann").refused] == [
        TeamHasIt("a", "ann", "bob")
    ]


def test_loads_move_between_team_mates(office: Office) -> None:
    """One copy an item: a mate gets it from her mate."""
    task = shared(office, ["a", "b", "c", "d"], {"ann": 1, "bob": 0}, TEAMS)

    office.redistribute(task, Workload.even(["ann", "bob"]))

    assert [len(office.holds(task, who)) for who in ("ann", "bob")] == [2, 2]
    assert office.redistribute(task).event is None


def test_what_somebody_has_too_much_comes_to_her_team_mate_also_where_items_overlap(office: Office) -> None:
    """Of whoever is in the loads no more all of it goes: the mate gets it from her mate."""
    task = shared(office, ["a", "b", "c", "d"], {"ann": 1, "eve": 1}, TEAMS, overlap=TWICE)

    change = office.redistribute(task, Workload.even(["bob", "eve"]))

    assert change.diff.flows() == {("ann", "bob"): 4}
    obeys(office, task)
    assert office.redistribute(task).event is None


def test_what_lies_does_not_stay_with_her_whose_team_mate_got_a_copy_of_it(office: Office) -> None:
    """It stays with whoever else left it lying, of whom there is always somebody."""
    task = shared(office, ["a", "b", "c", "d"], {"ann": 1, "bob": 1, "eve": 2}, TEAMS, overlap=TWICE)
    office.wait(hours=1)
    office.set_status(task, "ann", office.holds(task, "ann"), "completed")

    change = office.reclaim(task, idle=timedelta(minutes=30))

    assert change.diff.flows() == {("bob", "ann"): 2}
    obeys(office, task)
    assert office.progress(task).waiting == 0


def test_what_somebody_leaves_comes_to_her_team_mate_too(office: Office) -> None:
    """She has not got it any more when others are looked at."""
    for verb in ("pause", "remove_assignee", "delete_assignment"):
        task = shared(office, ["a"], {"ann": 1, "eve": 1, "bob": 0}, TEAMS, overlap=TWICE)
        office.set_load(task, "bob", 50)
        (giver,) = [who for who in ("ann", "bob") if office.holds(task, who)]
        getattr(office, verb)(task, giver)
        (taker,) = {"ann", "bob"} - {giver}
        assert office.holds(task, taker) == ["a"]
        obeys(office, task)


def test_copies_that_wait_together_do_not_come_to_one_team(office: Office) -> None:
    """The second looks at who got the first."""
    rules = Rules(teams={"ann": "red", "bob": "red"})
    task = shared(office, ["a", "b"], {"eve": 1, "max": 1}, rules, overlap=TWICE)
    office.pause(task, "eve")
    office.pause(task, "max")
    assert office.progress(task).waiting == 4

    office.redistribute(task, Workload.weights({"eve": 0, "max": 0, "ann": 1, "bob": 1}))
    obeys(office, task)
    assert office.progress(task).waiting == 2
    assert office.redistribute(task).event is None
    office.add_assignee(task, "zoe", load=50)
    obeys(office, task)
    assert office.progress(task).waiting == 0


def test_what_nobody_may_have_waits_until_somebody_comes(office: Office) -> None:
    """New items in a task that is shared out; whoever comes without a load is given nothing."""
    task = shared(office, ["a"], {"bob": 1, "eve": 1}, SPOKEN)
    office.add_items(task, [MIXED[0]])
    assert office.progress(task).waiting == 1
    office.add_assignee(task, "zoe", load=10)
    assert office.progress(task).waiting == 1
    office.add_assignee(task, "max", load=10)
    assert office.holds(task, "max") == ["fr1"]


def test_an_undo_brings_back_what_was_so_before(office: Office) -> None:
    """The one exception: nothing is asked of who held it, unless a copy is missing now."""
    task = office.queue(1, 1, people=FOUR, rules=TEAMS, overlap=Overlap(percent=100, assignees=3))
    office.pull(task, "ann")
    office.release(task, "ann")
    office.pull(task, "bob")
    office.undo(task, 3)
    assert {who for who, state in office.states(task, "a").items() if state == "open"} == {"ann", "bob"}

    task = office.queue(1, 1, people=FOUR, rules=TEAMS)
    office.pull(task, "ann")
    office.release(task, "ann")
    office.pull(task, "bob")
    with pytest.raises(Refused, match="went to somebody else"):
        office.undo(task, 3)


def test_where_an_undo_left_an_item_with_two_of_a_team_one_of_it_at_most_has_it_once_it_is_shared_out(
    office: Office,
) -> None:
    """A third gets it only when both have given it up."""
    rules = Rules(teams={"ann": "red", "bob": "red", "zoe": "red"})
    three = Overlap(percent=100, assignees=3)
    task = office.queue(1, 1, people=["ann", "bob", "zoe", "eve"], rules=rules, overlap=three)
    office.pull(task, "ann")
    office.release(task, "ann")
    office.pull(task, "bob")
    office.undo(task, 3)

    office.redistribute(task, Workload.even(["zoe", "eve"]))

    obeys(office, task)
    assert [who for who, state in office.states(task, "a").items() if state == "open"] == ["zoe"]
    assert office.redistribute(task, Workload.even(["zoe", "eve"])).event is None


def test_a_task_that_cannot_keep_its_rules_is_not_created(office: Office) -> None:
    """Row 8: the kind that is short, and the people."""
    with pytest.raises(Infeasible, match=r"items that need 'de' and 'fr' \(1\) .* only 'ann' may take them"):
        office.create(
            "t",
            [MIXED[2]],
            workload=Workload.even(["ann", "bob"]),
            rules=SPOKEN,
            overlap=TWICE,
        )
    assert not list(office.all())
