"""Items on their way into a task: validated, filtered, counted, their attributes spooled.

A source is read once and to its end before anything is stored, so that a bad row
leaves nothing half done and no lock is held while somebody types into standard input.
In memory stay the ids, and of the rest what the plan looks at; attributes wait in a
temporary file, which is on disk only beyond a few megabytes.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, MappingView, Sequence
from collections.abc import Set as AbstractSet
from typing import Self, TypeAlias

from distribution.basis import Basis
from distribution.creation import IncomingRow
from distribution.errors import InvalidInput
from distribution.filters import EVERYTHING, Filter, matches
from distribution.overlap import Overlap, drawn
from distribution.plan import Plan
from distribution.rules import Rules
from distribution.static import Roster
from distribution.values import Item, ItemId
from distribution.workload import Workload

Progress: TypeAlias = Callable[[str, int, int | None], None]
"""Called now and then with what is done ("reading", "storing"), how far, and of how many if known."""

IN_MEMORY = 16 << 20
"""Bytes of attributes kept in memory before they go to a file."""
EVERY = 8192
"""Rows between two reports of progress."""


def silent(_doing: str, _done: int, _total: int | None) -> None:
    """Report nothing."""


class Intake:
    """Everything a plan and a store need to know of a source of items.

    Use it as a context manager, so that the spool goes away; going through it yields
    the rows of the items, as often as wanted.
    """

    def __init__(
        self,
        items: Iterable[ItemId | Item],
        basis: Basis,
        where: Filter | None,
        progress: Progress = silent,
        overlap: Overlap | None = None,
        rules: Rules | None = None,
    ) -> None:
        self.overlap = overlap
        self.roster = Roster(basis, overlap, rules)
        self.progress = progress
        self._spool = tempfile.SpooledTemporaryFile(IN_MEMORY, "w+", encoding="utf-8")  # noqa: SIM115  closed on exit
        self._spooled = False
        try:
            self._read(items, where)
        except BaseException:
            self._spool.close()
            raise

    def _read(self, items: Iterable[ItemId | Item], where: Filter | None) -> None:
        """Take in every item that passes."""
        if where is None and isinstance(items, (list, tuple)) and set(map(type, items)) == {str}:
            self.roster.extend(items)
            return
        if isinstance(items, (str, bytes)) or not isinstance(items, Iterable):
            raise InvalidInput(subject="items", must="be a list of ids or items", got=items)
        # A set of strings stands in another order in every process; views and ordered sets do not.
        if isinstance(items, AbstractSet) and not isinstance(items, (MappingView, Sequence)):
            raise InvalidInput(subject="items", must="be in an order", got=items, remedy="sort them first")
        # What has neither attributes nor an effort of its own needs no line; lines wait for the first that has.
        blank = 0
        for number, item in enumerate(items):
            if number % EVERY == 0:
                self.progress("reading", number, None)
            passed = matches(where or EVERYTHING, item.attributes if isinstance(item, Item) else {})
            if passed and self.roster.add(item):
                if isinstance(item, Item) and (item.attributes or item.effort != 1 or item.priority):
                    self._spool.write("\n" * blank)
                    blank = 0
                    self._spooled = True
                    effort = None if item.effort == 1 else str(item.effort)
                    attributes = (
                        json.dumps(dict(item.attributes), ensure_ascii=False, default=dict)
                        if item.attributes
                        else ""
                    )
                    self._spool.write(f"{effort or ''}\t{item.priority or ''}\t{attributes}\n")
                else:
                    blank += 1

    def plan(self, workload: Workload, *, seed: int, order: str) -> Plan:
        """Distribute the items."""
        return self.roster.plan(workload, seed=seed, order=order)

    def shared(self, seed: int) -> Sequence[int]:
        """Give the positions of the items that overlap, where they are pulled."""
        if self.overlap is None:
            return ()
        count = len(self.roster.ids)
        passed = self.roster.passed
        return passed if self.overlap.where is not None else drawn(seed, 0, count, self.overlap.of(count))

    def digest(self, *more: ItemId) -> str:
        """Give a short text that differs where the items differ, or their order, or what comes beside them. O(n)."""
        # No id contains a NUL.
        return hashlib.blake2b("\0".join((*self.roster.ids, *more)).encode(), digest_size=12).hexdigest()

    def __iter__(self) -> Iterator[IncomingRow]:
        """Yield the rows of the items from the first."""
        total = len(self.roster.ids)
        if not self._spooled:
            for position, item in enumerate(self.roster.ids):
                if position % EVERY == 0:
                    self.progress("storing", position, total)
                yield position, item, None, None, 0
            return
        self._spool.seek(0)
        lines = iter(self._spool)
        for position, item in enumerate(self.roster.ids):
            if position % EVERY == 0:
                self.progress("storing", position, total)
            effort, _, rest = next(lines, "").rstrip("\n").partition("\t")
            priority, _, attributes = rest.partition("\t")
            yield position, item, effort or None, attributes or None, int(priority or 0)

    def __enter__(self) -> Self:
        """Return the intake."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the spool."""
        self._spool.close()
