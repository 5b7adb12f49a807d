"""Commands of people who look: tasks, progress, assignments, history. Items are in `cli_items`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, TypeAlias

import attrs
from rich.table import Table
from typer import Option

from adapters.cli_options import Common, OnTask, Panel, known
from adapters.cli_output import note, print_json, row, say, table
from adapters.cli_values import conditions, instant, metadata
from adapters.sentences import line
from adapters.wording import copies_text, counts, items_text, listed, moment, overlap_text, pull_text
from distribution.codec import encode
from distribution.overview import Assignment, TaskProgress
from distribution.task import Task
from distribution.values import Json, decimal_text

PANEL = Panel("Looking")

AssignmentState: TypeAlias = Literal[
    "active", "paused", "removed", "waiting", "in progress", "completed", "empty"
]
COUNTS = ("load %", "open", "done", "skipped", "went back")


@attrs.frozen(kw_only=True)
class Wanted:
    """Which tasks are listed."""

    name: Annotated[str | None, Option(help="Name, with * and ? for anything.", show_default=False)] = None
    state: Annotated[Literal["open", "closed"] | None, Option(help="Only these.", show_default=False)] = None
    creator: Annotated[str | None, Option(help="Who created it.", show_default=False)] = None
    assignee: Annotated[str | None, Option(help="Who takes part, or took part.", show_default=False)] = None
    due_before: Annotated[
        str | None, Option(help="Due before, e.g. 2026-12-24T18:00+01:00.", show_default=False)
    ] = None
    due_after: Annotated[str | None, Option(help="Due after.", show_default=False)] = None
    meta: Annotated[
        list[str], Option(help="What the metadata says.", metavar="KEY=VALUE", show_default=False)
    ] = attrs.field(factory=list)
    where: Annotated[
        list[str],
        Option(
            help="A condition on the fields id, name, state, mode, creator, created, due, priority, items"
            " and metadata: priority>=5, metadata.client=acme; several must all hold.",
            metavar="CONDITION",
            show_default=False,
        ),
    ] = attrs.field(factory=list)


@PANEL.command("list --name 'label *' --state open --where 'priority>=5'", name="list")
def list_(*, wanted: Wanted, common: Common) -> None:
    """List the tasks of a store, oldest first; all, or those that fit everything given."""
    before = None if wanted.due_before is None else instant(wanted.due_before, "--due-before")
    after = None if wanted.due_after is None else instant(wanted.due_after, "--due-after")
    with common.opened() as tasks:
        found = list(
            tasks.all(
                name=wanted.name,
                state=wanted.state,
                creator=wanted.creator,
                assignee=wanted.assignee,
                due_before=before,
                due_after=after,
                metadata=metadata(wanted.meta),
                where=conditions(wanted.where, instants={"created", "due"}),
            )
        )
    if common.as_json:
        print_json(found)
        return
    shown = table(
        "id", "name", "mode", "state", "items", "priority", "due", "created", right=("items", "priority")
    )
    for task in found:
        cells = (task.items, task.priority, moment(task.due), moment(task.created_at))
        row(shown, task.id, task.name, task.mode, task.state, *cells)
    say(shown)


@PANEL.command("show --task review")
def show(*, on: OnTask) -> None:
    """Show a task: its settings, how far it is, and who has how much.

    With --json: the task as it is kept, everybody's load, exact quota and count, and its progress.
    """
    with on.opened() as tasks:
        task = tasks.find(on.task)
        now = tasks.progress(task.id)
    if on.as_json:
        print_json(task_data(task, now))
        return
    say(f"{task.name} ({task.id}): {task.state}, {pull_text(task.pull)}")
    for name, value in _settings(task, now).items():
        say(f"  {name:<10}{value}")
    say(assignment_table(now.assignments, task))


def warn_of_loads(facts: Mapping[str, Json]) -> None:
    """Warn where a task that was just shared out could not keep its loads, for rules left no way to it."""
    counts, wanted = facts.get("counts"), facts.get("wanted")
    if isinstance(counts, Mapping) and isinstance(wanted, Mapping) and wanted:
        off = [f"{name} has {counts[name]} instead of {number}" for name, number in wanted.items()]
        note(f"warning: loads cannot hold, for rules keep people from items: {listed(off)}")


def task_data(task: Task, now: TaskProgress) -> dict[str, Json]:
    """Write a task for programs: as it is kept, with loads and quotas computed, and how far it is."""
    data: dict[str, Json] = dict(encode(task))  # type: ignore[arg-type]
    if (shares := task.workload) is not None:
        quotas = zip(shares.assignees, shares.quotas(task.copies), strict=True)
        data["loads"] = {name: decimal_text(shares.load_of(name)) for name in shares.assignees}
        data["quotas"] = {name: str(quota) for name, quota in quotas}
    data["counts"] = {found.assignee: found.total for found in now.assignments}
    return data | {"progress": encode(now)}


def _settings(task: Task, now: TaskProgress) -> dict[str, str]:
    """Write the settings of a task that are worth a line."""
    copies = "" if task.overlap is None else f", {copies_text(task.copies)}"
    lines = {"items": f"{task.items}{copies}: {counts(now)}", "statuses": ", ".join(task.actions)}
    if task.overlap is not None:
        lines["overlap"] = overlap_text(task)
    if task.workload is not None:
        lines["split"] = f"{task.order}, seed {task.seed}"
    if task.where is not None:
        lines["only"] = json.dumps(encode(task.where), ensure_ascii=False)
    if task.priority:
        lines["priority"] = str(task.priority)
    if task.due is not None:
        lines["due"] = moment(task.due)
    if task.metadata:
        lines["metadata"] = json.dumps(encode(task.metadata), ensure_ascii=False)
    lines["created"] = moment(task.created_at) + (f" by {task.creator}" if task.creator else "")
    return lines


def assignment_table(assignments: Iterable[Assignment], task: Task | None) -> Table:
    """Show assignments: of one task, or of several."""
    first = ["task"] if task is None else []
    columns = ["assignee", "state", "load %", "limit", "open", "done", "skipped", "went back", "progress"]
    shown = table(*first, *columns, right=COUNTS)
    for found in assignments:
        load = None if found.load is None else decimal_text(found.load)
        numbers = (found.open, found.done, found.skipped, found.lost)
        cells = (found.assignee, found.state, load, found.limit, *numbers, found.progress)
        row(shown, *([found.task] if first else []), *cells)
    return shown


@PANEL.command("progress --task review --json")
def progress(*, on: OnTask) -> None:
    """Tell in one line how far a task is. With --json, everybody's counts too."""
    with on.opened() as tasks:
        task = tasks.find(on.task)
        now = tasks.progress(task.id)
    if on.as_json:
        print_json(now)
    else:
        copies = "" if task.overlap is None else f"{items_text(task)}: "
        say(f"{task.name}: {now.progress}, {copies}{counts(now)}")


@PANEL.command("assignees --task review")
def assignees(*, on: OnTask) -> None:
    """List the people of a task: state, load, limit, and how they are doing."""
    with on.opened() as tasks:
        task = tasks.find(on.task)
        found = tasks.progress(task.id).assignments
    if on.as_json:
        print_json(found)
    else:
        say(assignment_table(found, task))


@PANEL.command("assignments --assignee ann --state 'in progress'")
def assignments(
    *,
    task: Annotated[
        str | None, Option("--task", help="Only of this task; of all if absent.", show_default=False)
    ] = None,
    assignee: Annotated[str | None, Option(help="Only hers.", show_default=False)] = None,
    state: Annotated[
        AssignmentState | None,
        Option(help="Only these: by the state of the assignee, or by how far she is.", show_default=False),
    ] = None,
    empty: Annotated[bool, Option("--empty", help="Those that hold nothing, too.")] = False,
    common: Common,
) -> None:
    """List who has how much, in one task or in all."""
    with common.opened() as tasks:
        task_id = None if task is None else tasks.find(task).id
        found = list(tasks.assignments(task_id, assignee=assignee, state=state, empty=empty))
    if common.as_json:
        print_json(found)
    else:
        say(assignment_table(found, None))


@PANEL.command("history --task review --last 20")
def history(
    *,
    last: Annotated[int | None, Option(help="Only so many, the newest.", show_default=False, min=1)] = None,
    on: OnTask,
) -> None:
    """Tell what happened to a task, a sentence each; of a deleted task by its id.

    The number in front is what undo takes.
    """
    with on.opened() as tasks:
        entries = tasks.history(known(tasks, on.task).id)[-(last or 0) :]
    if on.as_json:
        print_json(entries)
        return
    width = len(str(entries[-1].version))
    for entry in entries:
        say(f"{entry.version:>{width}}  {line(entry)}")
