"""Commands of people who work: pull, submit, clear, skip, release, renew, steal.

What they get stands on standard output, one id a line, so that it can be piped on; why
they get nothing, and what was refused, on standard error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import attrs
import typer
from typer import Option

from adapters.cli_options import NO_WORK, REFUSED, Asked, Items, Panel, TaskName
from adapters.cli_output import id_out, note, print_json, say
from adapters.cli_values import answers, item_list
from adapters.dispatcher import Dispatcher
from adapters.wording import many, moment
from distribution.outcomes import Batch, NoWork, Outcome

PANEL = Panel("Working")

Worker = Annotated[str, Option("--assignee", help="Who works.")]
OwnItems = Annotated[
    list[str] | None,
    typer.Argument(
        help="Ids of items, all she has open if absent; - reads them from standard input.",
        metavar="ITEM",
        show_default=False,
    ),
]


@attrs.frozen(kw_only=True)
class Work(Asked):
    """The options of somebody who works on a task."""

    task: TaskName
    assignee: Worker

    def do(self, verb: Callable[..., Outcome], items: list[str] | None, done: str, **how: Any) -> None:
        """Find the task, act on the items, tell what was done; end with 1 where something was refused."""
        ids = item_list(items) if items else None
        with self.opened() as tasks:
            outcome = verb(tasks, tasks.find(self.task).id, self.assignee, ids, **how, **self.by())
        if self.as_json:
            print_json(outcome)
        else:
            same = f", {many(len(outcome.unchanged))} so already" if outcome.unchanged else ""
            say(f"{many(len(outcome.changed))} {done}{same}")
            for left in outcome.refused:
                note(f"refused: {left}")
        if outcome.refused:
            raise typer.Exit(REFUSED)


@PANEL.command("pull --task review --assignee ann")
def pull(
    *,
    assignee: Worker,
    task: Annotated[
        str | None,
        Option(
            "--task", help="Id or name of the task; the most urgent of hers if absent.", show_default=False
        ),
    ] = None,
    asked: Asked,
) -> None:
    """Give her the next batch: its ids, one a line; or the reason why there is none, and exit code 3."""
    with asked.opened() as tasks:
        if task is None:
            batch = tasks.pull_next(assignee, **asked.by())
            asked_for = [batch.task] if isinstance(batch, Batch) else [name for name, _ in batch.reasons]
            names = [tasks.get(name).name for name in asked_for]
        else:
            batch, names = tasks.pull(tasks.find(task).id, assignee, **asked.by()), []
    _hand_out(batch, names, as_json=asked.as_json)


@PANEL.command("steal --task review --assignee bob --limit 10")
def steal(
    *,
    work: Work,
    limit: Annotated[int | None, Option(help="So many items at most.", show_default=False)] = None,
) -> None:
    """Let her, who has nothing to do, take over half of the longest list that nobody began."""
    with work.opened() as tasks:
        batch = tasks.steal(tasks.find(work.task).id, work.assignee, limit=limit, **work.by())
    _hand_out(batch, [], as_json=work.as_json)


def _hand_out(batch: Batch | NoWork, names: list[str], *, as_json: bool) -> None:
    """Print what she got, or why nothing; *names* are those of tasks that nobody named."""
    if as_json:
        print_json(batch)
    else:
        _print_batch(batch, names)
    if isinstance(batch, NoWork) or not batch:
        raise typer.Exit(NO_WORK)


def _print_batch(batch: Batch | NoWork, names: list[str]) -> None:
    if isinstance(batch, NoWork):
        for name, (_, why) in zip(names, batch.reasons, strict=True):
            note(f"no work in {name!r}: {why}")
        if not names:
            note(f"no work: {batch}")
    elif not batch:
        note(f"no work: {batch.reason}")
    else:
        for item in batch:
            id_out(item)
        named = "".join(f" of {name!r}" for name in names)
        until = "" if batch.until is None else f", reserved until {moment(batch.until)}"
        if named or until:
            note(f"{many(len(batch))}{named}{until}")


@PANEL.command(
    "submit img-004 img-007 --task review --assignee ann --status completed",
    "submit img-004 --task review --assignee ann --answer img-004=cat",
)
def submit(
    *,
    items: Items,
    status: Annotated[str, Option(help="One of the task's actions.")] = "completed",
    answer: Annotated[
        list[str] | None,
        Option(
            help="What she answered about an item, where the status alone does not say; one for each.",
            metavar="ITEM=ANSWER",
            show_default=False,
        ),
    ] = None,
    next_: Annotated[bool, Option("--next", help="Also pull her next batch.")] = False,
    work: Work,
) -> None:
    """Set her status on items; each counts for itself. Exit code 1 if any was refused.

    With --next her next batch is printed as pull prints it, and what was set is said on
    standard error; both are one change.
    """
    given = answers(answer or [])
    if not next_:
        work.do(Dispatcher.set_status, items, f"set to {status}", status=status, answers=given)
        return
    with work.opened() as tasks:
        task_id, ids = tasks.find(work.task).id, item_list(items)
        turn = tasks.submit_and_pull(task_id, work.assignee, ids, status, answers=given, **work.by())
    if work.as_json:
        print_json(turn)
    else:
        note(f"{many(len(turn.done.changed))} set to {status}")
        for left in turn.done.refused:
            note(f"refused: {left}")
        _print_batch(turn.batch, [])
    if turn.done.refused or not turn.batch:
        raise typer.Exit(REFUSED if turn.done.refused else NO_WORK)


@PANEL.command("clear img-004 --task review --assignee ann")
def clear(*, items: Items, work: Work) -> None:
    """Take her status off items; they are open again, and hers."""
    work.do(Dispatcher.clear_status, items, "open again")


@PANEL.command("skip img-004 --task review --assignee ann --reason blurred")
def skip(*, items: Items, work: Work) -> None:
    """Skip items, by the policy of the task."""
    work.do(Dispatcher.skip, items, "skipped")


@PANEL.command("release --task review --assignee ann")
def release(*, items: OwnItems = None, work: Work) -> None:
    """Give items back unfinished; others come first."""
    work.do(Dispatcher.release, items, "given back")


@PANEL.command("renew --task review --assignee ann")
def renew(*, items: OwnItems = None, work: Work) -> None:
    """Prolong her leases: a sign that she is still at work."""
    work.do(Dispatcher.renew, items, "renewed")
