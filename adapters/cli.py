"""The command line: `distribution create`, `plan`, `show`, `items`, `explain`, `list`, `delete`.

Tables for people, `--json` for programs. Bad input ends with exit code 2 and one line
that says what to do.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from importlib.metadata import version
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from typer import Argument, Option

from adapters.cli_options import AsJson, Bars, Split, StorePath, TaskName, opened, takes
from adapters.dispatcher import Dispatcher
from adapters.memory import MemoryStore
from distribution import ByEffort, DistributionError, Grouped, NotFound, Plan, Workload
from distribution.codec import encode
from distribution.errors import InvalidInput
from distribution.events import Entry, TaskCreated
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
STOPPED = 130
"""Exit code after Ctrl-C, as shells have it."""
PIPE_WIDTH = 10_000
"""Columns of what is no terminal: wide enough that nothing is folded."""


def _tell_version(wanted: bool) -> None:  # noqa: FBT001  Typer calls it so
    if wanted:
        _out(version("work-distribution"))
        raise typer.Exit


@app.callback()
def common(
    *,
    version: Annotated[
        bool, Option("--version", help="Tell the version.", callback=_tell_version, is_eager=True)
    ] = False,
) -> None:
    """Take the options of no command."""


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
        event = tasks.history(task.id)[0].event
    if as_json:
        _print_json(_task_data(task))
        return
    _print_task(task)
    _print_absent(event.skipped if isinstance(event, TaskCreated) else 0, items.left_out)
    named = [shlex.quote(text) for text in (task.id, task.workload.assignees[0], store)]
    _out("")
    _say("Go on with: distribution items --task {} --assignee {} --store {}".format(*named))


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
        _print_absent(len(made.skipped), items.left_out, made.skipped[:1])


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
    if abs(after) >= 2**63:
        raise InvalidInput(subject="--after", must="fit 64 bits", got=after)
    with opened(store) as tasks:
        found = tasks.find(task)
        rows = tasks.placements(found.id, assignee=assignee, after=after, limit=limit)
    if as_json:
        _print_json([_placement_data(row) for row in rows])
        return
    table = _table("slot" if assignee else "position", "item", "assignee", "effort")
    for row in rows:
        _add(table, str(row.slot if assignee else row.position), row.item, row.assignee, row.effort)
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
        _say(str(reason))


@app.command("list", epilog="Example: distribution list --store work.db --json")
def list_(*, store: StorePath = STORE, as_json: AsJson = False) -> None:
    """List the tasks of a store, oldest first."""
    with opened(store) as tasks:
        found = list(tasks.all())
    if as_json:
        _print_json([_task_data(task) for task in found])
        return
    table = _table("id", "name", "items", "assignees", "created")
    for task in found:
        created = task.created_at.isoformat(sep=" ", timespec="seconds")
        _add(table, task.id, task.name, str(task.items), str(len(task.workload)), created)
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
        if not yes and (sys.stdin is None or not sys.stdin.isatty()):
            raise InvalidInput(
                subject="deleting without a terminal", must="be confirmed", got=task, remedy="add --yes"
            )
        if not yes and not typer.confirm(f"Delete {found.name!r} with {found.items} items?", err=True):
            return
        gone = tasks.delete(found.id, actor=actor, reason=reason)
    if as_json:
        _print_json(_task_data(gone))
    else:
        _say(f"deleted task {gone.id} ({gone.name}) with {gone.items} items; its history stays")


@app.command(epilog="Example: distribution history --task 3f9c2a7b11d0")
def history(*, task: TaskName, store: StorePath = STORE, as_json: AsJson = False) -> None:
    """Show what happened to a task; a deleted one by its id."""
    with opened(store) as tasks:
        try:
            entries = tasks.history(task)
        except NotFound:
            entries = tasks.history(tasks.find(task).id)
    if as_json:
        _print_json([encode(entry) for entry in entries])
        return
    table = _table("version", "at", "actor", "what", "reason")
    for entry in entries:
        _add(table, *_entry_cells(entry))
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
    table = _table("assignee", "load %", "exact quota", "items", "effort")
    for name, quota in zip(workload.assignees, workload.quotas(sum(counts.values())), strict=True):
        numbers = (workload.load_of(name), quota, Fraction(counts[name]), efforts[name])
        _add(table, name, *(decimal_text(number) for number in numbers))
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def _print_task(task: Task) -> None:
    _say(f"{task.name} ({task.id}): {task.items} items, {task.order}, seed {task.seed}")
    _say(_shares_table(task.workload, task.counts, task.efforts))


def _print_plan(made: Plan) -> None:
    _say(f"{made.n} items, {made.order}, seed {made.seed}; nothing was stored")
    _say(_shares_table(made.workload, made.counts(), made.efforts()))
    held: Mapping[str, Fraction]
    if isinstance(made.basis, ByEffort):
        held, largest = made.efforts(), Fraction(max(made.sizes or (1,)), made.scale)
    elif isinstance(made.basis, Grouped):
        groups = Counter(key for key in made.keys or () if key[0] != "null")
        held = {name: Fraction(count) for name, count in made.counts().items()}
        largest = Fraction(max(groups.values(), default=1))
    else:
        return
    shares, total = made.workload.shares, sum(held.values(), Fraction(0))
    off = max(abs(held[n] - total * s / sum(shares)) for n, s in zip(made.assignees, shares, strict=True))
    bound = largest * (1 - Fraction(1, sum(share > 0 for share in shares)))
    _say(f"largest deviation from an exact share: {decimal_text(off)} of at most {decimal_text(bound)}")


def _print_absent(skipped: int, left_out: int, first: Sequence[str] = ()) -> None:
    """Tell what was given and is not in the task."""
    if skipped:
        named = f", the first is {first[0]!r}" if first else ""
        _say(f"{skipped} items came twice and were not doubled{named}")
    if left_out:
        _say(f"{left_out} items were left out by --where")


def _visible(text: str) -> str:
    r"""Write what a terminal would obey, or hide, as Python writes it.

    >>> print(_visible("ann\x1b[31m, é"))
    ann\x1b[31m, é
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _table(*names: str) -> Table:
    table = Table()
    for name in names:
        table.add_column(name, overflow="fold")
    return table


def _add(table: Table, *cells: str) -> None:
    """Add a row of which nothing is taken for markup."""
    table.add_row(*(Text(_visible(cell)) for cell in cells))


def _say(what: str | Table) -> None:
    """Print for people: tables as wide as the terminal, a pipe gets all of it."""
    if isinstance(what, str):
        _out(_visible(what))
        return
    width = None if sys.stdout.isatty() else PIPE_WIDTH
    Console(width=width, markup=False, emoji=False, highlight=False).print(what)


def _out(text: str) -> None:
    sys.stdout.write(text + "\n")


def _print_json(data: object) -> None:
    lines = json.dumps(data, indent=2, ensure_ascii=False).split("\n")
    for line in lines:
        _out(
            line
            if line.isprintable()
            else "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line)
        )


def _run(arguments: list[str]) -> int | None:
    """Run a command and write all it says; Typer makes an exit code of Ctrl-C."""
    if sys.stdout is None:
        raise InvalidInput(subject="standard output", must="be open", got=None)
    done: int | None = app(arguments, standalone_mode=False, prog_name="distribution")
    sys.stdout.flush()
    return done


def main(arguments: list[str] | None = None) -> None:
    """Run a command; errors become one line on standard error and exit code 2, Ctrl-C 130."""
    given = sys.argv[1:] if arguments is None else arguments
    status = 2
    try:
        done = _run(given or ["--help"])
        if done != STOPPED:
            sys.exit(done)
        problem, status = "stopped", STOPPED
    except DistributionError as error:
        problem = str(error)
    except (KeyboardInterrupt, typer.Abort):
        problem, status = "stopped", STOPPED
    except BrokenPipeError:
        # Nobody reads on, which is no error worth a line.
        _drop_output()
        sys.exit(1)
    except RecursionError:
        problem = "something given is nested too deep"
    except (OSError, UnicodeError) as error:
        problem = str(error)
    except Exception as error:
        # Typer's own errors know how to say it; anything else is a bug of ours and shows its traceback.
        if not hasattr(error, "format_message"):
            raise
        problem = f"{error.format_message()}; see distribution --help"
    sys.stderr.write("error: " + _visible(" ".join(problem.splitlines())) + "\n")
    _drop_output()
    sys.exit(status)


def _drop_output() -> None:
    """Write what can still be written, and spare the interpreter the rest at its exit."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except (OSError, UnicodeError):
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
