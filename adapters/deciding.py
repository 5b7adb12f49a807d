"""What all verbs of the dispatcher share: a store to ask, a clock, ids, a stamp.

Clock and ids come in here, and only here.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypedDict, TypeVar

import attrs

from distribution.decision import Decide, settle
from distribution.errands import Errand
from distribution.errors import InvalidInput
from distribution.events import Stamp
from distribution.outcomes import Changed
from distribution.ports import TaskStore
from distribution.requests import answer_again
from distribution.task import Ask
from distribution.values import TaskId, check_id

R = TypeVar("R")


class By(TypedDict, total=False):
    """Who asks, why, and under which id of the call."""

    actor: str
    """Kept in the history."""
    reason: str
    """Kept in the history."""
    request: str | None
    """Called again with the same id, a call gives the same answer and changes nothing."""


def new_id() -> TaskId:
    """Make an id that nobody else makes.

    >>> len(new_id())
    12
    """
    return secrets.token_hex(6)


def now() -> datetime:
    """Read the clock."""
    return datetime.now(UTC)


class Deciding:
    """A store, and the way a decision is made on it."""

    def __init__(
        self, store: TaskStore, *, clock: Callable[[], datetime] = now, ids: Callable[[], TaskId] = new_id
    ) -> None:
        self.store = store
        self._clock = clock
        self._ids = ids

    @property
    def clock(self) -> Callable[[], datetime]:
        """Give the clock by which decisions are made."""
        return self._clock

    def _stamp(self, by: By) -> Stamp:
        """Say when, by whom and why.

        Raises:
            InvalidInput: the verb was told something else besides, that it does not know.
        """
        if by and (unknown := sorted(by.keys() - By.__annotations__.keys())):
            must = f"be its own, or {', '.join(By.__annotations__)}"
            raise InvalidInput(subject="a keyword of the verb", must=must, got=unknown[0])
        return Stamp(at=self._clock(), **by)

    def _do(self, task_id: TaskId, decision: tuple[Ask, Decide[R]]) -> R:
        """Decide and keep."""
        return self.store.transact(check_id(task_id, "task id"), *decision)

    def _run(self, errand: Errand[R]) -> R:
        """Decide and keep, here or in another process that does it for this one."""
        return self._do(errand.task, (errand.ask, errand))

    def _told(
        self,
        task_id: TaskId,
        request: str | None,
        verb: str,
        arguments: tuple[object, ...],
        kind: type[R],
    ) -> R | None:
        """Give what a task has answered this very call before, under its request id; None where it has not.

        For verbs that look at other things before they decide: what those are by now is no
        matter for a call that is made again.

        Raises:
            Refused: the request id was used for another call.
        """
        if request is None:
            return None
        ask = Ask(request=check_id(request, "request id"))
        entry = self.store.read(check_id(task_id, "task id"), ask).answered
        answer: R | None = None if entry is None else answer_again(entry, verb, arguments, kind)
        return answer

    def _change(self, task_id: TaskId, decision: tuple[Ask, Decide[Changed]], *, dry_run: bool) -> Changed:
        """Decide and keep, or only decide."""
        return self._try(task_id, decision) if dry_run else self._do(task_id, decision)

    def _try(self, task_id: TaskId, decision: tuple[Ask, Decide[R]]) -> R:
        """Only decide; nothing is kept, and nobody waits."""
        check_id(task_id, "task id")
        ask, decide = decision
        # A dry run answers for what would be, so it never looks up what a request was answered.
        _, decided = settle(
            lambda ask: self.store.read(task_id, attrs.evolve(ask, request=None)), ask, decide
        )
        return decided.result


__all__ = ["By", "Deciding", "new_id", "now"]
