"""Whether one more person is asked about an item, by the answers so far.

Holds: how many copies an item has where its answers decide that.
Does not hold: the rules (see stopping), who gets the copy (see handing, spreading).
Depends on: errors, events, ledger, lifecycle, task, values.
"""

from __future__ import annotations

from collections.abc import Mapping

from distribution.errors import InvalidInput
from distribution.events import Cell
from distribution.ledger import Ledger
from distribution.lifecycle import SKIPPED
from distribution.task import Row
from distribution.values import AssigneeId


def settle_copies(ledger: Ledger, row: Row) -> None:
    """Let an overlapped item have one copy more where its answers are not enough, none to spare where they are.

    What somebody holds already stays hers. One more person is asked at a time, when all
    who were asked have answered. Where the answers name more choices than the rule knows,
    as many people are asked as it allows.
    """
    task = ledger.task
    overlap = task.overlap
    if overlap is None or overlap.until is None or task.is_gold(row.position) or ledger.copies(row) < 2:
        return
    cells = {who: cell for who in row.cells if (cell := ledger.cell(row, who)) is not None}
    given = answers(cells)
    try:
        more = overlap.until.wants(given).more
    except InvalidInput:
        more = len(given) < overlap.until.most
    if not more:
        ledger.more(row, -ledger.left(row))
    elif ledger.left(row) == 0 and all(cell.state != "open" for cell in cells.values()):
        ledger.more(row, 1)


def answers(cells: Mapping[AssigneeId, Cell]) -> list[tuple[AssigneeId, str]]:
    """Give what each person answered who finished: her answer, or her status where she gave none."""
    return [
        (who, cell.answer or cell.status or "")
        for who, cell in cells.items()
        if cell.state == "done" and cell.status != SKIPPED
    ]
