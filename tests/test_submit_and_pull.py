"""Handing in a batch and getting the next, as one change."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.memory import MemoryStore
from adapters.sqlite import SqliteStore
from distribution import InvalidInput, NotFound, Refused, Workload
from distribution.refusals import AtCap, Locked, NotHers, QueueEmpty
from tests.cli_shell import Shell
from tests.office import Office

SHE = ("--task", "t", "--assignee", "ann")


@pytest.fixture(params=["memory", "sqlite"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """Lend a dispatcher over each store."""
    store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "work.db")
    with Office(store) as lent:
        yield lent


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, capsys, monkeypatch)


def test_what_she_hands_in_makes_room_for_what_she_gets(office: Office) -> None:
    task = office.queue(5, batch=2, cap=2)
    first = office.pull(task, "ann")
    assert isinstance(office.pull(task, "ann").reason, AtCap)

    turn = office.submit_and_pull(task, "ann", first.items, "completed")

    assert (turn.done.changed, turn.batch.items) == (("a", "b"), ("c", "d"))
    assert (office.holds(task, "ann", "done"), office.holds(task, "ann")) == (["a", "b"], ["c", "d"])


def test_it_is_one_entry_of_the_history_and_can_be_undone_as_one(office: Office) -> None:
    task = office.queue(4)
    first = office.pull(task, "ann")
    before = office.view(task).rows

    office.submit_and_pull(task, "ann", first.items, "completed")

    entry = list(office.history(task))[-1]
    assert (entry.event.what, entry.version) == ("submitted-and-pulled", 3)
    office.undo(task, 3)
    assert [(r.item, r.left, r.cells) for r in office.view(task).rows] == [
        (r.item, r.left, r.cells) for r in before
    ]


def test_nothing_handed_in_is_a_plain_pull(office: Office) -> None:
    task = office.queue(2)

    turn = office.submit_and_pull(task, "ann", [], "completed")

    assert (turn.done.changed, turn.batch.items) == ((), ("a", "b"))


def test_what_is_refused_is_said_and_the_rest_is_done(office: Office) -> None:
    task = office.queue(4)
    office.pull(task, "ann")

    turn = office.submit_and_pull(task, "ann", ["a", "c"], "completed")

    assert turn.done.changed == ("a",)
    assert [type(left.why) for left in turn.done.refused] == [NotHers]
    assert isinstance(turn.batch.reason, AtCap)


def test_the_last_one_is_told_why_there_is_no_more(office: Office) -> None:
    task = office.queue(2)
    first = office.pull(task, "ann")

    turn = office.submit_and_pull(task, "ann", first.items, "discard")

    assert turn.done.changed == ("a", "b")
    assert isinstance(turn.batch.reason, QueueEmpty)


def test_a_late_answer_counts_although_its_lease_is_over_at_the_same_moment(office: Office) -> None:
    task = office.queue(3, batch=2, cap=2, lease=timedelta(minutes=5))
    first = office.pull(task, "ann")
    office.wait(minutes=6)

    turn = office.submit_and_pull(task, "ann", first.items, "completed")

    assert (turn.done.changed, turn.batch.items) == (("a", "b"), ("c",))
    assert office.states(task, "a") == {"ann": "done"}


def test_leases_of_others_end_and_their_items_come_first(office: Office) -> None:
    task = office.queue(5, batch=2, lease=timedelta(minutes=5))
    office.pull(task, "bob")
    hers = office.pull(task, "ann")
    office.wait(minutes=6)

    assert office.submit_and_pull(task, "ann", hers.items, "completed").batch.items == ("a", "b")


def test_the_same_request_gives_the_same_answer_once(office: Office) -> None:
    task = office.queue(6)
    first = office.pull(task, "ann")

    turns = [office.submit_and_pull(task, "ann", first.items, "completed", request="r1") for _ in range(2)]

    assert turns[0] == turns[1]
    assert office.holds(task, "ann") == ["c", "d"]


def test_an_error_of_one_half_undoes_both(office: Office) -> None:
    task = office.queue(4)
    office.pull(task, "ann")
    shared = office.create("share", ["x"], workload=Workload.even(["ann"])).id

    with pytest.raises(InvalidInput, match="must be one of"):
        office.submit_and_pull(task, "ann", ["a"], "fine")
    with pytest.raises(Refused, match="distributed by load"):
        office.submit_and_pull(shared, "ann", ["x"], "completed")
    with pytest.raises(NotFound):
        office.submit_and_pull("nowhere", "ann", ["x"], "completed")

    assert office.holds(task, "ann") == ["a", "b"]
    assert office.holds(shared, "ann") == ["x"]


def test_who_is_paused_hands_in_nothing_and_gets_nothing(office: Office) -> None:
    task = office.queue(4)
    office.pull(task, "ann")
    office.pause(task, "ann")

    turn = office.submit_and_pull(task, "ann", ["a"], "completed")

    assert [type(left.why) for left in turn.done.refused] == [Locked]
    assert isinstance(turn.batch.reason, Locked)


def test_submit_with_next_prints_the_next_batch(shell: Shell) -> None:
    shell.pulled()
    ids = shell.ok("pull", *SHE)

    assert (
        shell.ok("submit", "-", *SHE, "--next", stdin=ids, said="3 items set to completed\n")
        == "i3\ni4\ni5\n"
    )
    turn = shell.data("submit", "i3", "i4", "i5", *SHE, "--next")
    assert (turn["done"]["changed"], turn["batch"]["items"]) == (["i3", "i4", "i5"], ["i6", "i7", "i8"])
    assert (
        shell.ok("history", "--task", "t")
        .splitlines()[-1]
        .endswith("ann set 3 items to completed; ann pulled 3 items")
    )


def test_submit_with_next_ends_with_one_where_something_was_refused_and_with_three_without_work(
    shell: Shell,
) -> None:
    shell.pulled(3)
    shell.ok("pull", *SHE)

    done = shell.run("submit", "i0", "nope", *SHE, "--next")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("1 item set to completed\nrefused: item 'nope' is not in the task")
    assert shell.run("submit", "i1", "i2", *SHE, "--next").code == 3
