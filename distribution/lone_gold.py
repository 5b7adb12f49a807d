"""Gold keeps company: who is left with nothing else open is left without it too.

Holds: what becomes of somebody's gold where others take her work away.
Does not hold: what she gives away herself (see work), leases (see handing).
Depends on: events, ledger, task, values.

Gold never changes hands. Where all else that she has open does, it would stay behind and be
known by that; so it goes back, to nobody. As long as she keeps anything else it stays. An
undo leads back to what was, and asks nothing of this.
"""

from __future__ import annotations

from collections.abc import Collection

import attrs

from distribution.events import Cell
from distribution.ledger import Ledger
from distribution.task import Ask, View
from distribution.values import AssigneeId


def take_gold_too(ledger: Ledger, view: View, of: Collection[AssigneeId]) -> Ask | None:
    """Take back the gold of those of them who have nothing else open by now; or tell what has to be seen.

    Called last, when all else is decided.

    Runtime: O(members); where there is gold to be taken back, besides O(gold).
    """
    gold = ledger.task.gold
    if gold is None:
        return None
    left = {
        who: standing.gold_open
        for who, standing in view.members.items()
        if who in of and standing.gold_open and not ledger.holds_open(who)
    }
    rows = [row for row in view.rows if row.position in gold]
    hers = [(row, who) for row in rows for who in left if who in row.cells and row.cells[who].state == "open"]
    if len(hers) < sum(left.values()):
        return attrs.evolve(view.ask, positions=tuple(gold.positions))
    for row, who in hers:
        ledger.put(row, who, Cell("returned", ledger.stamp.at))
    return None


def poorer(ledger: Ledger, view: View) -> set[AssigneeId]:
    """Name those from whom anything was taken: they hold less than before."""
    return {who for who, standing in view.members.items() if ledger.holds(who) < standing.holds}
