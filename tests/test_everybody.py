"""Qualification: everybody gets everything, newcomers too."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant

from adapters.memory import MemoryStore
from distribution import Pull, Workload
from distribution.overlap import Overlap
from distribution.task import Ask
from tests.office import HALF_AN_HOUR, Office
from tests.wild import PEOPLE, Wild

EVERYBODY = Overlap(everyone=True)


class EverybodyWild(Wild):
    """A task in which everybody gets everything."""

    @initialize(
        shared=st.booleans(), batch=st.integers(1, 3), skip=st.sampled_from(["others", "later", "done"])
    )
    def begin(self, shared: bool, batch: int, skip: Any) -> None:
        settings: dict[str, Any] = {"workload": Workload.even(PEOPLE[:2])}
        if not shared:
            pull = Pull(batch_size=batch, max_batch_workload=batch + 1, lease=HALF_AN_HOUR, skip=skip)
            settings = {"allowed": PEOPLE[:2], "pull": pull}
        self.call("create", "quiz", list("abcd"), overlap=EVERYBODY, **settings)

    @invariant()
    def everybody_gets_hers(self) -> None:
        """Whoever takes part has every item, skipped it, or finds a copy of it in the queue."""
        if not list(self.office.all()):
            return
        view = self.office.store.read("t1", Ask(members=None, whole=True))
        active = [who for who, standing in view.members.items() if standing.active]
        for row in view.rows:
            without = [who for who in active if who not in row.cells]
            assert row.left >= len(without)
            if view.task is not None and view.task.pull is None:
                assert not without


TestEverybodyWild = EverybodyWild.TestCase


@pytest.mark.parametrize("pulled", [False, True])
def test_everybody_gets_everything_newcomers_too(office: Office, pulled: bool) -> None:
    """From the beginning, when somebody joins, when items come; who leaves keeps what she has done."""
    team, quiz = ["ann", "bob"], ["a", "b", "c"]
    how: dict[str, Any] = {"workload": Workload.even(team)}
    if pulled:
        how = {"allowed": team, "pull": Pull(batch_size=9, max_batch_workload=9)}
    task = office.create("quiz", quiz, overlap=EVERYBODY, **how).id

    def has() -> dict[str, set[str]]:
        if pulled:
            for who, standing in office.view(task).members.items():
                if standing.active:
                    office.pull(task, who)
        rows = office.items(task)
        return {who: {row.item for row in rows if who in row.cells} for who in office.view(task).members}

    assert has() == {"ann": set(quiz), "bob": set(quiz)}
    office.add_assignee(task, "eve")
    assert has() == {"ann": set(quiz), "bob": set(quiz), "eve": set(quiz)}
    for who in ("ann", "bob", "eve"):
        office.set_status(task, who, quiz, "completed")
    office.remove_assignee(task, "bob")
    office.add_items(task, ["d"])
    assert has() == {"ann": {*quiz, "d"}, "bob": set(quiz), "eve": {*quiz, "d"}}
    office.add_assignee(task, "max")
    assert has()["max"] == {*quiz, "d"}


@pytest.mark.parametrize("pulls", [False, True])
def test_who_is_resumed_gets_what_came_meanwhile(pulls: bool) -> None:
    """And has all she had before; without a queue at once."""
    with Office(MemoryStore()) as office:
        how: dict[str, Any] = {"workload": Workload.even(PEOPLE[:2])}
        if pulls:
            how = {"allowed": PEOPLE[:2], "pull": Pull(batch_size=5, max_batch_workload=5)}
        task = office.create("quiz", ["a", "b"], overlap=EVERYBODY, **how).id
        if pulls:
            office.pull(task, "ann")
        office.set_status(task, "ann", ["a"], "completed")
        office.pause(task, "ann")
        office.add_items(task, ["c"])
        assert office.holds(task, "ann") == []

        change = office.resume(task, "ann")

        assert change.event is not None
        if pulls:
            assert set(office.pull(task, "ann").items) == {"b", "c"}
        assert set(office.holds(task, "ann")) == {"b", "c"}
        assert office.holds(task, "ann", "done") == ["a"]
        assert {row.item: row.copies for row in office.items(task)} == dict.fromkeys("abc", 2)


def test_a_load_changes_nothing_where_everybody_has_everything() -> None:
    with Office(MemoryStore()) as office:
        task = office.create("quiz", ["a", "b"], workload=Workload.even(PEOPLE[:2]), overlap=EVERYBODY).id

        change = office.set_load(task, PEOPLE[0], 90)

        assert not change.diff.moves
        assert office.progress(task).open == 4
