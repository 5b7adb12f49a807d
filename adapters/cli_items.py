"""Commands about single items: listed by attributes, assignee and state; explained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import attrs
from rich.table import Table
from typer import Argument, Option

from adapters.cli_options import Chosen, OnTask, Panel
from adapters.cli_output import print_json, row, say, table
from adapters.listing import Listing
from adapters.wording import moment, state_text, waiting_text
from distribution.errors import InvalidInput
from distribution.lifecycle import HELD, PlacementState
from distribution.ports import Placement
from distribution.task import Row
from distribution.values import INTEGER_LIMIT

PANEL = Panel("Looking")


@attrs.frozen(kw_only=True)
class Held(Chosen):
    """Which items are listed."""

    assignee: Annotated[str | None, Option(help="Only hers, in her order of work.", show_default=False)] = (
        None
    )
    state: Annotated[
        PlacementState | None,
        Option(help="Only what is so with somebody; returned is what went back.", show_default=False),
    ] = None
    after: Annotated[
        int | None,
        Option(help="Go on after this position; with --assignee, after this rank.", show_default=False),
    ] = None
    limit: Annotated[int, Option(help="So many at most.")] = 50

    def listing(self) -> Listing:
        """Give what is asked for."""
        if self.after is not None and not -INTEGER_LIMIT <= self.after < INTEGER_LIMIT:
            raise InvalidInput(subject="--after", must="fit 64 bits", got=self.after)
        return Listing(
            where=self.filter(),
            assignee=self.assignee,
            state=self.state,
            after=self.after,
            limit=self.limit,
        )


@PANEL.command("items --task review --assignee ann --state open --limit 20")
def items(*, held: Held, on: OnTask) -> None:
    """List the items of a task and who has them, page by page.

    With --json: items with everybody who has or had them; with --assignee or --state
    single placements.
    """
    with on.opened() as tasks:
        listing = held.listing()
        found = listing.found(tasks, tasks.find(on.task).id)
    if on.as_json:
        print_json(list(found))
        return
    say(_table(found, ranked=held.assignee is not None))
    if len(found) >= held.limit:
        say(f"More: add --after {listing.key(found[-1])}")


def _table(found: Sequence[Row] | Sequence[Placement], *, ranked: bool) -> Table:
    """Show items, each with those who hold it, or who had it; or placements."""
    first = "rank" if ranked else "position"
    shown = table(first, "item", "state", "assignee", "reserved until", right=(first,))
    for each in found:
        if isinstance(each, Placement):
            cells, states = {each.assignee: each.cell}, state_text(each.cell)
        else:
            cells = {who: cell for who, cell in each.cells.items() if cell.state in HELD}
            states = ", ".join(dict.fromkeys(map(state_text, cells.values()))) or waiting_text(each)
        until = max((cell.until for cell in cells.values() if cell.until is not None), default=None)
        key = each.rank if ranked else each.position
        row(shown, key, each.item, states, ", ".join(cells), moment(until))
    return shown


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
