"""Rules where people pull: what they get, and why they get nothing (row 31)."""

from __future__ import annotations

from typing import Any

import pytest

from distribution import Item
from distribution.refusals import (
    AllReserved,
    NothingForHer,
    OnlyHers,
    OnlyLost,
    OnlySkipped,
    QueueEmpty,
    TeamHasIt,
)
from distribution.rules import Rules
from tests.office import Office
from tests.test_rules_tasks import FOUR, MIXED, SPOKEN, TEAMS, TWICE, item, obeys


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
