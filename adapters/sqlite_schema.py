"""The SQLite file: its tables, and the numbered steps from one schema to the next.

Each step is run once, in order, in a transaction of its own under the store's lock;
`PRAGMA user_version` counts the steps that were made. A released step never changes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from distribution.errors import UnusableStore

APPLICATION_ID = 0x574F524B
"""Marks our files ("WORK"), so that another program's database is not touched."""

STEPS: Sequence[str] = (
    """
    CREATE TABLE task (
        key INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        state TEXT NOT NULL,
        record TEXT NOT NULL,  -- what filters over tasks look at
        body TEXT NOT NULL     -- all of it; rewritten only when a setting changes
    ) STRICT;

    -- Append-only: the newest row of a task is its version, its history, and the answer
    -- to a request that is made again. The id is task * 2^40 + version: a table with an
    -- integer key keeps a line of 2,000 bytes in its page, any other spills at 488.
    CREATE TABLE op (
        id INTEGER PRIMARY KEY,
        task INTEGER NOT NULL REFERENCES task (key),
        at INTEGER NOT NULL,
        actor TEXT NOT NULL,
        request TEXT,
        reason TEXT NOT NULL,
        event TEXT NOT NULL,
        call TEXT NOT NULL,
        answer TEXT
    ) STRICT;
    CREATE UNIQUE INDEX op_request ON op (task, request) WHERE request IS NOT NULL;

    -- The counts follow from the placements and are written with them.
    CREATE TABLE member (
        task INTEGER NOT NULL REFERENCES task (key),
        number INTEGER NOT NULL,
        id TEXT NOT NULL,
        body TEXT NOT NULL,
        open INTEGER NOT NULL CHECK (open >= 0),
        done INTEGER NOT NULL CHECK (done >= 0),
        skipped INTEGER NOT NULL CHECK (skipped >= 0),
        lost INTEGER NOT NULL CHECK (lost >= 0),
        worked_at INTEGER,
        gold_open INTEGER NOT NULL DEFAULT 0 CHECK (gold_open >= 0),
        gold_done INTEGER NOT NULL DEFAULT 0 CHECK (gold_done >= 0),
        gold_gone INTEGER NOT NULL DEFAULT 0 CHECK (gold_gone >= 0),
        PRIMARY KEY (task, number)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX member_id ON member (task, id);
    CREATE INDEX member_tasks ON member (id, task);

    CREATE TABLE item (
        task INTEGER NOT NULL REFERENCES task (key),
        position INTEGER NOT NULL,
        id TEXT NOT NULL,
        effort TEXT,
        attributes TEXT,
        rank INTEGER NOT NULL,
        free INTEGER NOT NULL CHECK (free >= 0),
        removed INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (task, position)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX item_id ON item (task, id);
    CREATE INDEX item_queue ON item (task, rank) WHERE free > 0 AND removed = 0;

    -- The key makes it impossible that one person holds an item twice. Instants are
    -- microseconds since 1970, UTC.
    CREATE TABLE placement (
        task INTEGER NOT NULL REFERENCES task (key),
        position INTEGER NOT NULL,
        member INTEGER NOT NULL,
        rank INTEGER NOT NULL,
        -- Not IN: SQLite would build a table of the four for every statement.
        state TEXT NOT NULL CHECK (state = 'open' OR state = 'done' OR state = 'skipped' OR state = 'returned'),
        status TEXT,
        since INTEGER NOT NULL,
        until INTEGER,
        answer TEXT,
        PRIMARY KEY (task, position, member)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX placement_work ON placement (task, member, rank);
    CREATE INDEX placement_lease ON placement (task, until) WHERE until IS NOT NULL;

    -- For people who look at the file with their own tools.
    CREATE VIEW placements AS
        SELECT task.id AS task, item.id AS item, member.id AS assignee, placement.state, placement.status,
               placement.answer, datetime(placement.since / 1000000, 'unixepoch') AS since,
               datetime(placement.until / 1000000, 'unixepoch') AS until,
               placement.rank, item.position, coalesce(item.effort, '1') AS effort, item.attributes
        FROM placement
        JOIN task ON task.key = placement.task
        JOIN item ON item.task = placement.task AND item.position = placement.position
        JOIN member ON member.task = placement.task AND member.number = placement.member;
    """,
    """
    -- What surrounds tasks: JSON objects of a kind, found by id, by key and by filter.
    CREATE TABLE document (
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        body TEXT NOT NULL,
        keys TEXT NOT NULL,  -- a JSON list, as in document_key
        PRIMARY KEY (kind, id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE document_key (
        kind TEXT NOT NULL,
        key TEXT NOT NULL,
        id TEXT NOT NULL,
        PRIMARY KEY (kind, key, id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE document_stamp (kind TEXT PRIMARY KEY, stamp INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE document_content (
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        content BLOB NOT NULL,
        PRIMARY KEY (kind, id)
    ) STRICT;
    """,
    # Which time an item is in a task that a pipeline may bring it to again.
    "ALTER TABLE item ADD COLUMN round INTEGER NOT NULL DEFAULT 1 CHECK (round > 0);",
    """
    -- The request first: a call that any of several tasks may have answered is looked up in all of them.
    DROP INDEX op_request;
    CREATE UNIQUE INDEX op_request ON op (request, task) WHERE request IS NOT NULL;
    """,
    """
    -- How many transactions did the work of other processes; by it they know whether theirs was kept.
    CREATE TABLE served (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL) STRICT;
    INSERT INTO served VALUES (1, 0);
    """,
)
"""Step n brings a file from schema n to schema n + 1."""


def is_current(connection: sqlite3.Connection) -> bool:
    """Tell whether the file is ours and needs no step."""
    marks = [
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
    ]
    return marks == [APPLICATION_ID, len(STEPS)]


def refuse_newer(found: int, place: str, steps: Sequence[str] = STEPS) -> None:
    """Raise where a file was made by a newer version.

    Raises:
        UnusableStore: with both schema numbers.
    """
    if found > len(steps):
        raise UnusableStore(
            place,
            f"has schema {found} and this version knows up to {len(steps)}",
            "upgrade work-distribution to open it",
        )


def migrate(connection: sqlite3.Connection, place: str, steps: Sequence[str] = STEPS) -> None:
    """Bring the file up to date; the caller holds the store's lock.

    Raises:
        UnusableStore: another program's file, or one of a newer schema.
    """
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    mark = connection.execute("PRAGMA application_id").fetchone()[0]
    occupied = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] > 0
    if mark != APPLICATION_ID and (occupied or mark or found):
        raise UnusableStore(place, "belongs to another program", "choose another path")
    refuse_newer(found, place, steps)
    for number in range(found, len(steps)):
        connection.executescript(
            f"BEGIN IMMEDIATE; PRAGMA application_id = {APPLICATION_ID};"
            f"{steps[number]}; PRAGMA user_version = {number + 1}; COMMIT;"
        )
