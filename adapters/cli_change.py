"""A change of a task: its options, and what is told of it, made or only thought of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import attrs
import typer
from typer import Option

from adapters.cli_options import REFUSED, Asked, TaskName, known
from adapters.cli_output import note, print_json, row, say, table, typed
from adapters.dispatcher import Dispatcher
from adapters.sentences import sentence
from distribution.events import Event
from distribution.outcomes import Changed
from distribution.task import Task

NO_WAY_BACK = frozenset({"purged"})


@attrs.frozen(kw_only=True)
class Change(Asked):
    """The options of everything that changes a task."""

    task: TaskName
    dry_run: Annotated[bool, Option("--dry-run", help="Only tell what would happen.")] = False
    moves: Annotated[bool, Option("--moves", help="Tell of each item where it goes.")] = False

    def make(self, verb: Callable[..., Changed]) -> None:
        """Find the task, change it, tell what happened; end with 1 where something was refused.

        *verb* is called with the dispatcher, the task's id, and the options of the change.
        """
        with self.opened() as tasks:
            task = known(tasks, self.task)
            done = self.asked(verb, tasks, task)
        self.tell(task, done)
        refuse(done, quiet=self.as_json)

    def asked(self, verb: Callable[..., Changed], tasks: Dispatcher, task: Task) -> Changed:
        """Ask for the change."""
        return verb(tasks, task.id, dry_run=self.dry_run, **self.by())

    def tell(self, task: Task, done: Changed) -> None:
        """Print what happened, and the way back."""
        if self.as_json:
            print_json(done)
            return
        dry = "dry run: " if self.dry_run else ""
        if done.event is None:
            say(f"{dry}nothing changes")
        else:
            say(f"{dry}{sentence(done.event)}")
            self._moves(done, _nobody(task, done.event))
        if self.dry_run:
            say("Nothing was stored.")
        elif done.event is not None and done.event.what not in NO_WAY_BACK:
            say(f"Undo it with: {typed('undo', str(done.version), task=task.id, store=self.store)}")

    def _moves(self, done: Changed, nobody: str) -> None:
        """Print who gives how many items to whom, or each of them."""
        if not done.diff:
            return
        if self.moves:
            shown = table("item", "from", "to")
            for move in done.diff.moves:
                row(shown, move.item, move.source or nobody, move.target or nobody)
        else:
            shown = table("from", "to", "items", right=("items",))
            for (source, target), count in done.flows().items():
                row(shown, source or nobody, target or nobody, count)
        say(shown)


def _nobody(task: Task, event: Event) -> str:
    """Name where items are that nobody has."""
    moved = event.came or event.restored or event.removed
    return "(the queue)" if task.pull is not None and not moved else "(nobody)"


def refuse(done: Changed, *, quiet: bool = False) -> None:
    """Name what was refused, and end with an exit code of its own."""
    if not done.refused:
        return
    if not quiet:
        for left in done.refused:
            note(f"refused: {left}")
    raise typer.Exit(REFUSED)
