"""Commands about single items, for those who run a task: listed by attributes and state; explained.

What somebody sees of her own work is `worklist`, in `cli_working`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import attrs
from rich.table import Table
from typer import Argument, Option

from adapters.cli_options import Chosen, OnTask, Panel
from adapters.cli_output import moment, print_json, row, say, table
from adapters.dispatcher import Dispatcher
from distribution.errors import InvalidInput
from distribution.events import Cell
from distribution.filters import Filter, matches
from distribution.lifecycle import HELD, PlacementState
from distribution.ports import Placement
from distribution.task import Row
from distribution.values import INTEGER_LIMIT, TaskId

PANEL = Panel("Looking")


@attrs.frozen(kw_only=True)
class Held(Chosen):
    """Which items are listed."""

    state: Annotated[
        PlacementState | None,
        Option(help="Only what is so with somebody; returned is what went back.", show_default=False),
    ] = None
    after: Annotated[
        int | None,
        Option(help="Go on after this position.", show_default=False),
    ] = None
    limit: Annotated[int, Option(help="So many at most.")] = 50

    def found(self, tasks: Dispatcher, task_id: TaskId) -> Sequence[Row] | Sequence[Placement]:
        """Give a page of items; of placements, where a state is asked for."""
        if self.after is not None and not -INTEGER_LIMIT <= self.after < INTEGER_LIMIT:
            raise InvalidInput(subject="--after", must="fit 64 bits", got=self.after)
        where = self.filter()
        if self.state is None:
            return tasks.items(task_id, where=where, after=self.after, limit=self.limit)
        if where is None:
            return self._page(tasks, task_id, self.after)
        return self._matching(tasks, task_id, where)

    def _page(self, tasks: Dispatcher, task_id: TaskId, after: int | None) -> list[Placement]:
        return tasks.placements(task_id, state=self.state, after=after, limit=self.limit)

    def _matching(self, tasks: Dispatcher, task_id: TaskId, where: Filter) -> list[Placement]:
        """Go through placements until a page of them fits; those at one position stay together."""
        found: list[Placement] = []
        for placement in self._all(tasks, task_id):
            if matches(where, placement.attributes):
                if len(found) >= self.limit and placement.position != found[-1].position:
                    break
                found.append(placement)
        return found

    def _all(self, tasks: Dispatcher, task_id: TaskId) -> Iterator[Placement]:
        after = self.after
        while page := self._page(tasks, task_id, after):
            yield from page
            after = page[-1].position


@PANEL.command("items --task review --state open --where 'size>1000' --limit 20")
def items(*, held: Held, on: OnTask) -> None:
    """List the items of a task and who has them, page by page.

    With --json: items with everybody who has or had them; with --state single placements.
    """
    with on.opened() as tasks:
        found = held.found(tasks, tasks.find(on.task).id)
    if on.as_json:
        print_json(list(found))
        return
    say(_table(found))
    if len(found) >= held.limit:
        say(f"More: add --after {found[-1].position}")


def _table(found: Sequence[Row] | Sequence[Placement]) -> Table:
    """Show items, each with those who hold it, or who had it; or placements."""
    shown = table("position", "item", "state", "assignee", "reserved until", right=("position",))
    for each in found:
        if isinstance(each, Placement):
            cells, states = {each.assignee: each.cell}, state_text(each.cell)
        else:
            cells = {who: cell for who, cell in each.cells.items() if cell.state in HELD}
            states = ", ".join(dict.fromkeys(map(state_text, cells.values()))) or _waiting(each)
        until = max((cell.until for cell in cells.values() if cell.until is not None), default=None)
        row(shown, each.position, each.item, states, ", ".join(cells), moment(until))
    return shown


def _waiting(item: Row) -> str:
    """Say of an item nobody holds who had it."""
    had = [
        f"skipped by {who}" if cell.state == "skipped" else f"went back from {who}"
        for who, cell in item.cells.items()
    ]
    return "; ".join(["waiting", *had])


def state_text(cell: Cell) -> str:
    """Say how a placement stands."""
    return {"done": cell.status or "done", "returned": "went back"}.get(cell.state, cell.state)


@PANEL.command("explain img-004.png --task review")
def explain(
    *,
    item: Annotated[str, Argument(help="Id of the item.", metavar="ITEM", show_default=False)],
    on: OnTask,
) -> None:
    """Say why an item is where it is: who has it, why, and all that happened to it."""
    with on.opened() as tasks:
        story = tasks.explain(tasks.find(on.task).id, item)
    if on.as_json:
        print_json(story)
    else:
        say(str(story))
