"""The course of a task: closed, reopened, changed in its settings, deleted, purged.

Holds: those decisions.
Does not hold: creation, the team, the items.
Depends on: decision, errors, events, ledger, lifecycle, outcomes, pull, requests, task,
values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import attrs

from distribution.decision import Decide, Decision, Purge, PutTask
from distribution.errors import InvalidInput
from distribution.events import Event, Stamp, What
from distribution.ledger import Ledger
from distribution.lifecycle import TASK, TaskState, after
from distribution.outcomes import Changed
from distribution.pull import Pull
from distribution.requests import once
from distribution.task import Ask, Task, View, no_task, the_task
from distribution.values import TaskId

WHATS: Mapping[str, What] = {"close": "closed", "reopen": "reopened", "delete": "deleted"}
CHANGEABLE = ("name", "actions", "priority", "due", "metadata", "pull", "station")
"""Settings that may be changed at any time."""


def turning(task_id: TaskId, verb: str, stamp: Stamp) -> tuple[Ask, Decide[Changed]]:
    """Decide to close, reopen or delete a task.

    A closed task hands out nothing; what people hold they may finish, and leases still
    end. A deleted one is found by nobody; undoing its deletion brings it back as it was.

    Raises, when decided:
        NotFound: there is no such task.
        Refused: its state does not allow it.
    """
    ask = Ask(request=stamp.request)

    def decide(view: View) -> Decision[Changed]:
        task = the_task(view, task_id)
        ledger = Ledger(view, task, stamp)
        new: TaskState = after(TASK, task.state, verb, f"task {task.name!r}")  # type: ignore[assignment]
        ledger.task = attrs.evolve(task, state=new)
        return ledger.change(WHATS[verb])

    return ask, once(decide, stamp, verb, (), Changed)


def changing(task_id: TaskId, settings: Mapping[str, object], stamp: Stamp) -> tuple[Ask, Decide[Changed]]:
    """Decide to change settings of a task: its name, actions, priority, due date, metadata, how it is pulled.

    Batch, cap, lease and what a skip means hold from the next call on; the order of the
    queue stays, for it was laid out when the items came.

    Raises, when decided:
        NotFound: there is no such task.
        InvalidInput: a setting cannot be changed, or not to this.
    """
    unknown = sorted(set(settings) - set(CHANGEABLE))
    if unknown:
        raise InvalidInput(subject="settings", must=f"be among {', '.join(CHANGEABLE)}", got=unknown[0])
    ask = Ask(request=stamp.request)

    def decide(view: View) -> Decision[Changed]:
        task = the_task(view, task_id)
        ledger = Ledger(view, task, stamp)
        _check_pull(task, settings.get("pull", task.pull))
        ledger.task = attrs.evolve(task, **cast("dict[str, Any]", dict(settings)))
        return ledger.change("changed")

    return ask, once(decide, stamp, "change", (dict(settings),), Changed)


def _check_pull(task: Task, pull: object) -> None:
    """Refuse to make a task one of the other mode, and to lay out its queue anew."""
    if pull is task.pull:
        return
    if task.pull is None:
        raise InvalidInput(subject="pull of a task shared out by load", must="be None", got=pull)
    if not isinstance(pull, Pull) or pull.order != task.pull.order:
        raise InvalidInput(
            subject="pull", must=f"be a Pull with the order {task.pull.order!r} of the queue", got=pull
        )


def purging(task_id: TaskId, stamp: Stamp) -> tuple[Ask, Decide[Changed]]:
    """Decide to give back the space of a deleted task; its history stays, its id is not used again.

    This cannot be undone.

    Raises, when decided:
        NotFound: there never was such a task.
        Refused: it is not deleted, or purged already.
    """
    ask = Ask(request=stamp.request)

    def decide(view: View) -> Decision[Changed]:
        if view.task is None:
            raise no_task(task_id)
        new: TaskState = after(TASK, view.task.state, "purge", f"task {view.task.name!r}")  # type: ignore[assignment]
        task = attrs.evolve(view.task, state=new, items=0, copies=0)
        event = Event(what="purged", facts={"items": view.task.items})
        result = Changed(event=event, version=view.version + 1)
        return Decision(changes=(Purge(), PutTask(task)), event=event, stamp=stamp, result=result)

    return ask, once(decide, stamp, "purge", (), Changed)
