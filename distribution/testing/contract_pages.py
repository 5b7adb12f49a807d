"""What the lists of a store must tell: tasks, items, placements, history.

Holds: that part of the contract of stores.
Does not hold: views (see contract_views), transactions (see store_contract).
Depends on: contract_scene, and `filters.matches`, which every store answers like.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import attrs

from distribution.decision import Purge, PutItems, PutTask
from distribution.events import Stamp
from distribution.filters import AllOf, AnyOf, Filter, Not, field, matches
from distribution.lifecycle import TaskState
from distribution.ports import Page, TaskStore
from distribution.ranks import ahead
from distribution.static import distribute
from distribution.task import Ask
from distribution.testing.contract_scene import CELLS, NOON, SCENE, STRANGE, make, noted, put, scene
from distribution.work import releasing
from distribution.workload import Workload

R = TypeVar("R")
FILTERS: Sequence[Filter] = (
    AllOf(()),
    AnyOf(()),
    field("dir").equal("/x"),
    field("dir").not_equal("/x"),
    Not(field("dir").like("/?")),
    field("n").at_least(1),
    field("dir").missing(),
    field("n").is_in([1, "1", None]),
    field("dir").empty(),
    AllOf((field("dir").exists(), Not(field("n").less(5)))),
)
"""One of each kind; `strategies.filters` gives as many as you like."""


def joined(read: Callable[[Page], Sequence[R]], key: Callable[[R], int], limit: int) -> list[R]:
    """Read page after page to the end."""
    page, rows = Page(limit=limit), list[R]()
    while found := read(page):
        rows += found
        page = attrs.evolve(page, after=key(found[-1]))
    return rows


class PagesContract:
    """Every row comes once, in order, whatever the size of the pages."""

    def test_what_is_not_there_has_no_rows(self, store: TaskStore) -> None:
        """Absence is an answer, not an error."""
        assert not store.tasks(Page())
        assert not store.items("nobody", Page())
        assert not store.placements("nobody", Page())
        assert not store.history("nobody", Page())
        assert not store.answered("nothing")
        scene(store)
        assert not store.placements("t", Page(), item="zzz")
        assert not store.placements("t", Page(), assignee="nobody")

    def test_tasks_are_listed_oldest_first_without_those_that_are_gone(self, store: TaskStore) -> None:
        """The key of a task never changes."""
        tasks = {name: make(name) for name in ("d", "c", "a", "b")}
        for name, (_, decide) in tasks.items():
            store.transact(name, Ask(), decide)
        states: dict[str, TaskState] = {"a": "deleted", "d": "purged", "b": "closed"}
        for name, state in states.items():
            put(store, PutTask(attrs.evolve(tasks[name][0], state=state)), task_id=name)

        listed = store.tasks(Page())
        assert [(task.id, task.state) for _, task in listed] == [("c", "open"), ("b", "closed")]
        assert [task.id for _, task in store.tasks(Page(after=listed[0][0], limit=1))] == ["b"]
        assert [key for key, _ in store.tasks(Page(after=listed[0][0]))] == [listed[1][0]]

    def test_tasks_are_found_by_who_takes_part(self, store: TaskStore) -> None:
        """Or took part."""
        store.transact("s", Ask(), make("s")[1])
        scene(store)
        found = {
            who: [task.id for _, task in store.tasks(Page(), member=who)]
            for who in ("ann", "bob", "eve", "nobody")
        }
        assert found == {"ann": ["s", "t"], "bob": ["s", "t"], "eve": ["t"], "nobody": []}

    def test_tasks_pass_a_filter_as_matches_says(self, store: TaskStore) -> None:
        """It looks at the record of the task."""
        for at, name in enumerate(("one", "two", "three")):
            task, decide = make(name)
            store.transact(name, Ask(), decide)
            changed = attrs.evolve(
                task, name=f"cats {at}", priority=at, due=NOON + timedelta(days=at) if at else None
            )
            put(store, PutTask(changed), task_id=name)
        everything = [task for _, task in store.tasks(Page())]
        for where in (
            field("name").equal("cats 1"),
            field("name").like("cats *"),
            field("priority").at_least(1),
            field("due").equal(None),
            field("due").less("2026-11-24"),
            field("metadata.nested.list").equal(2.5),
            field("mode").equal("pulling"),
            Not(field("state").equal("open")),
        ):
            found = [task for _, task in store.tasks(Page(), where=where)]
            assert found == [task for task in everything if matches(where, task.record())], where
            assert [t for _, t in joined(lambda p, w=where: store.tasks(p, where=w), _key, 1)] == found  # type: ignore[misc]

    def test_items_are_listed_by_position_with_everybody_who_has_or_had_them(self, store: TaskStore) -> None:
        """Removed ones are not."""
        scene(store)
        put(store, PutItems([(1, 1, True, 5)]))
        rows = joined(lambda page: store.items("t", page), lambda row: row.position, 2)
        assert [row.item for row in rows] == ["a", "b", "c", "d", "e", "g"]
        assert list(rows) == sorted(store.read("t", Ask(whole=True)).rows, key=lambda row: row.position)

    def test_items_pass_a_filter_as_matches_says(self, store: TaskStore) -> None:
        """It looks at their attributes; an item without any has none, not null."""
        scene(store)
        everything = store.items("t", Page())
        for where in FILTERS:
            found = store.items("t", Page(), where=where)
            assert list(found) == [row for row in everything if matches(where, row.attributes)], where
            paged = joined(lambda page, w=where: store.items("t", page, where=w), _position, 1)  # type: ignore[misc]
            assert paged == list(found), where

    def test_placements_of_a_task_are_listed_by_position(self, store: TaskStore) -> None:
        """Those at one position in the order of the team, and never cut by the end of a page."""
        scene(store)
        expected = [(position, ("ann", "bob")[number], cell) for position, number, _, cell in CELLS]
        for limit in (1, 2, 3, 100):
            rows = joined(lambda page: store.placements("t", page), _position, limit)
            assert [(row.position, row.assignee, row.cell) for row in rows] == expected
        assert [row.item for row in store.placements("t", Page(after=2, limit=2))] == ["d", "e", "e"]
        assert [row.item for row in store.placements("t", Page(limit=1, after=3))] == ["e", "e"]

    def test_placements_of_one_assignee_are_listed_in_her_order_of_work(self, store: TaskStore) -> None:
        """By rank, as if nothing ever came back; ranks are the keys of her pages."""
        items = [f"i{n}" for n in range(25)]
        plan = distribute(items, Workload.even(["ann", "bob"]), seed=7)
        store.transact("t", Ask(), make("t", items)[1])
        rows = joined(lambda page: store.placements("t", page, assignee="bob"), lambda row: row.rank, 4)
        assert [row.item for row in rows] == plan.items_of("bob")
        assert {row.assignee for row in rows} == {"bob"}
        put(store, PutItems([(0, ahead(row.rank), False, row.position) for row in rows[5:]]))
        assert list(store.placements("t", Page(), assignee="bob")) == rows
        assert not store.placements("t", Page(), assignee="eve")

    def test_placements_are_chosen_by_state(self, store: TaskStore) -> None:
        """In every order they are listed in."""
        scene(store)
        for state in ("open", "done", "skipped", "returned"):
            expected = [position for position, _, _, cell in CELLS if cell.state == state]
            assert [row.position for row in store.placements("t", Page(), state=state)] == expected
            assert [p.position for p in joined(lambda p, s=state: store.placements("t", p, state=s), _position, 1)] == expected  # type: ignore[misc]  # fmt: skip
        assert [row.item for row in store.placements("t", Page(limit=1), assignee="bob", state="done")] == [
            "d"
        ]
        assert [row.assignee for row in store.placements("t", Page(), item="e", state="skipped")] == ["bob"]

    def test_one_item_is_found_with_everybody_who_has_or_had_it(self, store: TaskStore) -> None:
        """In the order of the team, whatever the page; and with what the item brought."""
        scene(store)
        assert [row.assignee for row in store.placements("t", Page(limit=1), item="e")] == ["ann", "bob"]
        assert [row.assignee for row in store.placements("t", Page(), item="e", assignee="bob")] == ["bob"]
        assert not store.placements("t", Page(), item="e", assignee="eve")
        (found,) = store.placements("t", Page(), item="c")
        assert (found.position, found.assignee, found.rank, found.cell) == (2, "ann", 4, CELLS[0][3])
        assert (found.effort, found.attributes) == ("1", {"dir": "/x"})
        store.transact("s", Ask(), make("s")[1])
        (found,) = store.placements("s", Page(), item="a")
        assert (found.effort, found.attributes) == ("5/2", {"dir": "/é"})

    def test_strange_ids_come_back_as_they_were(self, store: TaskStore) -> None:
        """Text is text; nothing is trimmed, folded, cut or run."""
        store.transact("t", Ask(), make("t", STRANGE)[1])
        assert [row.item for row in store.items("t", Page())] == STRANGE
        for item in STRANGE:
            assert [row.item for row in store.placements("t", Page(), item=item)] == [item]
            assert [row.item for row in store.read("t", Ask(items=(item,))).rows] == [item]
        for name in STRANGE[:-1]:
            store.transact(name, Ask(), make(name)[1])
            assert store.read(name, Ask()).version == 1

    def test_the_history_is_listed_by_version(self, store: TaskStore) -> None:
        """With who did it, when and why."""
        store.transact("t", Ask(), make("t", actor="zoe", reason="why not", request="r")[1])
        assert [store.transact("t", Ask(), noted) for _ in range(3)] == [1, 2, 3]
        entries = store.history("t", Page())
        assert [entry.version for entry in entries] == [1, 2, 3, 4]
        assert [entry.task for entry in entries] == ["t"] * 4
        assert entries[0].stamp == Stamp(at=NOON, actor="zoe", reason="why not", request="r")
        assert (entries[0].event.what, entries[0].event.facts["items"]) == ("created", 3)
        assert [e.version for e in store.history("t", Page(after=1, limit=2))] == [2, 3]
        assert joined(lambda page: store.history("t", page), lambda e: e.version, 3) == list(entries)

    def test_a_request_is_found_in_all_tasks_that_answered_it(self, store: TaskStore) -> None:
        """The oldest first; also in those that are deleted or purged."""
        names = ("d", "c", "a", "b")
        for name in names:
            store.transact(name, Ask(), make(name)[1])
            for request in ("shared", f"only {name}"):
                store.transact(name, *releasing(name, "ann", ["zzz"], Stamp(at=NOON, request=request)))
        states: dict[str, TaskState] = {"d": "deleted", "a": "purged"}
        for name, state in states.items():
            gone = PutTask(attrs.evolve(make(name)[0], state=state))
            put(store, *([Purge()] if state == "purged" else []), gone, task_id=name)

        found = store.answered("shared")
        assert [(entry.task, entry.version) for entry in found] == [(name, 2) for name in names]
        assert list(found) == [store.history(name, Page(after=1, limit=1))[0] for name in names]
        assert [entry.task for entry in store.answered("only a")] == ["a"]
        assert not store.answered("other")

    def test_tasks_do_not_mix(self, store: TaskStore) -> None:
        """What one task has, no other has."""
        scene(store)
        store.transact("s", Ask(), make("s")[1])
        assert store.read("s", Ask(members=None, whole=True, outlook=True)).outlook is None
        assert [row.item for row in store.items("s", Page())] == ["a", "b", "c"]
        assert store.read("t", Ask()).task == SCENE
        assert [entry.task for entry in store.history("s", Page())] == ["s"]


def _key(row: tuple[int, Any]) -> int:
    return row[0]


def _position(row: Any) -> int:
    position: int = row.position
    return position
