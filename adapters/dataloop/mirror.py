"""What the SDK sees of tasks: references on items, and tasks and assignments as documents.

The core keeps who has what in placements; the mirror writes it into the documents, from
the events of a task since it last looked. It decides nothing, it can be behind, and it
catches up in one transaction with the version it has come to: whatever is cut off in
between is done again, and nothing is written twice.

A clone belongs to a placement; when that changes hands, so does the clone. A task of which
there is no document is not of this server, or was deleted over it: that is left alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import attrs

from adapters.dataloop.calls import Body
from adapters.dataloop.references import (
    Log,
    clone,
    holders,
    is_copied,
    log_of,
    original_references,
    references,
    with_references,
)
from adapters.dataloop.standings import Tally, assignment, count, had, is_shown, progress, told
from adapters.dispatcher import Dispatcher
from distribution.events import Entry
from distribution.lifecycle import GONE
from distribution.members import Standing
from distribution.ports import Page
from distribution.shelf import Desk, Document, KeepingShelf
from distribution.task import Ask, Row, Task, View
from distribution.values import AssigneeId, TaskId

CHUNK = 5000
LOOKS = 10
"""How often the mirror looks again where a task changes under its eyes."""
WHOLE = frozenset({"created", "deleted", "purged", "undone"})
"""Events after which every item is looked at."""


@attrs.frozen(kw_only=True)
class Seen:
    """How far the mirror has come with a task."""

    version: int = 0
    tally: Tally = attrs.field(factory=dict)
    had: frozenset[AssigneeId] = frozenset()
    """Who has, or had, something."""

    @classmethod
    def of(cls, kept: Document | None) -> Seen:
        """Read it."""
        if kept is None:
            return cls()
        body: Any = kept.body
        tally = {who: dict(counts) for who, counts in body["tally"].items()}
        return cls(version=int(body["version"]), tally=tally, had=frozenset(body["had"]))

    def document(self, task_id: TaskId) -> Document:
        """Write it."""
        return Document(task_id, {"version": self.version, "tally": self.tally, "had": sorted(self.had)})

    def after(self, news: News) -> Seen:
        """Give how far it comes by some news."""
        tally = {who: dict(counts) for who, counts in self.tally.items()}
        count(tally, news.entries)
        return Seen(version=news.version, tally=tally, had=self.had | had(news.entries, news.standings))


@attrs.frozen(kw_only=True)
class News:
    """What happened to a task since the mirror last looked."""

    task: Task
    entries: Sequence[Entry]
    standings: Sequence[Standing]
    rows: Sequence[Row]

    @property
    def version(self) -> int:
        """Give the version it comes to."""
        return self.entries[-1].version


class Mirror:
    """Keeps the documents of tasks, assignments and items as the tasks' events say."""

    def __init__(
        self,
        tasks: Dispatcher,
        shelf: KeepingShelf,
        ids: Callable[[], str],
        now: Callable[[], str],
    ) -> None:
        self._store = tasks.store
        self._shelf = shelf
        self._ids = ids
        self._now = now
        self._known: dict[TaskId, int] = {}
        """Versions that the documents have come to, at least."""
        self._lock = threading.RLock()

    def catch_up(self, task_id: TaskId) -> bool:
        """Bring the documents to the version of the task, if they are behind; tell whether there is such a task."""
        version = self._store.read(task_id, Ask()).version
        if version > self._known.get(task_id, 0):
            with self._lock:
                seen = Seen.of(self._shelf.get("mirror", [task_id]).get(task_id))
                if version > seen.version:
                    news = self._news(task_id, seen.version)
                    self._known[task_id] = self._shelf.transact(lambda desk: self._write(desk, news, seen))
        return version > 0

    def _news(self, task_id: TaskId, seen: int) -> News:
        """Load what happened since a version, with what it touched, as it stands at one and the same version."""
        entries, last = list[Entry](), seen
        for _ in range(LOOKS):
            entries += self._entries(task_id, last)
            last = entries[-1].version
            views = list(self._views(task_id, entries))
            if {view.version for view in views} == {last}:
                break
            # What is newer than the entries is touched by those to come: then it is written once more.
        task = views[0].task
        assert task is not None  # noqa: S101  it has a history
        rows = [row for view in views for row in view.rows]
        return News(task=task, entries=entries, standings=list(views[0].members.values()), rows=rows)

    def _entries(self, task_id: TaskId, after: int) -> Iterator[Entry]:
        page = Page(after=after, limit=1000)
        while some := self._store.history(task_id, page):
            yield from some
            page = attrs.evolve(page, after=some[-1].version)

    def _views(self, task_id: TaskId, entries: Sequence[Entry]) -> Iterator[View]:
        """Load people and items, the items in parts."""
        first = self._store.read(task_id, Ask(members=None))
        whole = first.task is not None and any(entry.event.what in WHOLE for entry in entries)
        positions = range(first.task.positions) if whole and first.task else _touched(entries)
        if not positions:
            yield first
        for start in range(0, len(positions), CHUNK):
            yield self._store.read(
                task_id, Ask(members=None, positions=tuple(positions[start : start + CHUNK]))
            )

    def _write(self, desk: Desk, news: News, seen: Seen) -> int:
        """Write it, unless somebody else has meanwhile; give the version that is kept."""
        task = news.task
        kept = Seen.of(desk.get("mirror", [task.id]).get(task.id)).version
        if kept != seen.version:
            return kept
        now = seen.after(news)
        wire = desk.get("task", [task.id]).get(task.id)
        if wire is not None:
            self._items(desk, news)
        if wire is not None and task.state in GONE:
            desk.drop("task", [task.id])
            desk.drop("assignment", desk.ids("assignment", key=f"task {task.id}"))
        elif wire is not None:
            shown = _assignments(desk, news, now, dict(wire.body))
            body = told(dict(wire.body), task, news.standings, now.tally, self._now())
            desk.put("task", [Document(task.id, {**body, "assignmentIds": shown}, wire.keys)])
        desk.put("mirror", [now.document(task.id)])
        return now.version

    def _items(self, desk: Desk, news: News) -> None:
        """Let items say which of their copies are where."""
        log = log_of(news.entries)
        for start in range(0, len(news.rows), CHUNK):
            rows = news.rows[start : start + CHUNK]
            known = desk.get("item", [row.item for row in rows])
            copied = _copied(desk, news.task, rows)
            put = list[Document]()
            for row in rows:
                if row.item in known:
                    original = dict(known[row.item].body)
                    put.append(_item(news.task, row, original, log, copied=row.item in copied))
                    if row.item in copied:
                        put += self._clones(desk, news.task, row, original, log)
            desk.put("item", put)

    def _clones(self, desk: Desk, task: Task, row: Row, original: Body, log: Log) -> list[Document]:
        """Give the clones of an item: one for each copy, with who has it; those that are too many go."""
        key = f"{task.id} {row.item}"
        known = {d.id: dict(d.body) for d in desk.find("clone", key=key, limit=10_000)}
        there = _is_there(task, row) and is_copied(task, row)
        having = holders(row) if there else []
        taken: dict[str, AssigneeId | None] = {
            name: kept["annotator"] for name, kept in known.items() if kept["annotator"] in having
        }
        free = [name for name in known if name not in taken]
        for who in [who for who in having if who not in taken.values()]:
            taken[free.pop(0) if free else self._ids()] = who
        wanted = len(having) if task.is_gold(row.position) else row.copies
        while there and len(taken) < wanted:
            taken[free.pop(0) if free else self._ids()] = None
        desk.drop("item", free)
        desk.drop("clone", free)
        bodies = desk.get("item", list(taken))
        put = list[Document]()
        for number, (name, whose) in enumerate(taken.items(), start=1):
            body = dict(bodies[name].body) if name in bodies else clone(original, task.id, name, number)
            noted = {"id": name, "task": task.id, "item": row.item, "annotator": whose}
            desk.put("clone", [Document(name, noted, [key])])
            refs = references(task, row, whose if whose is not None else "")
            said = [note for by, note in log.get(row.position, ()) if by == whose]
            put.append(with_references(body, task.id, refs, said))
        return put


def _copied(desk: Desk, task: Task, rows: Sequence[Row]) -> set[str]:
    """Name the items of which there are clones, or have to be."""
    if task.overlap is None and task.gold is None:
        return set()
    return {
        row.item for row in rows if is_copied(task, row) or desk.ids("clone", key=f"{task.id} {row.item}")
    }


def _is_there(task: Task, row: Row) -> bool:
    return not row.removed and task.state not in GONE


def _item(task: Task, row: Row, original: Body, log: Log, *, copied: bool) -> Document:
    """Let an item say where it is; what is said of its copies is said of it too."""
    if not _is_there(task, row):
        return with_references(original, task.id, [], [])
    refs = original_references(task, row) if copied and is_copied(task, row) else references(task, row)
    said = [note for _, note in log.get(row.position, ())]
    return with_references(original, task.id, refs, said)


def _assignments(desk: Desk, news: News, now: Seen, wire: Body) -> list[str]:
    """Write the assignments; give the ids of those that are shown, in the order of the team."""
    task, shown = news.task, list[str]()
    known = desk.get("assignment", desk.ids("assignment", key=f"task {task.id}"))
    stays = wire["metadata"].get("type") == "batchNode"
    put = list[Document]()
    for standing in news.standings:
        if is_shown(standing, emptied=standing.id in now.had, stays=stays):
            fresh = assignment(task, wire, standing)
            body: Body = dict(known[fresh["id"]].body) if fresh["id"] in known else fresh
            body |= progress(standing, now.tally.get(standing.id, {}), wire["availableActions"])
            put.append(Document(body["id"], body, [f"task {task.id}", f"project {wire['projectId']}"]))
            shown.append(body["id"])
    desk.put("assignment", put)
    desk.drop("assignment", [name for name in known if name not in shown])
    return shown


def _touched(entries: Iterable[Entry]) -> list[int]:
    """List the positions that events changed."""
    found = set[int]()
    for entry in entries:
        event = entry.event
        for shift in event.shifts:
            found.update(shift.positions)
        found.update(event.restored, event.removed, (at for at, _ in (*event.rounds, *event.copies)))
        if event.came:
            found.update(range(*event.came))
    return sorted(found)
