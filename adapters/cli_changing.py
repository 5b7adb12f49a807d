"""Commands that change what is in a task and who has it: items, loads, the way back."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Option

from adapters.cli_change import Change, refuse
from adapters.cli_modes import Shares
from adapters.cli_options import Assignee, Chosen, Panel, chosen_items, known
from adapters.cli_output import note
from adapters.cli_sources import Bars, Sources
from adapters.cli_values import duration, item_list
from adapters.wording import many

PANEL = Panel("Changing")


NamedItems = Annotated[
    list[str] | None,
    Argument(help="Ids of items; - reads them from standard input.", metavar="ITEM", show_default=False),
]


@PANEL.command(
    "add --task review --folder more-photos --where 'name~*.png'", "add img-101 img-102 --task review"
)
def add(*, items: NamedItems = None, sources: Sources, change: Change) -> None:
    """Take items into a task: these, or those of a source. What is in it already is skipped."""
    coming = sources.items(item_list(items or []))
    with change.opened() as tasks, Bars() as bars:
        task = known(tasks, change.task)
        done = tasks.add_items(
            task.id, coming, dry_run=change.dry_run, progress=bars, where=sources.filter(), **change.by()
        )
    change.tell(task, done)
    if done.refused and not change.as_json:
        note(f"{many(len(done.refused))} in the task already, the first is {done.refused[0].item!r}")
    if coming.left_out and not change.as_json:
        note(f"{many(coming.left_out)} left out by --where")


@PANEL.command("remove img-004 --task review --dry-run")
def remove(
    *,
    items: NamedItems = None,
    chosen: Chosen,
    change: Change,
) -> None:
    """Take items out of a task: these, or all that --where chooses. What has a status stays."""
    where = chosen.filter()
    ids = chosen_items(items or [], where)
    change.make(lambda tasks, task_id, **how: tasks.remove_items(task_id, ids, where=where, **how))


@PANEL.command("reassign --task review --from ann --to bob --reason 'ann is ill'")
def reassign(
    *,
    source: Annotated[str, Option("--from", help="Who gives her open work.")],
    target: Annotated[str, Option("--to", help="Who takes it; joins the task if new.")],
    chosen: Chosen,
    change: Change,
) -> None:
    """Give somebody's open work to another; finished work keeps its author."""
    where = chosen.filter()
    change.make(lambda tasks, task_id, **how: tasks.reassign(task_id, source, target, where=where, **how))


@PANEL.command("redistribute --task review --load ann=70 --load bob=30 --dry-run")
def redistribute(*, shares: Shares, chosen: Chosen, change: Change) -> None:
    """Bring everybody to her share of a task shared out by load, with the fewest moves.

    Without new shares the loads stay as they are.
    """
    where, workload = chosen.filter(), shares.workload() if shares.given() else None
    change.make(lambda tasks, task_id, **how: tasks.redistribute(task_id, workload, where=where, **how))


@PANEL.command("load ann 30 --task review")
def load(
    *,
    assignee: Assignee,
    percent: Annotated[str, Argument(help="Her load in percent.", metavar="PERCENT")],
    change: Change,
) -> None:
    """Change one load; the others' follow in proportion, and open work with the fewest moves."""
    change.make(lambda tasks, task_id, **how: tasks.set_load(task_id, assignee, percent, **how))


@PANEL.command("reclaim --task review --idle 7d")
def reclaim(
    *,
    idle: Annotated[
        str | None,
        Option(help="Take back also what lies untouched for so long, e.g. 7d.", show_default=False),
    ] = None,
    change: Change,
) -> None:
    """Take back what people do not work on: leases that ended, and with --idle what lies untouched."""
    span = None if idle is None else duration(idle, "--idle")
    with change.opened() as tasks:
        task = known(tasks, change.task)
        done = tasks.reclaim(task.id, idle=span, dry_run=change.dry_run, **change.by())
    change.tell(task, done)
    if done.event is not None and done.event.facts.get("more"):
        note("more leases have ended: reclaim again")
    refuse(done, quiet=change.as_json)


@PANEL.command("undo 12 --task review")
def undo(
    *,
    version: Annotated[int, Argument(help="Which change, as history numbers them.", metavar="VERSION")],
    change: Change,
) -> None:
    """Take a change back, as long as nobody has worked on it since. An undo can be undone too."""
    change.make(lambda tasks, task_id, **how: tasks.undo(task_id, version, **how))
