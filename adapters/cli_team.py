"""Commands about the people of a task: `assignee add`, `pause`, `resume`, `remove`, `limit`, `delete-assignment`."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Option

from adapters.cli_change import Change
from adapters.cli_options import Assignee, Panel
from adapters.cli_values import limit as limit_of

PANEL = Panel("The people of a task", prefix="assignee ")


@PANEL.command("add zoe --task review --load 20")
def add(
    *,
    assignee: Assignee,
    load: Annotated[
        str | None,
        Option(
            help="Her load in percent, where a task is shared out by load; others' work moves to her.",
            show_default=False,
        ),
    ] = None,
    limit: Annotated[
        str | None,
        Option(help="Items she may have at most: 50, or 30% of the task, or 50,30%.", show_default=False),
    ] = None,
    change: Change,
) -> None:
    """Let somebody take part, or take part again."""
    most = None if limit is None else limit_of(limit)
    change.make(
        lambda tasks, task_id, **how: tasks.add_assignee(task_id, assignee, load=load, limit=most, **how)
    )


@PANEL.command("pause ann --task review --reason holidays")
def pause(*, assignee: Assignee, change: Change) -> None:
    """Lock her assignment for a while; her open work goes back to the queue, or to the others."""
    change.make(lambda tasks, task_id, **how: tasks.pause(task_id, assignee, **how))


@PANEL.command("resume ann --task review")
def resume(*, assignee: Assignee, change: Change) -> None:
    """Let somebody who was paused go on; nobody else's work moves, what waited may be hers."""
    change.make(lambda tasks, task_id, **how: tasks.resume(task_id, assignee, **how))


@PANEL.command("remove ann --task review --dry-run")
def remove(*, assignee: Assignee, change: Change) -> None:
    """Let somebody leave: what she finished stays, her open work goes back, or to the others."""
    change.make(lambda tasks, task_id, **how: tasks.remove_assignee(task_id, assignee, **how))


@PANEL.command("limit ann 50 --task review")
def limit(
    *,
    assignee: Assignee,
    most: Annotated[
        str,
        Argument(
            help="Items she may have at most, open and done: 50, or 30% of the task, or 50,30%; none lifts the limit.",
            metavar="LIMIT",
        ),
    ],
    change: Change,
) -> None:
    """Limit how many items somebody may have."""
    wanted = limit_of(most)
    change.make(lambda tasks, task_id, **how: tasks.set_limit(task_id, assignee, wanted, **how))


@PANEL.command("delete-assignment ann --task review", name="delete-assignment")
def delete_assignment(*, assignee: Assignee, change: Change) -> None:
    """Take all open work and the load from somebody who goes on taking part."""
    change.make(lambda tasks, task_id, **how: tasks.delete_assignment(task_id, assignee, **how))
