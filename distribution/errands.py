"""Calls of people who work, as values: what to see and how to decide follow from them.

Holds: the calls that are made all day, so that somebody else can make them for the caller.
Does not hold: what is decided (see handing, work), how a call gets to somebody else.
Depends on: codec, decision, errors, events, handing, outcomes, task, values, work.

A decision is a function, and a function stays in its process. An errand is data, and so
is its answer: of many processes that wait for one lock, the one that has it can do what
the others wait for, all in one transaction. What they tell each other is as short as it
gets, for who was asleep has forgotten all: only another of the same version can read it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, Self, TypeVar, cast

import attrs

from distribution.codec import decode, encode
from distribution.decision import Decide, Decision
from distribution.errors import InvalidInput
from distribution.events import Stamp
from distribution.handing import pull_ask, pull_decision
from distribution.outcomes import Batch, Outcome, Turn
from distribution.task import Ask, View
from distribution.values import AssigneeId, Json, TaskId
from distribution.work import Handed, check_assignee, submit_decision, turn_decision, work_ask

R = TypeVar("R")


@attrs.frozen(kw_only=True)
class Errand(Generic[R]):
    """Hand something in, get the next batch, or both as one change; it decides when it is called.

    >>> from datetime import UTC, datetime
    >>> errand = Errand.pull("t", "ann", stamp=Stamp(at=datetime(2026, 1, 1, tzinfo=UTC)))
    >>> Errand.from_data(errand.to_data()) == errand
    True
    >>> answer = Batch(task="t", assignee="ann", items=("a", "b"))
    >>> errand.answer_from_data(errand.answer_to_data(answer)) == answer
    True

    Raises:
        InvalidInput: it does neither, or there can be no such assignee.
    """

    task: TaskId
    assignee: AssigneeId = attrs.field(converter=check_assignee)
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
        items = () if self.handed is None else self.handed.items
        if self.pulls:
            return pull_ask(self.assignee, self.stamp, items)
        return work_ask(self.assignee, self.stamp, items)

    def __call__(self, view: View) -> Decision[R] | Ask:
        """Decide."""
        if self.handed is None:
            decide: Decide[Any] = pull_decision(self.task, self.assignee, self.stamp)
        else:
            how = turn_decision if self.pulls else submit_decision
            decide = how(self.task, self.assignee, self.handed, self.stamp)
        return decide(view)

    def to_data(self) -> list[Json]:
        """Write it as JSON-able data."""
        handed, stamp = self.handed, self.stamp
        told: Json = None
        if handed is not None:
            told = [[*handed.items], handed.status, {**handed.answers}]
        by: list[Json] = [stamp.at.isoformat(), stamp.actor, stamp.request, stamp.reason]
        return [self.task, self.assignee, told, self.pulls, by]

    @classmethod
    def from_data(cls, data: Any) -> Self:
        """Read what `to_data` wrote.

        Raises:
            InvalidInput, ValueError, TypeError: it is something else.
        """
        task, assignee, told, pulls, (at, *by) = data
        handed = None
        if told is not None:
            items, status, answers = told
            handed = Handed(items=items, status=status, answers=answers)
        actor, request, reason = by
        stamp = Stamp(at=datetime.fromisoformat(at), actor=actor, request=request, reason=reason)
        return cls(task=task, assignee=assignee, handed=handed, pulls=pulls, stamp=stamp)

    def answer_to_data(self, answer: R) -> Json:
        """Write its answer: what was done, what she got and until when; where that is not all, as `codec` does."""
        done, batch = _halves(answer)
        if done is not None and done != Outcome(changed=done.changed):
            return encode(answer, brief=True)
        if batch is not None and batch.reason is not None:
            return encode(answer, brief=True)
        return [
            None if done is None else list(done.changed),
            None if batch is None else list(batch.items),
            None if batch is None or batch.until is None else batch.until.isoformat(),
        ]

    def answer_from_data(self, data: Any) -> R:
        """Read what `answer_to_data` wrote.

        Raises:
            InvalidInput, ValueError, TypeError: it is something else.
        """
        if isinstance(data, dict):
            return cast("R", decode(self.answer, data))
        changed, items, until = data
        done = batch = None
        if changed is not None:
            done = Outcome(changed=tuple(changed))
        if items is not None:
            end = None if until is None else datetime.fromisoformat(until)
            batch = Batch(task=self.task, assignee=self.assignee, items=tuple(items), until=end)
        found: Any = batch if done is None else done
        if done is not None and batch is not None:
            found = Turn(done=done, batch=batch)
        answer: R = found
        return answer


def _halves(answer: object) -> tuple[Outcome | None, Batch | None]:
    """Part an answer into what was done and what she got."""
    if isinstance(answer, Turn):
        return answer.done, answer.batch
    if isinstance(answer, Outcome):
        return answer, None
    return None, cast("Batch", answer)
