"""A task watched while people work on it: bars, rates, the last events.

In a terminal a view that changes in its place; elsewhere a line for each change.
"""

from __future__ import annotations

import math
import sys
import time
from typing import Annotated

import attrs
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text
from typer import Option

from adapters.cli_options import OnTask, Panel
from adapters.cli_output import print_json, say, table
from adapters.pace import Watched
from adapters.sentences import line
from adapters.wording import counts, moment, visible
from distribution.errors import InvalidInput
from distribution.overview import Assignment, TaskProgress
from distribution.task import Task

PANEL = Panel("Looking")

SHOWN = 5
"""Events shown."""
WIDTH = 100
"""Columns of a frame where there is no terminal."""
WIDE, SMALL = 50, 16
"""Columns of the bar of a task, and of an assignee."""


@attrs.frozen
class Frame:
    """One picture of a task."""

    task: Task
    progress: TaskProgress
    watched: Watched
    signs: str

    def __rich__(self) -> Group:
        """Draw it."""
        now_ = self.progress
        head = f"{self.task.name} ({self.task.id}): {self.task.state}, {counts(now_)}"
        bar = self._bar(now_.done, now_.open, now_.waiting, WIDE)
        people = table("assignee", "", "open", "done", "skipped", "state", right=("open", "done", "skipped"))
        most = max((found.total for found in now_.assignments), default=0)
        for found in now_.assignments:
            people.add_row(
                Text(visible(found.assignee)),
                self._hers(found, most),
                *map(str, (found.open, found.done, found.skipped)),
                found.state,
            )
        events = [
            Text(visible(line(entry)), no_wrap=True, overflow="ellipsis")
            for entry in list(self.watched.entries)[-SHOWN:]
        ]
        return Group(Text(visible(head)), bar, Text(self.watched.outlook(now_)), people, *events)

    def _hers(self, found: Assignment, most: int) -> Text:
        """Draw what one assignee holds, beside those who hold more."""
        width = math.ceil(SMALL * found.total / most) if most else 0
        return self._bar(found.done, found.open, 0, width)

    def _bar(self, done: int, open_: int, waiting: int, width: int) -> Text:
        """Draw a bar of three parts."""
        total = done + open_ + waiting
        if not total:
            return Text()
        ends = [width * part // total for part in (done, done + open_, total)]
        bar = Text()
        for sign, style, length in zip(
            self.signs,
            ("green", "yellow", "dim"),
            (ends[0], ends[1] - ends[0], ends[2] - ends[1]),
            strict=True,
        ):
            bar.append(sign * length, style)
        return bar


def _signs(encoding: str) -> str:
    """Choose what bars are drawn with: done, open, waiting."""
    return "█▒░" if encoding.lower().startswith("utf") else "#=."


@PANEL.command("watch --task review --interval 5")
def watch(
    *,
    interval: Annotated[float, Option(help="Seconds between two looks.")] = 1,
    once: Annotated[bool, Option("--once", help="Show one picture and end.")] = False,
    on: OnTask,
) -> None:
    """Watch people work on a task, until everything is done or Ctrl-C.

    Where standard output is no terminal, print a line for each change instead. With --json:
    a line for each look, with the progress, the items that become done in a minute, when
    all will be done, and the events since the look before.
    """
    if not 0.05 <= interval <= 86_400:
        raise InvalidInput(subject="--interval", must="be between 0.05 and 86400 seconds", got=interval)
    with on.opened() as tasks:
        watched = Watched(tasks, tasks.find(on.task).id)
        console = Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False, emoji=False)
        try:
            if on.as_json:
                _documents(watched, None if once else interval)
            elif once:
                console.print(_frame(watched, console)[0])
            elif sys.stdout.isatty():
                _live(watched, console, interval)
            else:
                _lines(watched, interval)
        except KeyboardInterrupt:
            # To stop looking is no failure.
            return


def _frame(watched: Watched, console: Console) -> tuple[Frame, bool]:
    """Look again; give the picture, and whether everything is done."""
    watched.look()
    task, progress = watched.tasks.get(watched.task_id), watched.tasks.progress(watched.task_id)
    return Frame(task, progress, watched, _signs(console.encoding)), _over(progress)


def _over(progress: TaskProgress) -> bool:
    return not progress.open and not progress.waiting


def _live(watched: Watched, console: Console, interval: float) -> None:
    """Show a picture in the place of the last, until everything is done."""
    frame, over = _frame(watched, console)
    with Live(frame, console=console, auto_refresh=False) as live:
        while not over:
            time.sleep(interval)
            frame, over = _frame(watched, console)
            live.update(frame, refresh=True)


def _lines(watched: Watched, interval: float) -> None:
    """Print a line for each change, until everything is done."""
    watched.look()
    progress = watched.tasks.progress(watched.task_id)
    _tell(f"{moment(watched.tasks.clock())}  {counts(progress)}")
    while not _over(progress):
        time.sleep(interval)
        for entry in watched.look():
            _tell(line(entry))
        seen, progress = progress, watched.tasks.progress(watched.task_id)
        if seen != progress:
            _tell(f"{moment(watched.tasks.clock())}  {counts(progress)}; {watched.outlook(progress)}")


def _documents(watched: Watched, interval: float | None) -> None:
    """Print a JSON line for each look, until everything is done; only one without an interval."""
    watched.look()
    new = list(watched.entries)[-SHOWN:]
    while True:
        progress = watched.tasks.progress(watched.task_id)
        looked = {
            "at": watched.tasks.clock(),
            "progress": progress,
            "rate": watched.rate(),
            "end": watched.end(progress),
            "events": new,
        }
        print_json(looked, line=True)
        sys.stdout.flush()
        if interval is None or _over(progress):
            return
        time.sleep(interval)
        new = watched.look()


def _tell(text: str) -> None:
    """Print a line at once."""
    say(text)
    sys.stdout.flush()
