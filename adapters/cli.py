"""The command line: `distribution create`, `plan`, `show`, `items`, `explain`, `list`, `delete`.

Tables for people, `--json` for programs. Bad input ends with exit code 2 and one line
that says what to do.
"""

from __future__ import annotations

import json
import shlex
import sys
from fractions import Fraction
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from typer import Argument, Option

from adapters.cli_options import AsJson, Bars, Split, StorePath, TaskName, opened, takes
from adapters.dispatcher import Dispatcher
from adapters.memory import MemoryStore
from distribution import DistributionError, Plan, Workload
from distribution.codec import encode
from distribution.errors import InvalidInput
from distribution.events import Entry
from distribution.ports import Placement
from distribution.task import Task
from distribution.values import decimal_text

app = typer.Typer(
    help="Decide who works on what: exact, reproducible, explainable.",
    epilog="Example: distribution create --name review --folder photos --load ann=50 --load bob=30 --load eve=20",
    add_completion=True,
    pretty_exceptions_enable=False,
)

STORE = "work.db"


@app.command(
    epilog="Example: distribution create --name review --csv rows.csv --load ann=60 --load bob=40 --store work.db"
)
@takes(Split)
def create(
    *,
    name: Annotated[str, Option(help="Name of the task.")],
    options: Split,
    id: Annotated[str | None, Option(help="Id of the task; made up if absent.")] = None,  # noqa: A002
    request: Annotated[
        str | None, Option(help="Id of this call: called again with it, nothing is done twice. Needs --id.")
    ] = None,
    actor: Annotated[str, Option(help="Who asks for it, kept in the history.")] = "",
    store: StorePath = STORE,
    as_json: AsJson = False,
) -> None:
    """Create a task: take items in, split them by load, keep the result."""
    workload, basis, where, items = options.workload(), options.basis(), options.filter(), options.items()
    with opened(store, create=True) as tasks, Bars() as bars:
        task = tasks.create(
            name,
            items,
            workload=workload,
            seed=options.seed,
            order=options.order,
            basis=basis,
            where=where,
            id=id,
            request=request,
            actor=actor,
            progress=bars,
        )
    if as_json:
        _print_json(_task_data(task))
    else:
        _print_task(task)
        first = task.workload.assignees[0]
        _out(
            f"\nGo on with: distribution items --task {task.id} --assignee {shlex.quote(first)} --store {shlex.quote(store)}"
        )


@app.command(epilog="Example: distribution plan --folder photos --assignee ann --assignee bob --stratify dir")
@takes(Split)
def plan(*, options: Split, as_json: AsJson = False) -> None:
    """Tell what create would do, and do nothing. With --json, print the whole plan."""
    workload, basis, where, items = options.workload(), options.basis(), options.filter(), options.items()
    with Dispatcher(MemoryStore()) as tasks, Bars() as bars:
        made = tasks.plan(
            items,
            workload=workload,
            seed=options.seed,
            order=options.order,
            basis=basis,
            where=where,
            progress=bars,
        )
    if as_json:
        _out(made.to_json())
    else:
        _print_plan(made)


@app.command(epilog="Example: distribution show --task review --json")
def show(*, task: TaskName, store: StorePath = STORE, as_json: AsJson = False) -> None:
    """Show a task: who has how many items."""
    with opened(store) as tasks:
        found = tasks.find(task)
    if as_json:
        _print_json(_task_data(found))
    else:
        _print_task(found)


@app.command(epilog="Example: distribution items --task review --assignee ann --limit 20")
def items(
    *,
    task: TaskName,
    assignee: Annotated[str | None, Option(help="Only hers, in her order of work.")] = None,
    after: Annotated[int, Option(help="Go on after this slot (of one assignee) or position (of all).")] = -1,
    limit: Annotated[int, Option(help="So many at most.")] = 50,
    store: StorePath = STORE,
    as_json: AsJson = False,
) -> None:
    """List the items of a task, page by page."""
    with opened(store) as tasks:
        found = tasks.find(task)
        rows = tasks.placements(found.id, assignee=assignee, after=after, limit=limit)
    if as_json:
        _print_json([_placement_data(row) for row in rows])
        return
    table = Table("slot" if assignee else "position", "item", "assignee", "effort")
    for row in rows:
        table.add_row(
            str(row.slot if assignee else row.position), *map(escape, (row.item, row.assignee, row.effort))
        )
    _say(table)
    if len(rows) == limit:
        _say(f"More: add --after {rows[-1].slot if assignee else rows[-1].position}")


@app.command(epilog="Example: distribution explain img-004.png --task review")
def explain(
    *,
    item: Annotated[str, Argument(help="Id of the item.")],
    task: TaskName,
    store: StorePath = STORE,
    as_json: AsJson = False,
) -> None:
    """Say why an item is with whom it is with."""
    with opened(store) as tasks:
        reason = tasks.explain(tasks.find(task).id, item)
    if as_json:
        _print_json(encode(reason))
    else:
        _out(str(reason))


@app.command("list", epilog="Example: distribution list --store work.db --json")
def list_(*, store: StorePath = STORE, as_json: AsJson = False) -> None:
    """List the tasks of a store, oldest first."""
    with opened(store) as tasks:
        found = list(tasks.all())
    if as_json:
        _print_json([_task_data(task) for task in found])
        return
    table = Table("id", "name", "items", "assignees", "created")
    for task in found:
        created = task.created_at.isoformat(sep=" ", timespec="seconds")
        table.add_row(escape(task.id), escape(task.name), str(task.items), str(len(task.workload)), created)
    _say(table)


@app.command(epilog="Example: distribution delete --task review --reason 'wrong folder' --yes")
def delete(
    *,
    task: TaskName,
    reason: Annotated[str, Option(help="Why, kept in the history.")] = "",
    actor: Annotated[str, Option(help="Who asks for it, kept in the history.")] = "",
    yes: Annotated[bool, Option("--yes", help="Do not ask.")] = False,
    store: StorePath = STORE,
    as_json: AsJson = False,
) -> None:
    """Delete a task with its items; its history stays."""
    with opened(store) as tasks:
        found = tasks.find(task)
        if not yes and not sys.stdin.isatty():
            raise InvalidInput(
                subject="deleting without a terminal", must="be confirmed", got=task, remedy="add --yes"
            )
        if not yes and not typer.confirm(f"Delete {found.name!r} with {found.items} items?", err=True):
            return
        gone = tasks.delete(found.id, actor=actor, reason=reason)
    if as_json:
        _print_json(_task_data(gone))
    else:
        _out(f"deleted task {gone.id} ({gone.name}) with {gone.items} items; its history stays")


@app.command(epilog="Example: distribution history --task 3f9c2a7b11d0")
def history(*, task: TaskName, store: StorePath = STORE, as_json: AsJson = False) -> None:
    """Show what happened to a task; a deleted one by its id."""
    with opened(store) as tasks:
        try:
            entries = tasks.history(task)
        except DistributionError:
            entries = tasks.history(tasks.find(task).id)
    if as_json:
        _print_json([encode(entry) for entry in entries])
        return
    table = Table("version", "at", "actor", "what", "reason")
    for entry in entries:
        table.add_row(*map(escape, _entry_cells(entry)))
    _say(table)


def _entry_cells(entry: Entry) -> tuple[str, ...]:
    data: Any = encode(entry.event)
    facts = ", ".join(
        f"{name} {value}" for name, value in data.items() if isinstance(value, (int, str)) and name != "kind"
    )
    at = entry.stamp.at.isoformat(sep=" ", timespec="seconds")
    return str(entry.version), at, entry.stamp.actor, f"{data['kind']}: {facts}", entry.stamp.reason


def _task_data(task: Task) -> dict[str, Any]:
    """Write a task for programs: as it is kept, with loads and quotas computed."""
    data: Any = encode(task)
    data["loads"] = {name: decimal_text(task.workload.load_of(name)) for name in task.workload.assignees}
    quotas = task.workload.quotas(task.items)
    data["quotas"] = {name: str(quota) for name, quota in zip(task.workload.assignees, quotas, strict=True)}
    return dict(data)


def _placement_data(row: Placement) -> dict[str, Any]:
    data: Any = encode(row)
    del data["kind"]
    return dict(data)


def _shares_table(workload: Workload, counts: dict[str, int], efforts: dict[str, Fraction]) -> Table:
    """Show who has how much beside what she was to have."""
    table = Table("assignee", "load %", "exact quota", "items", "effort")
    for name, quota in zip(workload.assignees, workload.quotas(sum(counts.values())), strict=True):
        numbers = (workload.load_of(name), quota, Fraction(counts[name]), efforts[name])
        table.add_row(escape(name), *(decimal_text(number) for number in numbers))
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def _print_task(task: Task) -> None:
    _say(f"[bold]{escape(task.name)}[/bold] ({task.id}): {task.items} items, {task.order}, seed {task.seed}")
    _say(_shares_table(task.workload, task.counts, task.efforts))


def _print_plan(made: Plan) -> None:
    _say(f"{made.n} items, {made.order}, seed {made.seed}; nothing was stored")
    _say(_shares_table(made.workload, made.counts(), made.efforts()))
    if made.skipped:
        _say(
            escape(
                f"{len(made.skipped)} items came twice and were not doubled, the first is {made.skipped[0]!r}"
            )
        )


def _say(what: object) -> None:
    """Print for people, as wide as the terminal; a pipe gets all of it."""
    Console(width=None if sys.stdout.isatty() else 200, highlight=False, soft_wrap=True).print(what)


def _out(text: str) -> None:
    sys.stdout.write(text + "\n")


def _print_json(data: object) -> None:
    _out(json.dumps(data, indent=2, ensure_ascii=False))


def main(arguments: list[str] | None = None) -> None:
    """Run a command; errors become one line on standard error and exit code 2."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        sys.exit(app(given or ["--help"], standalone_mode=False, prog_name="distribution"))
    except DistributionError as error:
        problem = str(error)
    except (KeyboardInterrupt, typer.Abort):
        problem = "stopped; nothing was stored"
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except Exception as error:
        # Typer's own errors know how to say it; anything else is a bug of ours and shows its traceback.
        if not hasattr(error, "format_message"):
            raise
        problem = f"{error.format_message()}; see distribution --help"
    sys.stderr.write("error: " + " ".join(problem.splitlines()) + "\n")
    sys.exit(2)


if __name__ == "__main__":
    main()
