"""Which task somebody works on next, of several that she pulls from.

Holds: the order of urgency, the pull of one task after the other, what is answered again.
Does not hold: what one task hands out (see handing), which tasks there are (stores know).
Depends on: codec, decision, events, handing, outcomes, requests, task, values.

No transaction spans several tasks, so each is asked by itself, and the answer to the call
is kept in one of them: a batch in the task it came from, that there was no work in the
most urgent. That an earlier task had nothing is no answer, and kept nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import cast

import attrs

from distribution.codec import decode
from distribution.decision import Decide, Decision
from distribution.events import Entry, Stamp
from distribution.handing import pulling
from distribution.outcomes import Batch, NoWork
from distribution.requests import call_text, once
from distribution.task import Ask, Task, View, the_task
from distribution.values import AssigneeId, TaskId

VERB = "pull-next"


def urgency(task: Task) -> tuple[int, bool, datetime]:
    """Give the key by which more urgent tasks come first: by priority, then by due date, then by age."""
    return -task.priority, task.due is None, task.due or task.created_at


def pulling_next(task_id: TaskId, assignee: AssigneeId, stamp: Stamp) -> tuple[Ask, Decide[Batch | NoWork]]:
    """Decide what she gets from one of her tasks, if it has anything: then that is the answer to the call.

    That leases ended meanwhile is kept also where she gets nothing, under no request id.

    Raises, when decided:
        NotFound: there is no such task.
        Refused: it is not a pulling task; or the request id was used for another call.
    """
    ask, decide = pulling(task_id, assignee, attrs.evolve(stamp, request=None))
    answer = once(decide, stamp, VERB, (assignee,), Batch | NoWork, final=bool)
    return attrs.evolve(ask, request=stamp.request), cast("Decide[Batch | NoWork]", answer)


def finding_nothing(
    task_id: TaskId, nothing: NoWork, assignee: AssigneeId, stamp: Stamp
) -> tuple[Ask, Decide[Batch | NoWork]]:
    """Decide that there was no work in any of her tasks: kept in one of them, to be answered again.

    Raises, when decided:
        NotFound: there is no such task.
        Refused: the request id was used for another call.
    """

    def decide(view: View) -> Decision[NoWork]:
        the_task(view, task_id)
        return Decision(result=nothing)

    answer = once(decide, stamp, VERB, (assignee,), Batch | NoWork)
    return Ask(request=stamp.request), cast("Decide[Batch | NoWork]", answer)


def told_before(entries: Iterable[Entry], assignee: AssigneeId) -> Batch | NoWork | None:
    """Give what the call was answered, from what is kept under its request id in all tasks; None if nothing.

    A batch counts more than that there was none: calls made at the same time may have
    been answered apart.
    """
    call = call_text(VERB, assignee)
    answers: list[Batch | NoWork] = [
        decode(Batch | NoWork, entry.answer) for entry in entries if entry.call == call
    ]
    return max(answers, key=lambda answer: isinstance(answer, Batch), default=None)
