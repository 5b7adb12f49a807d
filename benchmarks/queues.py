"""The queues that hand out batches of ten: ours, and what people would use on SQLite.

Holds: how each is filled, opened, claimed from and finished with; what it promises.
Does not hold: clients and clocks (see clients), cases and tables (see pull).

Every peer gets the journal, the syncs and the patience of ours wherever it has an option
for them. Filling is not measured and may leave syncs out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias

BATCH = 10
CAP = 12
PEOPLE = 64
PATIENCE = 30.0
"""Seconds to wait for a lock; ours waits as long, defaults of peers are 5 and 10."""

Taken: TypeAlias = tuple[str, Any]
"""An item that was claimed, and what its system wants to hear when it is finished."""


class Dry(Exception):
    """There was nothing left to claim."""


class Queue(Protocol):
    """What one process holds of a system."""

    def claim(self, client: int, taken: list[Taken]) -> None:
        """Append ten items to *taken*, each as it comes: an error leaves those before it there.

        Raises:
            Dry: there are no ten left.
        """

    def finish(self, client: int, taken: Sequence[Taken]) -> None:
        """Finish what was claimed."""

    def close(self) -> None:
        """Close files."""


class System(Protocol):
    """One way to hand out work."""

    name: str
    package: str
    pace: int
    """Cycles a second that it never reaches, to have enough items; of clients in processes."""
    least: int
    """Items to begin with, however short the run."""
    options: str
    """How it was made as durable as ours, in words."""
    promise: str
    """What it cannot do, in words; the place in its source where it can be seen."""

    def fill(self, folder: Path, ids: Iterable[str]) -> None:
        """Put items into a new file."""

    def open(self, folder: Path) -> Queue:
        """Open the file."""


class Ours:
    """A pulling task in an SqliteStore."""

    package = "work-distribution"
    pace = 5_000
    least = 0
    promise = (
        "an item has one holder until it goes back, by a lease if one is asked for; caps and history are kept"
    )

    def __init__(self, *, grouped: bool = True, turn: bool = False) -> None:
        self.grouped = grouped
        self.turn = turn
        self.name = "ours" if grouped else "ours, no group commit"
        self.name += ", one call" if turn else ""
        self.options = (
            "none: it has no weaker setting; NORMAL, for it syncs the log itself before it answers, after the"
            " lock is released"
        )
        self.options += "" if grouped else "; group_commit=False"
        self.options += "; submit_and_pull finishes the last batch and claims the next" if turn else ""

    def fill(self, folder: Path, ids: Iterable[str]) -> None:
        """Create a task that 64 people may pull from."""
        from adapters.dispatcher import Dispatcher
        from adapters.sqlite import SqliteStore
        from distribution import Pull

        with Dispatcher(SqliteStore(folder / "tasks.db")) as tasks:
            tasks.create(
                "bench",
                ids,
                id="bench",
                allowed=[f"p{number}" for number in range(PEOPLE)],
                pull=Pull(batch_size=BATCH, max_batch_workload=CAP),
            )

    def open(self, folder: Path) -> Queue:
        """Open a dispatcher, which threads may share."""
        from adapters.dispatcher import Dispatcher
        from adapters.sqlite import SqliteStore

        path = folder / "tasks.db"
        store = SqliteStore(path) if self.grouped else SqliteStore(path, group_commit=False)
        return TurnQueue(Dispatcher(store)) if self.turn else OurQueue(Dispatcher(store))


class OurQueue:
    """A dispatcher; client 7 is the assignee p7."""

    def __init__(self, tasks: Any) -> None:
        self.tasks = tasks

    def claim(self, client: int, taken: list[Taken]) -> None:
        """Pull a batch."""
        batch = self.tasks.pull("bench", f"p{client}")
        for item in batch.items:
            taken.append((item, None))  # noqa: PERF401  append looks at the clock, extend does not
        if len(batch.items) < BATCH:
            raise Dry(str(batch.reason))

    def finish(self, client: int, taken: Sequence[Taken]) -> None:
        """Complete it."""
        items = [item for item, _ in taken]
        done = self.tasks.set_status("bench", f"p{client}", items, "completed")
        if done.refused:
            raise RuntimeError("refused to complete what was pulled")

    def close(self) -> None:
        """Close the store."""
        self.tasks.close()


class TurnQueue(OurQueue):
    """A dispatcher whose clients hand in a batch and get the next by one call, which is a cycle."""

    def __init__(self, tasks: Any) -> None:
        super().__init__(tasks)
        self.held: dict[int, list[str]] = {}

    def claim(self, client: int, taken: list[Taken]) -> None:
        """Complete what was claimed before, and pull a batch."""
        done = self.held.pop(client, [])
        turn = self.tasks.submit_and_pull("bench", f"p{client}", done, "completed")
        if turn.done.refused:
            raise RuntimeError("refused to complete what was pulled")
        for item in turn.batch.items:
            taken.append((item, None))  # noqa: PERF401  append looks at the clock, extend does not
        if len(turn.batch.items) < BATCH:
            raise Dry(str(turn.batch.reason))

    def finish(self, client: int, taken: Sequence[Taken]) -> None:
        """Complete it with the next claim."""
        self.held[client] = [item for item, _ in taken]

    def close(self) -> None:
        """Complete what is left, and close the store."""
        for client, items in self.held.items():
            self.tasks.set_status("bench", f"p{client}", items, "completed")
        super().close()


class Huey:
    """SqliteHuey's storage, without the pickling of tasks that comes on top of it."""

    name = "huey"
    package = "huey"
    pace = 3_000
    least = 0
    options = "fsync=True; WAL is its default"
    promise = (
        "at most once: the row is deleted as it is claimed, there is no finish and no lease"
        " (storage.py, SqliteStorage.dequeue); one item a transaction"
    )

    def fill(self, folder: Path, ids: Iterable[str]) -> None:
        """Enqueue one by one."""
        storage = self._storage(folder, fsync=False)
        for item in ids:
            storage.enqueue(item.encode())
        storage.close()

    def open(self, folder: Path) -> Queue:
        """Open with a sync a commit."""
        return HueyQueue(self._storage(folder, fsync=True))

    def _storage(self, folder: Path, *, fsync: bool) -> Any:
        from huey import SqliteHuey

        filename = str(folder / "huey.db")
        return SqliteHuey("bench", filename=filename, fsync=fsync, timeout=PATIENCE).storage


class HueyQueue:
    """Ten times dequeue; nothing to finish."""

    def __init__(self, storage: Any) -> None:
        self.storage = storage

    def claim(self, _: int, taken: list[Taken]) -> None:
        """Dequeue ten."""
        for _ in range(BATCH):
            data = self.storage.dequeue()
            if data is None:
                raise Dry
            taken.append((bytes(data).decode(), None))

    def finish(self, client: int, taken: Sequence[Taken]) -> None:
        """Do nothing: the rows are gone already."""

    def close(self) -> None:
        """Close the connection."""
        self.storage.close()


class PersistQueue:
    """SQLiteAckQueue."""

    name = "persist-queue"
    package = "persist-queue"
    pace = 600
    least = 0
    options = "none: WAL is fixed, synchronous is SQLite's default; auto_resume=False so that opening re-issues nothing"
    promise = (
        "may hand out twice: selects, then marks, under a lock of the process only (sqlackqueue.py, _pop);"
        " by default opening re-issues all that others hold (resume_unack_tasks); one item a transaction"
    )

    def fill(self, folder: Path, ids: Iterable[str]) -> None:
        """Put one by one; the queue has no option to leave syncs out, so its connection is told."""
        queue = self._queue(folder)
        queue._putter.execute("PRAGMA synchronous = OFF")  # noqa: SLF001
        for item in ids:
            queue.put(item)
        queue.close()

    def open(self, folder: Path) -> Queue:
        """Open as a second process must."""
        return AckQueue(self._queue(folder))

    def _queue(self, folder: Path) -> Any:
        from persistqueue import SQLiteAckQueue

        return SQLiteAckQueue(str(folder), auto_resume=False, timeout=PATIENCE)


class AckQueue:
    """Ten times get, ten times ack."""

    def __init__(self, queue: Any) -> None:
        self.queue = queue

    def claim(self, _: int, taken: list[Taken]) -> None:
        """Get ten."""
        from persistqueue import Empty

        for _ in range(BATCH):
            try:
                got = self.queue.get(block=False, raw=True)
            except Empty as error:
                raise Dry from error
            taken.append((got["data"], got["pqid"]))

    def finish(self, _: int, taken: Sequence[Taken]) -> None:
        """Acknowledge ten."""
        for item in taken:
            self.queue.ack(id=item[1])

    def close(self) -> None:
        """Close the connections."""
        self.queue.close()


class Litequeue:
    """LiteQueue."""

    name = "litequeue"
    package = "litequeue"
    pace = 200
    least = 100_000
    options = "PRAGMA synchronous = FULL on its connection after opening: it sets NORMAL; ten done() in one transaction()"
    promise = (
        "no lease: what a dead client holds stays locked until somebody looks (list_locked, retry);"
        " a pop sorts all that is ready, O(n); one pop a transaction (_pop_returning)"
    )

    def fill(self, folder: Path, ids: Iterable[str]) -> None:
        """Put all in one transaction."""
        queue = self._queue(folder)
        with queue.transaction():
            for item in ids:
                queue.put(item)
        queue.close()

    def open(self, folder: Path) -> Queue:
        """Open with a sync a commit."""
        queue = self._queue(folder)
        queue.conn.execute("PRAGMA synchronous = FULL")
        return PopQueue(queue)

    def _queue(self, folder: Path) -> Any:
        from litequeue import LiteQueue

        return LiteQueue(folder / "lite.db", timeout=PATIENCE)


class PopQueue:
    """Ten times pop, ten times done in one transaction."""

    def __init__(self, queue: Any) -> None:
        self.queue = queue

    def claim(self, _: int, taken: list[Taken]) -> None:
        """Pop ten."""
        for _ in range(BATCH):
            message = self.queue.pop()
            if message is None:
                raise Dry
            taken.append((message.data, message.message_id))

    def finish(self, _: int, taken: Sequence[Taken]) -> None:
        """Mark ten as done."""
        with self.queue.transaction(mode="IMMEDIATE"):
            for item in taken:
                self.queue.done(item[1])

    def close(self) -> None:
        """Close the connection."""
        self.queue.close()


SYSTEMS: dict[str, System] = {
    "ours": Ours(),
    "ours-turn": Ours(turn=True),
    "ours-ungrouped": Ours(grouped=False),
    "huey": Huey(),
    "persist-queue": PersistQueue(),
    "litequeue": Litequeue(),
}
PEERS = ("huey", "persist-queue", "litequeue")
