"""Open work brought to the shares people carry, with the fewest moves.

Holds: the targets, and the moves that reach them.
Does not hold: decisions (see moving, team), the choice of items (see flow).
Depends on: apportion, events, flow, handing, ledger, spreading, taking, task,
values, workload.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from distribution.apportion import apportion
from distribution.events import Cell
from distribution.flow import NOBODY, Movable, fewest_moves
from distribution.handing import lease_end
from distribution.ledger import Ledger
from distribution.spreading import spread
from distribution.taking import can_take, sameness
from distribution.task import Row
from distribution.values import AssigneeId
from distribution.workload import Workload


def level(ledger: Ledger, rows: Sequence[Row], workload: Workload) -> None:
    """Move open work until everybody has her share, with the fewest moves.

    *rows* are the items whose open placements may move, and those that wait, by rank.
    Nobody gets more than her limit. What waits and only somebody can take who has her
    share already goes to her, and others' work makes up for it.
    """
    move(ledger, rows, workload)
    waiting = [row for row in rows if ledger.left(row) > 0]
    if any(who is not None for _, who in spread(ledger, waiting, again=True)):
        move(ledger, [ledger.as_it_stands(row) for row in rows], workload)


def move(ledger: Ledger, rows: Sequence[Row], workload: Workload) -> None:
    """Move open work to who has too little, from who has too much and from nobody."""
    rows = [row for row in rows if not ledger.task.is_gold(row.position)]
    able = _Able(ledger)
    last = [(row, able.movable(row)) for row in reversed(rows)]
    targets = _targets(ledger, rows, workload, able.reach([item for _, item in last]))
    over = {who: max(ledger.holds(who) - targets.get(who, 0), 0) for who in ledger.members}
    short = {who: target - ledger.holds(who) for who, target in targets.items()}
    short = {who: count for who, count in short.items() if count > 0}
    cell = Cell("open", ledger.stamp.at, None, lease_end(ledger.task, ledger.stamp.at))
    teams = NOBODY if ledger.task.rules is None else ledger.task.rules.teams
    for at, giver, taker in fewest_moves([item for _, item in last], over, short, teams):
        row = last[at][0]
        if giver is not None:
            ledger.put(row, giver, None)
        ledger.put(row, taker, cell)


class _Able:
    """Who can take which items; items that stand alike are asked about once."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: dict[object, Movable] = {}

    def reach(self, items: Sequence[Movable]) -> dict[AssigneeId, int]:
        """Count the items of which everybody can hold a copy that moves. O(items + kinds * people)."""
        kinds = Counter(items)
        return {
            who: sum(count for item, count in kinds.items() if who not in item.banned)
            for who in self._ledger.members
        }

    def movable(self, row: Row) -> Movable:
        """Give an item as far as its copies may change hands."""
        key = (row.left, sameness(self._ledger.task, row))
        known = self._known.get(key)
        if known is None:
            task, members = self._ledger.task, self._ledger.members
            holders = frozenset(who for who, cell in row.cells.items() if cell.state == "open")
            # A team mate may have what a holder gives away; where two of a team hold it none of them may.
            given = row
            for who in holders:
                if task.rules is None or not any(task.rules.mates(who, holders)):
                    given = given.without(who)
            banned = frozenset(
                who
                for who, member in members.items()
                if who not in holders and can_take(task, member, given, row.cells.get(who), alone=True)
            )
            company = frozenset(who for who, cell in row.cells.items() if cell.state == "done")
            known = self._known[key] = Movable(holders, _waiting(self._ledger, row), banned, company)
        return known


def _waiting(ledger: Ledger, row: Row) -> int:
    """Count the copies that wait for somebody to be given to; those of a queue wait to be pulled."""
    return row.left if ledger.task.pull is None else 0


def _targets(
    ledger: Ledger, rows: Sequence[Row], workload: Workload, reach: Mapping[AssigneeId, int]
) -> Mapping[AssigneeId, int]:
    """Give how much everybody is to hold: at least what cannot move, in all what there is, as limits allow.

    Nobody holds an item twice, so nobody is to hold more than she can reach.
    """
    fixed, free = _fixed(ledger, rows)
    shares = {
        who: share
        for who, share in zip(workload.assignees, workload.shares, strict=True)
        if ledger.members[who].active
    }
    if not any(shares.values()):
        # Nobody carries a share: what is there stays, what waits goes on waiting.
        return {who: ledger.holds(who) for who in ledger.members}
    floors = [fixed[who] for who in shares]
    limits = [_limit(ledger, who, fixed[who]) for who in shares]
    within = [fixed[who] + reach[who] for who in shares]
    caps = [most if limit is None else min(limit, most) for limit, most in zip(limits, within, strict=True)]
    room = sum(cap if share else low for share, low, cap in zip(shares.values(), floors, caps, strict=True))
    total = min(free + sum(floors), room)
    counts = apportion(list(shares.values()), total, floors=floors, caps=limits)
    if any(count > cap for count, cap in zip(counts, caps, strict=True)):
        # Only then: a bound that nobody meets would still change who gets the remainders.
        counts = apportion(list(shares.values()), total, floors=floors, caps=caps)
    return fixed | dict(zip(shares, counts, strict=True))


def _fixed(ledger: Ledger, rows: Sequence[Row]) -> tuple[dict[AssigneeId, int], int]:
    """Give what everybody holds that cannot move, and how much can: what waits counted in."""
    fixed = {who: ledger.holds(who) for who in ledger.members}
    free = 0
    for row in rows:
        free += _waiting(ledger, row)
        for who, cell in row.cells.items():
            if cell.state == "open":
                fixed[who] -= 1
                free += 1
    return fixed, free


def _limit(ledger: Ledger, who: AssigneeId, fixed: int) -> int | None:
    """Give the most she may hold: her limit, the cap, or what cannot move where that is more; None for no limit."""
    limit, pull = ledger.members[who].member.limit, ledger.task.pull
    most = [None if limit is None else limit.of(ledger.task.items)]
    most += [None if pull is None else ledger.counts(who)[1] + pull.max_batch_workload]
    known = [number for number in most if number is not None]
    return max(min(known), fixed) if known else None
