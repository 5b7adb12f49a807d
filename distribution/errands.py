"""Calls of people who work, as values: what to see and how to decide follow from them.

Holds: the calls that are made all day, so that somebody else can make them for the caller.
Does not hold: what is decided (see handing, work), how a call gets to somebody else.
Depends on: decision, errors, events, handing, outcomes, task, values, work.

A decision is a function, and a function stays in its process. An errand is data: `codec`
writes it and its answer, so that of many processes that wait for one lock, the one that
has it can do what the others wait for, all in one transaction.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Generic, TypeVar, cast

import attrs

from distribution.decision import Decide, Decision
from distribution.errors import InvalidInput
from distribution.events import Stamp
from distribution.handing import pulling
from distribution.outcomes import Batch, Outcome, Turn
from distribution.task import Ask, View
from distribution.values import AssigneeId, TaskId
from distribution.work import Handed, submitting, submitting_and_pulling

R = TypeVar("R")


@attrs.frozen(kw_only=True, slots=False)
class Errand(Generic[R]):
    """Hand something in, get the next batch, or both as one change; it decides when it is called.

    >>> from datetime import UTC, datetime
    >>> from distribution.codec import decode, encode
    >>> errand = Errand.pull("t", "ann", stamp=Stamp(at=datetime(2026, 1, 1, tzinfo=UTC)))
    >>> decode(Errand, encode(errand)) == errand
    True

    Raises:
        InvalidInput: it does neither.
    """

    task: TaskId
    assignee: AssigneeId
    handed: Handed | None = None
    """What she hands in."""
    pulls: bool = False
    """Whether she gets the next batch."""
    stamp: Stamp

    def __attrs_post_init__(self) -> None:
        """Refuse an errand that does nothing."""
        if self.handed is None and not self.pulls:
            raise InvalidInput(subject="an errand", must="hand in something, or pull", got=None)

    @staticmethod
    def pull(task: TaskId, assignee: AssigneeId, *, stamp: Stamp) -> Errand[Batch]:
        """Get the next batch; see `handing.pulling`."""
        return Errand(task=task, assignee=assignee, pulls=True, stamp=stamp)

    @staticmethod
    def submit(task: TaskId, assignee: AssigneeId, handed: Handed, *, stamp: Stamp) -> Errand[Outcome]:
        """Hand in; see `work.submitting`."""
        return Errand(task=task, assignee=assignee, handed=handed, stamp=stamp)

    @staticmethod
    def turn(task: TaskId, assignee: AssigneeId, handed: Handed, *, stamp: Stamp) -> Errand[Turn]:
        """Hand in and get the next batch; see `work.submitting_and_pulling`."""
        return Errand(task=task, assignee=assignee, handed=handed, pulls=True, stamp=stamp)

    @property
    def answer(self) -> type[Batch | Outcome | Turn]:
        """Give the type of its answer, as `codec.decode` takes it."""
        if self.handed is None:
            return Batch
        return Turn if self.pulls else Outcome

    @property
    def ask(self) -> Ask:
        """Name what has to be seen at first."""
        return self._decision[0]

    def __call__(self, view: View) -> Decision[R] | Ask:
        """Decide."""
        return self._decision[1](view)

    @cached_property
    def _decision(self) -> tuple[Ask, Decide[R]]:
        if self.handed is None:
            found: tuple[Ask, Decide[Any]] = pulling(self.task, self.assignee, self.stamp)
        else:
            decide = submitting_and_pulling if self.pulls else submitting
            found = decide(self.task, self.assignee, self.handed, self.stamp)
        return cast("tuple[Ask, Decide[R]]", found)
