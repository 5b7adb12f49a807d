"""A small machine: everything that may happen to one task, in any order, over both stores at once."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from adapters.memory import MemoryStore
from adapters.sqlite import SqliteStore
from distribution import Workload
from distribution.errors import DistributionError
from distribution.events import Cell
from distribution.task import Row
from distribution.testing.invariants import invariants
from tests.office import Office

PEOPLE = ("ann", "bob", "eve", "max")
people = st.sampled_from(PEOPLE)
some = st.integers(0, 255)
WAITS = (timedelta(minutes=1), timedelta(minutes=30), timedelta(days=2))


class Wild(RuleBasedStateMachine):
    """Verbs on the task `t1`, which a subclass begins; whatever a store answers, the other answers too."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        stores = MemoryStore(), SqliteStore(f"{self.folder.name}/work.db")
        self.offices = [Office(store) for store in stores]
        self.count = 0

    def teardown(self) -> None:
        for office in self.offices:
            office.store.close()
        self.folder.cleanup()

    @property
    def office(self) -> Office:
        return self.offices[0]

    def rows(self) -> list[Row]:
        """Give all items, gold too."""
        return list(self.office.items("t1"))

    def call(self, verb: str, *arguments: Any, **options: Any) -> Any:
        """Let both offices do it; they must answer alike."""
        answers: list[Any] = []
        for office in self.offices:
            try:
                answers.append(getattr(office, verb)(*arguments, **options))
            except DistributionError as error:
                answers.append(f"{type(error).__name__}: {error}")
        assert answers[0] == answers[1]
        return answers[0]

    def hers(self, who: str, bits: int, *states: str) -> list[str]:
        """Name some of what she has in these states."""
        cells: list[tuple[str, Cell]] = [
            (row.item, row.cells[who]) for row in self.rows() if who in row.cells
        ]
        names = [item for item, cell in cells if cell.state in states]
        return [name for at, name in enumerate(names) if bits >> at % 8 & 1] or names[:1]

    @rule(who=people)
    def pull(self, who: str) -> None:
        self.call("pull", "t1", who)

    @rule(who=people, bits=some, status=st.sampled_from(["completed", "discard"]))
    def submit(self, who: str, bits: int, status: str) -> None:
        self.call("set_status", "t1", who, self.hers(who, bits, "open", "done", "returned"), status)

    @rule(who=people, bits=some)
    def submit_and_pull(self, who: str, bits: int) -> None:
        self.call("submit_and_pull", "t1", who, self.hers(who, bits, "open"), "completed")

    @rule(who=people, bits=some, verb=st.sampled_from(["skip", "release", "renew", "clear_status"]))
    def work(self, who: str, bits: int, verb: str) -> None:
        state = "done" if verb == "clear_status" else "open"
        self.call(verb, "t1", who, self.hers(who, bits, state))

    @rule(who=people, verb=st.sampled_from(["pause", "resume", "remove_assignee", "delete_assignment"]))
    def come_and_go(self, who: str, verb: str) -> None:
        self.call(verb, "t1", who)

    @rule(who=people, load=st.sampled_from([None, None, 30]))
    def join(self, who: str, load: int | None) -> None:
        self.call("add_assignee", "t1", who, load=load)

    @rule(who=people)
    def steal(self, who: str) -> None:
        self.call("steal", "t1", who)

    @rule(who=people, other=people)
    def reassign(self, who: str, other: str) -> None:
        self.call("reassign", "t1", who, other)

    @rule(who=st.lists(people, min_size=1, unique=True), loads=st.booleans())
    def redistribute(self, who: list[str], loads: bool) -> None:
        self.call("redistribute", "t1", Workload.even(who) if loads else None)

    @rule(step=st.sampled_from(WAITS), idle=st.none() | st.sampled_from(WAITS))
    def reclaim(self, step: timedelta, idle: timedelta | None) -> None:
        for office in self.offices:
            office.now += step
        self.call("reclaim", "t1", idle=idle)

    @rule(bits=some)
    def remove_items(self, bits: int) -> None:
        names = [row.item for at, row in enumerate(self.rows()) if bits >> at % 8 & 1]
        self.call("remove_items", "t1", names[:3])

    @rule(old=st.booleans())
    def add_items(self, old: bool) -> None:
        self.count += not old
        self.call("add_items", "t1", ["a", f"new {self.count}"])

    @rule(back=st.integers(0, 3))
    def undo(self, back: int) -> None:
        last = list(self.office.history("t1"))[-1].version
        if last > back + 1:
            self.call("undo", "t1", last - back)

    @invariant()
    def all_is_well(self) -> None:
        """Both keep the same, and what has to be so is so."""
        seen = []
        for office in self.offices:
            if list(office.all()):
                invariants(office.store, "t1")
                seen.append(list(office.items("t1")))
        assert seen[1:] == seen[:1]
