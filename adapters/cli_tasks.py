"""Commands about the course of a task: its settings changed, closed, reopened, deleted, purged."""

from __future__ import annotations

import sys
from typing import Annotated

import attrs
import typer
from typer import Option

from adapters.cli_change import Change
from adapters.cli_modes import Repull
from adapters.cli_options import Panel
from adapters.cli_values import due, metadata
from adapters.dispatcher import Dispatcher
from distribution.errors import InvalidInput
from distribution.outcomes import Changed
from distribution.task import ACTIONS
from distribution.values import TaskId

PANEL = Panel("Tasks")
SETTINGS = "Settings"


@attrs.frozen(kw_only=True)
class Settings:
    """What may be set when a task is created, and at any time."""

    due: Annotated[
        str | None,
        Option(
            help="Hand out nothing after it, e.g. 2026-12-24T18:00+01:00; none for no such time.",
            show_default=False,
            rich_help_panel=SETTINGS,
        ),
    ] = None
    priority: Annotated[
        int | None,
        Option(
            help="Larger comes first for whoever pulls from several tasks.",
            show_default=False,
            rich_help_panel=SETTINGS,
        ),
    ] = None
    action: Annotated[
        list[str],
        Option(
            help=f"A status that may be set; one for each. A new task knows {', '.join(ACTIONS)}.",
            metavar="STATUS",
            show_default=False,
            rich_help_panel=SETTINGS,
        ),
    ] = attrs.field(factory=list)
    meta: Annotated[
        list[str],
        Option(
            help="Anything of your own; the value may be JSON.",
            metavar="KEY=VALUE",
            show_default=False,
            rich_help_panel=SETTINGS,
        ),
    ] = attrs.field(factory=list)


@PANEL.command("set --task review --due 2026-12-24T18:00+01:00 --priority 5", name="set")
def set_(
    *,
    name: Annotated[str | None, Option(help="New name of the task.", show_default=False)] = None,
    drop_meta: Annotated[
        list[str] | None,
        Option(
            help="A key of the metadata that goes.",
            metavar="KEY",
            show_default=False,
            rich_help_panel=SETTINGS,
        ),
    ] = None,
    settings: Settings,
    repull: Repull,
    change: Change,
) -> None:
    """Change settings of a task; what is not given stays as it is."""
    given = attrs.asdict(settings) | attrs.asdict(repull) | {"name": name, "drop_meta": drop_meta}
    if not any(value or value == 0 for value in given.values()):
        must = (
            "be at least one of --name, --due, --priority, --action, --meta, --drop-meta, --pull-batch,"
            " --cap, --lease, --skip"
        )
        raise InvalidInput(subject="settings", must=must, got="none")
    until = ... if settings.due is None else due(settings.due)
    more, less = metadata(settings.meta), set(drop_meta or [])

    def verb(tasks: Dispatcher, task_id: TaskId, **how: object) -> Changed:
        task = tasks.get(task_id)
        kept = {key: value for key, value in task.metadata.items() if key not in less}
        return tasks.change(
            task_id,
            name=... if name is None else name,
            due=until,
            priority=... if settings.priority is None else settings.priority,
            actions=settings.action or ...,
            metadata=kept | more if more or less else ...,
            pull=repull.pull(task),
            **how,  # type: ignore[arg-type]
        )

    change.make(verb)


@PANEL.command("close --task review --reason 'the budget is used up'")
def close(*, change: Change) -> None:
    """Hand out nothing any more; what people hold they may finish."""
    change.make(Dispatcher.close_task)


@PANEL.command("reopen --task review")
def reopen(*, change: Change) -> None:
    """Hand out work of a closed task again."""
    change.make(Dispatcher.reopen)


Yes = Annotated[bool, Option("--yes", help="Do not ask.")]


@PANEL.command("delete --task review --reason 'wrong folder' --yes")
def delete(*, change: Change, yes: Yes = False) -> None:
    """Delete a task: nobody finds it any more; its history stays, and undo brings it back."""
    _confirmed(change, "deleting", yes=yes)
    change.make(Dispatcher.delete)


@PANEL.command("purge --task 3f9c2a7b11d0 --yes")
def purge(*, change: Change, yes: Yes = False) -> None:
    """Give back the space of a deleted task, for good; name it by its id. Its history stays."""
    _confirmed(change, "purging", yes=yes)
    change.make(Dispatcher.purge)


def _confirmed(change: Change, doing: str, *, yes: bool) -> None:
    """Ask whether it is meant.

    Raises:
        InvalidInput: there is nobody to ask.
    """
    if yes or change.dry_run:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise InvalidInput(
            subject=f"{doing} without a terminal", must="be confirmed", got=change.task, remedy="add --yes"
        )
    if not typer.confirm(f"Go on with {doing} {change.task!r}?", err=True):
        raise typer.Exit
