"""Open work changes hands: reassigned, redistributed, as loads change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.dispatcher import Dispatcher
from distribution import (
    DistributionError,
    InvalidInput,
    Item,
    Limit,
    NotFound,
    Pull,
    Refused,
    Workload,
    field,
)
from distribution.apportion import apportion
from distribution.testing import strategies
from tests.kept import STORES, Clock, holders, kept, load, opened, who_has

TEAM = Workload.of({"ann": 50, "bob": 30, "eve": 20})
ITEMS = [f"i{n}" for n in range(10)]
PULL = Pull(batch_size=2, max_batch_workload=4)


@pytest.fixture(params=STORES)
def tasks(request: pytest.FixtureRequest) -> Iterator[Dispatcher]:
    with opened(request.param) as tasks:
        yield tasks


def finish(tasks: Dispatcher, task_id: str, assignee: str, count: int) -> list[str]:
    """Let somebody complete the first of her items."""
    items = [row.item for row in tasks.placements(task_id, assignee=assignee, state="open")][:count]
    tasks.set_status(task_id, assignee, items, "completed")
    return items


# Reassign.


def test_all_open_placements_go_to_one_person_in_a_new_or_her_existing_assignment(tasks: Dispatcher) -> None:
    task = tasks.create("label", ITEMS, workload=TEAM)
    anns = [row.item for row in tasks.placements(task.id, assignee="ann")]
    bobs = [row.item for row in tasks.placements(task.id, assignee="bob")]

    to_zoe = tasks.reassign(task.id, "ann", "zoe")
    to_eve = tasks.reassign(task.id, "bob", "eve")

    assert to_zoe.flows() == {("ann", "zoe"): 5}
    assert {move.item for move in to_zoe.diff.moves} == set(anns)
    assert to_zoe.event is not None
    assert to_zoe.event.facts == {"to": "zoe"}
    assert [row.item for row in tasks.placements(task.id, assignee="zoe")] == anns
    assert set(bobs) < {row.item for row in tasks.placements(task.id, assignee="eve")}
    assert load(tasks, task.id) == {"ann": 0, "bob": 0, "eve": 5, "zoe": 5}
    assert to_eve.flows() == {("bob", "eve"): 3}


def test_finished_ones_keep_their_author(tasks: Dispatcher) -> None:
    task = tasks.create("label", ITEMS, workload=TEAM)
    done = finish(tasks, task.id, "ann", 2)

    change = tasks.reassign(task.id, "ann", "bob")

    assert change.flows() == {("ann", "bob"): 3}
    assert [row.item for row in tasks.placements(task.id, assignee="ann")] == done
    assert tasks.progress(task.id)["ann"].done == 2


def test_items_that_the_other_skipped_stay_and_are_reported(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a", "b"], allowed=["ann", "bob"], pull=PULL)
    tasks.pull(task.id, "ann")
    tasks.skip(task.id, "ann", ["a"])
    tasks.pull(task.id, "bob")

    change = tasks.reassign(task.id, "bob", "ann")

    assert [str(left) for left in change.refused] == [
        "item 'a' was skipped by 'ann'; somebody else has to take it"
    ]
    assert change.event is None
    assert who_has(tasks, task.id) == {"a": "bob", "b": "ann"}


def test_a_filter_lets_only_some_of_the_items_be_reassigned(tasks: Dispatcher) -> None:
    items = [Item(f"i{n}", attributes={"size": n}) for n in range(10)]
    task = tasks.create("label", items, workload=Workload.even(["ann"]))

    change = tasks.reassign(task.id, "ann", "bob", where=field("size").less(3))

    assert {move.item for move in change.diff.moves} == {"i0", "i1", "i2"}


def test_nobody_is_reassigned_to_herself_to_a_stranger_or_to_who_is_away(tasks: Dispatcher) -> None:
    task = tasks.create("label", ITEMS, workload=TEAM)
    tasks.pause(task.id, "eve")

    with pytest.raises(InvalidInput, match="the new assignee must be somebody else, got 'ann'"):
        tasks.reassign(task.id, "ann", "ann")
    with pytest.raises(NotFound, match="no assignee 'max' in task 'label' of 3; check the spelling"):
        tasks.reassign(task.id, "max", "ann")
    change = tasks.reassign(task.id, "ann", "eve")
    assert change.event is None
    assert {str(left.why) for left in change.refused} == {"'eve' is paused; resume her first"}


def test_reassigned_work_of_a_pulling_task_gets_a_lease_of_its_own(tasks: Dispatcher) -> None:
    lease = timedelta(minutes=30)
    task = tasks.create(
        "label", ["a"], allowed=["ann"], pull=Pull(batch_size=1, max_batch_workload=1, lease=lease)
    )
    tasks.pull(task.id, "ann")
    clock = tasks._clock
    assert isinstance(clock, Clock)
    clock.passes(minutes=10)

    tasks.reassign(task.id, "ann", "zoe")

    assert tasks.placements(task.id)[0].cell.until == clock.at + lease


# Redistribute.


def test_only_open_placements_move_and_the_number_of_moves_is_the_minimum(tasks: Dispatcher) -> None:
    task = tasks.create("label", ITEMS, workload=TEAM)
    done = finish(tasks, task.id, "ann", 1)

    change = tasks.redistribute(task.id, Workload.of({"ann": 20, "bob": 30, "eve": 50}))

    assert load(tasks, task.id) == {"ann": 2, "bob": 3, "eve": 5}
    assert change.flows() == {("ann", "eve"): 3}
    assert who_has(tasks, task.id)[done[0]] == "ann"
    assert tasks.get(task.id).workload == Workload.of({"ann": 20, "bob": 30, "eve": 50})


def test_work_moves_from_the_end_of_its_holders_order(tasks: Dispatcher) -> None:
    task = tasks.create("label", ITEMS, workload=TEAM)
    order = [row.item for row in tasks.placements(task.id, assignee="ann")]

    change = tasks.redistribute(task.id, Workload.of({"ann": 20, "bob": 30, "eve": 50}))

    assert {move.item for move in change.diff.moves} == set(order[2:])


def test_redistributing_twice_is_a_no_op(tasks: Dispatcher) -> None:
    task = tasks.create("label", ITEMS, workload=TEAM)
    loads = Workload.of({"ann": 20, "bob": 30, "eve": 50})
    first = tasks.redistribute(task.id, loads)
    before = kept(tasks, task.id)

    again, unasked = tasks.redistribute(task.id, loads), tasks.redistribute(task.id)

    assert first.event is not None
    assert (again.event, len(again.diff), unasked.event) == (None, 0, None)
    assert again.version == first.version
    assert kept(tasks, task.id) == before


def test_work_never_moves_onto_somebody_who_already_has_it_or_skipped_it(tasks: Dispatcher) -> None:
    task = tasks.create("label", ITEMS, workload=Workload.even(["ann", "bob"]))
    skipped = [row.item for row in tasks.placements(task.id, assignee="ann")]
    tasks.skip(task.id, "ann", skipped)

    change = tasks.redistribute(task.id)

    # Bob has all ten; five of them Ann has skipped, so only the others can come to her.
    assert change.flows() == {("bob", "ann"): 5}
    assert {move.item for move in change.diff.moves}.isdisjoint(skipped)


def test_a_filter_limits_what_may_move_and_the_rest_stays(tasks: Dispatcher) -> None:
    items = [Item(f"i{n}", attributes={"size": n}) for n in range(20)]
    task = tasks.create("label", items, workload=Workload.even(["ann", "bob"]))
    before = who_has(tasks, task.id)

    change = tasks.redistribute(
        task.id, Workload.of({"ann": 0, "bob": 100}), where=field("size").at_least(15)
    )

    assert {move.item for move in change.diff.moves} == {
        f"i{n}" for n in range(15, 20) if before[f"i{n}"] == "ann"
    }
    assert load(tasks, task.id)["ann"] == 10 - len(change.diff)


def test_who_is_new_in_the_workload_joins_and_who_is_not_in_it_keeps_what_is_finished(
    tasks: Dispatcher,
) -> None:
    task = tasks.create("label", ITEMS, workload=TEAM)
    finish(tasks, task.id, "ann", 1)

    tasks.redistribute(task.id, Workload.of({"bob": 50, "zoe": 50}))

    # Nine are shared; Bob and Zoe get five and four.
    assert load(tasks, task.id) == {"ann": 1, "bob": 5, "eve": 0, "zoe": 4}


def test_what_waits_is_shared_out_too(tasks: Dispatcher) -> None:
    task = tasks.create("label", ITEMS, workload=Workload.even(["ann", "bob"]))
    tasks.pause(task.id, "ann")
    tasks.pause(task.id, "bob")
    assert tasks.progress(task.id).waiting == 10
    assert tasks.redistribute(task.id).event is None

    tasks.redistribute(task.id, Workload.of({"ann": 0, "bob": 0, "zoe": 100}))

    assert load(tasks, task.id) == {"ann": 0, "bob": 0, "zoe": 10}


def test_nobody_is_brought_above_her_limit(tasks: Dispatcher) -> None:
    task = tasks.create("label", ITEMS, workload=Workload.even(["ann", "bob"]))
    tasks.set_limit(task.id, "ann", Limit(percent=60))
    tasks.set_limit(task.id, "bob", Limit(count=2))

    tasks.redistribute(task.id, Workload.of({"ann": 100, "bob": 0}))
    assert load(tasks, task.id) == {"ann": 6, "bob": 4}
    # Bob may have two only, Ann six; what nobody may have stays where it is.
    tasks.redistribute(task.id, Workload.of({"ann": 10, "bob": 90}))
    assert load(tasks, task.id) == {"ann": 6, "bob": 4}
    tasks.add_assignee(task.id, "zoe", load=1)
    assert load(tasks, task.id) == {"ann": 6, "bob": 2, "zoe": 2}
    assert tasks.redistribute(task.id).event is None


def test_what_waits_for_somebody_who_has_her_share_goes_to_her_and_work_of_hers_to_others(
    tasks: Dispatcher,
) -> None:
    task = tasks.create("label", [*ITEMS, "more"], workload=Workload.even(["eve", "ann"]))
    tasks.set_limit(task.id, "eve", Limit(count=5))
    item = tasks.placements(task.id, assignee="ann")[0].item
    tasks.skip(task.id, "ann", [item])
    tasks.remove_items(task.id, [tasks.placements(task.id, assignee="eve")[0].item])
    assert (who_has(tasks, task.id)[item], load(tasks, task.id)) == (None, {"eve": 5, "ann": 4})

    change = tasks.redistribute(task.id)

    assert who_has(tasks, task.id)[item] == "eve"
    assert load(tasks, task.id) == {"ann": 5, "eve": 5}
    assert change.flows() == {(None, "eve"): 1, ("eve", "ann"): 1}
    assert tasks.redistribute(task.id).event is None


def test_a_task_that_is_pulled_from_has_no_shares(tasks: Dispatcher) -> None:
    task = tasks.create("label", ITEMS, allowed=["ann"], pull=PULL)

    calls: list[Callable[[], object]] = [
        lambda: tasks.set_load(task.id, "ann", 50),
        lambda: tasks.add_assignee(task.id, "zoe", load=50),
    ]
    for call in calls:
        with pytest.raises(
            Refused, match="task 'label' is pulled from, so nobody has a share of it; add, pause or remove"
        ):
            call()
    with pytest.raises(Refused, match="is pulled from and keeps no loads; give loads, and what people hold"):
        tasks.redistribute(task.id)
    assert kept(tasks, task.id).versions == 1


def test_a_workload_must_be_one_and_of_people_who_take_part(tasks: Dispatcher) -> None:
    task = tasks.create("label", ITEMS, workload=TEAM)
    wrong: Any = {"ann": 100}
    tasks.pause(task.id, "ann")
    tasks.remove_assignee(task.id, "eve")

    with pytest.raises(InvalidInput, match="workload must be a Workload, got {'ann': 100}"):
        tasks.redistribute(task.id, wrong)
    with pytest.raises(
        InvalidInput, match="load of 'ann' must be 0 while she is paused, got .*; resume her first"
    ):
        tasks.redistribute(task.id, TEAM)
    with pytest.raises(
        InvalidInput, match="load of 'eve' must be 0 while she is removed, got .*; add her again first"
    ):
        tasks.redistribute(task.id, Workload.of({"ann": 0, "bob": 50, "eve": 50}))
    with pytest.raises(NotFound, match="no task 'nope' in the store"):
        tasks.redistribute("nope", TEAM)


# What people hold of a queue.


def held(tasks: Dispatcher, *, cap: int = 4) -> str:
    """Make a pulling task of ten items in which Ann holds four and Bob two, one of them done."""
    task = tasks.create(
        "label", ITEMS, allowed=["ann", "bob", "eve"], pull=Pull(batch_size=2, max_batch_workload=cap)
    )
    for name in ("ann", "ann", "bob"):
        tasks.pull(task.id, name)
    tasks.set_status(task.id, "bob", ["i4"], "completed")
    return task.id


def test_what_people_hold_of_a_queue_is_shared_out_with_the_fewest_moves(tasks: Dispatcher) -> None:
    task_id = held(tasks)
    loads = Workload.weights({"ann": 1, "bob": 1, "eve": 1})

    change = tasks.redistribute(task_id, loads)

    assert change.flows() == {("ann", "eve"): 2}
    assert load(tasks, task_id) == {"ann": 2, "bob": 2, "eve": 2}
    assert tasks.progress(task_id).waiting == 4
    assert change.event is not None
    assert change.event.facts == {"loads": str(loads)}
    assert tasks.redistribute(task_id, loads).event is None


def test_what_has_no_place_under_the_cap_returns_to_the_queue(tasks: Dispatcher) -> None:
    task_id = held(tasks)

    change = tasks.redistribute(task_id, Workload.of({"ann": 0, "eve": 100}))

    # Eve gets the four of the cap, of five that are open; Bob keeps what he finished.
    assert load(tasks, task_id) == {"ann": 0, "bob": 1, "eve": 4}
    assert sum(count for (_, to), count in change.flows().items() if to is None) == 1
    assert tasks.progress(task_id).waiting == 5
    tasks.undo(task_id, change.version)
    assert load(tasks, task_id) == {"ann": 4, "bob": 2, "eve": 0}


# Change of loads.


def test_open_work_follows_a_load_that_changes_mid_run(tasks: Dispatcher) -> None:
    task = tasks.create("label", ITEMS, workload=Workload.even(["ann", "bob"]))
    done = finish(tasks, task.id, "ann", 3)

    change = tasks.set_load(task.id, "ann", 20)

    # Two would be hers, but three she has finished.
    assert change.flows() == {("ann", "bob"): 2}
    assert load(tasks, task.id) == {"ann": 3, "bob": 7}
    assert {who_has(tasks, task.id)[item] for item in done} == {"ann"}
    workload = tasks.get(task.id).workload
    assert workload is not None
    assert workload == Workload.of({"ann": 20, "bob": 80})


def test_the_loads_of_the_others_follow_in_proportion(tasks: Dispatcher) -> None:
    task = tasks.create("label", ITEMS, workload=TEAM)

    tasks.set_load(task.id, "eve", "33.3")

    loads = {a.assignee: a.load for a in tasks.assignments(task.id, empty=True)}
    assert loads == {"ann": Fraction(66_7 * 5, 80), "bob": Fraction(66_7 * 3, 80), "eve": Fraction(333, 10)}


def test_a_load_that_makes_no_sense_is_refused(tasks: Dispatcher) -> None:
    task = tasks.create("label", ITEMS, workload=Workload.of({"ann": 100, "bob": 0}))

    with pytest.raises(InvalidInput, match="load of 'ann' must be 100 while nobody else carries any, got 50"):
        tasks.set_load(task.id, "ann", 50)
    with pytest.raises(InvalidInput, match="load of 'bob' must be between 0 and 100, got 101"):
        tasks.set_load(task.id, "bob", 101)
    with pytest.raises(NotFound, match="no assignee 'max' in task 'label' of 2"):
        tasks.set_load(task.id, "max", 10)


STRANGE: Any = ["ann"]
WRONG: list[tuple[Callable[[], object], str]] = [
    (lambda: Workload(("ann",), (2,)), "shares must be one for each assignee, in lowest terms"),
    (lambda: Workload.of({"ann": -1, "bob": 101}), "load of 'ann' must be between 0 and 100, got -1"),
    (lambda: Workload.of({"ann": 140}), "load of 'ann' must be between 0 and 100, got 140"),
    (
        lambda: Workload.of({"ann": 60, "bob": 37}),
        "loads must sum to 100, got 97 (ann 60, bob 37); for shares of any sum use Workload.weights",
    ),
    (lambda: Workload.of({f"p{n}": 1 for n in range(10)}), "loads must sum to 100, got 10 (p0 1, "),
    (lambda: TEAM.load_of("max"), "no assignee 'max' in the workload of 3; check the spelling"),
    (
        lambda: Workload.of(STRANGE[0]),
        "a workload must be a mapping or pairs of assignee and number, got 'ann'",
    ),
    (
        lambda: Workload.weights(STRANGE),
        "an entry of a workload must be a pair (assignee, number), got 'ann'",
    ),
    (lambda: Workload.weights([("ann", 1), ("ann", 2)]), "assignee 'ann' appears twice in the workload"),
    (lambda: Workload.weights({}), "a workload must name at least one assignee, got {}"),
    (lambda: TEAM.with_load("ann", "nan"), "load of 'ann' must be"),
]


@pytest.mark.parametrize(("call", "message"), WRONG, ids=[message for _, message in WRONG])
def test_a_workload_that_makes_no_sense_is_refused_with_the_value(
    call: Callable[[], object], message: str
) -> None:
    with pytest.raises(DistributionError) as error:
        call()

    assert str(error.value).startswith(message)


def test_a_workload_knows_its_quotas_and_how_to_do_without_somebody() -> None:
    assert TEAM.quotas(3) == [Fraction(3, 2), Fraction(9, 10), Fraction(3, 5)]
    assert len(TEAM) == 3
    assert TEAM.without("ann") == Workload.of({"bob": 60, "eve": 40})
    assert TEAM.carried_by_others("ann")
    assert not Workload.of({"ann": 100, "bob": 0}).carried_by_others("ann")


# Any history, any loads: twins.


@settings(max_examples=30)
@pytest.mark.parametrize("kind", STORES)
@given(data=st.data())
def test_everybodys_count_is_the_apportionment_with_what_she_finished_as_floor(
    kind: str, data: st.DataObject
) -> None:
    before = data.draw(strategies.workloads(5))
    after = data.draw(strategies.workloads(6))
    n = data.draw(st.integers(0, 30))
    with opened(kind) as tasks:
        task = tasks.create("label", [f"i{at}" for at in range(n)], workload=before)
        for name in before.assignees:
            finish(tasks, task.id, name, data.draw(st.integers(0, 3)))
        then = {a.assignee: a for a in tasks.assignments(task.id, empty=True)}
        have = dict.fromkeys(after.assignees, 0) | {name: a.total for name, a in then.items()}
        done = dict.fromkeys(after.assignees, 0) | {name: a.done for name, a in then.items()}
        was = who_has(tasks, task.id)

        change = tasks.redistribute(task.id, after)

        shared = n - sum(done[name] for name in have if name not in after.assignees)
        counts = apportion(after.shares, shared, floors=[done[name] for name in after.assignees])
        target = done | dict(zip(after.assignees, counts, strict=True))
        now = kept(tasks, task.id)
        assert load(tasks, task.id) == target
        assert len(change.diff) == sum(max(0, have[name] - target[name]) for name in have)
        moved = {item for item, who in holders(now).items() if was[item] != who}
        assert moved == {move.item for move in change.diff.moves}
        assert tasks.redistribute(task.id, after).event is None
        assert kept(tasks, task.id) == now
