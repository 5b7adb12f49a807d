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
    AllReserved,
    NobodyToStealFrom,
    NotEligible,
    NothingForHer,
    OnlyHers,
    OnlyLost,
    OnlySkipped,
    QueueEmpty,
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


@pytest.mark.parametrize("how", ["pull", "submit_and_pull"])
@pytest.mark.parametrize("rules", [SPOKEN, TEAMS])
def test_nobody_pulls_what_rules_keep_from_her(office: Office, rules: Rules, how: str) -> None:
    """Everybody until nobody gets anything more; what can be done is done, and the reason is said."""
    overlap = TWICE if rules is TEAMS else None
    task = office.queue(MIXED, people=FOUR, rules=rules, overlap=overlap, lease=None)
    office.add_items(task, [Item(f"new {row.id}", attributes=row.attributes) for row in MIXED])
    got = True
    while got:
        got = False
        for who in FOUR:
            held = office.holds(task, who)
            if how == "pull":
                office.set_status(task, who, held, "completed")
                batch = office.pull(task, who)
            else:
                batch = office.submit_and_pull(task, who, held, "completed").batch
            got = got or bool(batch.items)
            obeys(office, task)
    assert office.progress(task).waiting == 0
    assert {type(office.pull(task, who).reason) for who in FOUR} == {QueueEmpty}


def test_a_queue_of_what_rules_keep_from_her_has_nothing_for_her(office: Office) -> None:
    """The reason is not that the queue is empty, nor that others have it all."""
    task = office.queue(MIXED[:3], people=("ann", "bob", "eve"), rules=SPOKEN)

    assert office.pull(task, "eve").reason == NothingForHer("eve", 3)
    assert office.pull(task, "bob").items == ("de1",)
    assert office.pull(task, "eve").reason == NothingForHer("eve", 2)
    assert office.pull(task, "ann").items == ("fr1", "both")
    assert isinstance(office.pull(task, "eve").reason, AllReserved)


@pytest.mark.parametrize("language", ["fr", ["fr", "de"]])
def test_the_one_item_for_her_is_found_behind_a_thousand_that_are_not(office: Office, language: Any) -> None:
    """Also where the filter lets what stands ahead through, for she has one of the skills it needs."""
    items = [item(f"i{n}", language=language) for n in range(1000)]
    items.insert(900, item("hers", language="de"))
    task = office.queue(items, 2, 3, people=("bob", "max"), rules=SPOKEN)

    assert office.pull(task, "bob").items == ("hers",)
    assert office.pull(task, "bob").reason == NothingForHer("bob", 1000)
    assert office.pull(task, "max").items == ("i0", "i1")


def test_a_batch_is_filled_from_further_back_in_the_order_of_the_queue(office: Office) -> None:
    """What is not for her is passed over, and waits where it was."""
    items = [item(f"i{n}", language=["fr", "de"] if n % 9 else "de") for n in range(60)]
    task = office.queue(items, 5, people=("bob", "max"), rules=SPOKEN)

    assert office.pull(task, "bob").items == ("i0", "i9", "i18", "i27", "i36")
    assert office.pull(task, "max").items == ("i1", "i2", "i3", "i4", "i5")


def test_team_mates_do_not_pull_the_same_item(office: Office) -> None:
    """The second copy waits for somebody of another team."""
    task = office.queue(2, people=FOUR, rules=TEAMS, overlap=TWICE)

    assert office.pull(task, "ann").items == ("a", "b")
    assert office.pull(task, "bob").reason == NothingForHer("bob", 2)
    assert office.pull(task, "eve").items == ("a", "b")


def test_a_team_mate_takes_over_what_a_lease_gave_back(office: Office) -> None:
    """In the same pull that ends it, or later."""
    task = office.queue(2, people=FOUR, rules=TEAMS, overlap=TWICE)
    office.pull(task, "ann")
    office.wait(minutes=31)

    assert office.pull(task, "bob").items == ("a", "b")
    obeys(office, task)


def test_what_somebody_skipped_comes_to_her_again_though_a_lease_of_her_team_ended_just_now(
    office: Office,
) -> None:
    """What leases give back counts as it stands now, not as it stood before."""
    task = office.queue(1, 1, people=("ann", "bob", "eve"), rules=TEAMS, overlap=TWICE, skip="later")
    office.pull(task, "bob")
    office.skip(task, "bob", ["a"])
    office.pull(task, "ann")
    office.wait(minutes=31)

    assert office.pull(task, "bob").items == ("a",)
    obeys(office, task)


def test_an_item_that_came_back_and_is_not_for_her_is_no_item_she_lost(office: Office) -> None:
    """The reason is the same in the pull that ends the lease as in the next."""
    task = office.queue(MIXED[:1], people=("ann", "eve"), rules=SPOKEN)
    office.pull(task, "ann")
    office.wait(minutes=31)

    assert office.pull(task, "eve").reason == NothingForHer("eve", 1)
    assert office.pull(task, "eve").reason == NothingForHer("eve", 1)


def test_a_further_copy_of_what_she_holds_is_no_item_she_lost(office: Office) -> None:
    """Without rules too: it is for others."""
    task = office.queue(1, 1, 2, people=("ann", "bob"), overlap=TWICE)
    office.pull(task, "bob")
    office.wait(minutes=20)
    office.pull(task, "ann")
    office.wait(minutes=20)

    assert office.pull(task, "ann").reason == OnlyHers(1)


def test_what_she_lost_is_hers_again_where_rules_keep_all_others_from_it(office: Office) -> None:
    """Nobody else can take it; where somebody can, others come first."""
    task = office.queue(MIXED[:1], people=("ann", "eve"), rules=SPOKEN)
    office.pull(task, "ann")
    office.release(task, "ann")
    assert office.pull(task, "ann").items == ("fr1",)
    office.release(task, "ann")
    office.add_assignee(task, "max")
    assert office.pull(task, "ann").reason == OnlyLost(1)


def test_what_all_skipped_who_may_take_it_needs_somebody_else(office: Office) -> None:
    """Whoever may not take it is not counted among those who could."""
    task = office.queue(MIXED[:1], people=("ann", "eve"), rules=SPOKEN)
    office.pull(task, "ann")
    office.skip(task, "ann", ["fr1"])
    assert office.pull(task, "ann").reason == OnlySkipped(1, everybody=True)
    office.add_assignee(task, "max")
    assert office.pull(task, "ann").reason == OnlySkipped(1)


def test_a_late_answer_is_refused_where_a_team_mate_has_the_item_by_now(office: Office) -> None:
    """A copy is left, but not for her team."""
    task = office.queue(1, 1, people=FOUR, rules=TEAMS, overlap=TWICE)
    office.pull(task, "ann")
    office.wait(minutes=31)
    office.pull(task, "bob")

    done = office.set_status(task, "ann", ["a"], "completed")
    assert [left.why for left in done.refused] == [TeamHasIt("a", "ann", "bob")]
    office.release(task, "bob")
    assert office.set_status(task, "ann", ["a"], "completed").changed == ("a",)
    obeys(office, task)


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
