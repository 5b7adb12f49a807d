"""Each hot statement of the SQLite store goes by its index, whatever the file holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters import sqlite, sqlite_turns
from adapters import sqlite_changes as changes
from adapters import sqlite_rows as rows
from adapters.sqlite import SqliteStore
from distribution.events import Stamp
from distribution.handing import pulling
from distribution.task import Ask
from distribution.testing.contract_scene import NOON, make, queue


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(path) as store:
        yield store


def opened(store: SqliteStore) -> sqlite_turns.Opened:
    """Look behind the store at its connections."""
    return store._file.current()


STATES = " AND state IN (SELECT value FROM json_each(?))"
HOT = {
    "a page by position": (sqlite.BY_POSITION, ["placement USING PRIMARY KEY", "item USING PRIMARY KEY"]),
    "a page by rank": (sqlite.BY_RANK, ["placement USING INDEX placement_work", "item USING PRIMARY KEY"]),
    "one item": (sqlite.OF_ITEM, ["item USING INDEX item_id", "placement USING PRIMARY KEY"]),
    "items by id": (rows.BY_ID, ["item USING INDEX item_id", "placement USING PRIMARY KEY"]),
    "items by position": (rows.BY_POSITION, ["item USING PRIMARY KEY", "placement USING PRIMARY KEY"]),
    "the whole task": (rows.WHOLE, ["item USING PRIMARY KEY", "placement USING PRIMARY KEY"]),
    "held by some": (f"{rows.WHOLE} AND item.position IN ({rows.HELD}{STATES})", ["item USING PRIMARY KEY", "placement USING INDEX placement_work"]),
    "held by all": (f"{rows.WHOLE} AND item.position IN ({rows.HELD_BY_ALL}{STATES})", ["item USING PRIMARY KEY", "placement USING PRIMARY KEY"]),
    "what waits": (f"{rows.WHOLE} AND item.position IN ({rows.WAITING})", ["item USING PRIMARY KEY", "item USING INDEX item_queue"]),
    "the head of the queue": (rows.FRESH + rows.IN_LINE, ["item USING INDEX item_queue", "placement USING PRIMARY KEY"]),
    "what went back": (rows.AGAIN, ["placement USING INDEX placement_work"]),
    "her last items": (rows.RECENT, ["placement USING INDEX placement_work"]),
    "ended leases": (rows.EXPIRED, ["placement USING INDEX placement_lease"]),
    "the outlook": (rows.OUTLOOK, ["placement USING INDEX placement_lease"]),
    "a member": (rows.MEMBER, ["member USING INDEX member_id"]),
    "the number of a member": (rows.NUMBER, ["member USING INDEX member_id"]),
    "the members": (rows.MEMBERS, ["member USING PRIMARY KEY"]),
    "the header": (sqlite.HEADER, ["task USING INTEGER PRIMARY KEY", "op USING INTEGER PRIMARY KEY"]),
    "an entry by version": (rows.BY_VERSION, ["op USING INTEGER PRIMARY KEY"]),
    "the history": (sqlite.HISTORY, ["op USING INTEGER PRIMARY KEY"]),
    "an entry by request": (rows.BY_REQUEST, ["op USING INDEX op_request"]),
    "what was answered in all tasks": (
        sqlite.ANSWERED, ["op USING INDEX op_request", "task USING INTEGER PRIMARY KEY"]
    ),
    "a task": ("SELECT key FROM task WHERE id = ?", ["task USING INDEX"]),
    "tasks": (f"{sqlite.TASKS} ORDER BY key LIMIT ?", ["task USING INTEGER PRIMARY KEY"]),
    "placements, added": (changes.ADD_PLACEMENTS, ["item USING PRIMARY KEY"]),
    "placements, put": (changes.PUT_PLACEMENTS, ["placement USING PRIMARY KEY"]),
    "items, put": (changes.PUT_ITEMS, ["item USING PRIMARY KEY"]),
    "a placement, dropped": (changes.DROP, ["placement USING PRIMARY KEY"]),
}  # fmt: skip
"""What every pull, submit and page runs, and the way it must go, table by table."""


def plans(store: SqliteStore) -> dict[str, str]:
    """Ask the planner how it would run each hot statement."""
    return {
        name: "; ".join(
            str(row[3]).replace("COVERING INDEX", "INDEX")
            for row in opened(store).writer.execute(
                f"EXPLAIN QUERY PLAN {statement}", [1] * statement.count("?")
            )
        )
        for name, (statement, _) in HOT.items()
    }


@pytest.mark.parametrize("analyzed", [False, True], ids=["without statistics", "with statistics"])
@pytest.mark.parametrize("full", [False, True], ids=["empty", "full"])
def test_each_hot_statement_goes_by_its_index_and_never_through_a_table(
    store: SqliteStore, full: bool, analyzed: bool
) -> None:
    if full:
        items = [f"i{n}" for n in range(3000)]
        store.transact("t", Ask(), make("t", items)[1])
        store.transact("q", Ask(), queue("q", items, batch=100))
        for n in range(40):
            store.transact(f"t{n}", Ask(), make(f"t{n}")[1])
        for who in ("ann", "bob", "eve"):
            store.transact("q", *pulling("q", who, Stamp(at=NOON)))
    if analyzed:
        opened(store).writer.execute("ANALYZE")
    wrong = {
        name: plan
        for name, plan in plans(store).items()
        if not all(f"SEARCH {way}" in plan for way in HOT[name][1])
        or "TEMP B-TREE" in plan
        or any("SCAN" in part and "VIRTUAL TABLE" not in part for part in plan.split("; "))
    }
    assert wrong == {}
