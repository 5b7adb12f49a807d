"""The face that services embed: one method a verb, on any store.

It asks a store, lets the core decide and keeps the answer. How tasks come about is in
`creating`, what people who work do in `working`, what those do who run a task in
`managing`, reviews in `reviewing`, what comes of them in `judging`, pipelines in `piping`,
agreement in `agreeing`, what those ask who watch in `watching`, other questions in `reading`.
"""

from __future__ import annotations

from typing import Self

from adapters.agreeing import Agreeing
from adapters.deciding import By, new_id, now
from adapters.managing import Managing
from adapters.reading import Reading
from adapters.reviewing import Reviewing
from adapters.watching import Watching
from adapters.working import Working


class Dispatcher(Reviewing, Agreeing, Watching, Working, Managing, Reading):
    """Tasks in a store.

    Safe from several threads, and from several processes where the store is.

    >>> from adapters.memory import MemoryStore
    >>> with Dispatcher(MemoryStore()) as tasks:
    ...     task = tasks.create("label cats", ["a", "b", "c"], workload=Workload.even(["ann", "bob"]))
    ...     [assignment.open for assignment in tasks.assignments(task.id)]
    [2, 1]
    """

    def close(self) -> None:
        """Close the store; to close a task see `close_task`.

        >>> tasks.close()
        """
        self.store.close()

    def __enter__(self) -> Self:
        """Return the dispatcher, to be closed on leaving."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the store."""
        self.close()


__all__ = ["By", "Dispatcher", "new_id", "now"]
