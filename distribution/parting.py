"""One person's open work is shared out among several.

Holds: that decision.
Does not hold: bringing a whole team to its shares, or giving all to one person (see moving).
Depends on: apportion, decision, errors, events, flow, handing, ledger, lone_gold, moving,
outcomes, refusals, requests, taking, task, values, workload.
"""

from __future__ import annotations

from collections.abc import Sequence

from distribution.apportion import apportion
from distribution.decision import Decide, Decision
from distribution.errors import InvalidInput
from distribution.events import Cell, Stamp
from distribution.flow import Movable, fewest_moves
from distribution.handing import lease_end
from distribution.ledger import Ledger
from distribution.lone_gold import take_gold_too
from distribution.moving import admit, check_may_move
from distribution.outcomes import Changed, Left
from distribution.refusals import AtLimit, WhyNot
from distribution.requests import once
from distribution.taking import can_take
from distribution.task import Ask, Held, Row, View, no_member, the_task
from distribution.values import AssigneeId, TaskId
from distribution.workload import Workload


def parting(
    task_id: TaskId, source: AssigneeId, workload: Workload, stamp: Stamp
) -> tuple[Ask, Decide[Changed]]:
    """Decide to share out what one person has open, by these loads; she may be among them.

    Everybody gets the apportionment of it (largest remainder, ties to the earlier); what
    the source keeps is from the front of her order, so the moves are the fewest. Finished
    work stays, as does what others hold. Nobody gets an item she has or may not take, nor
    more than her limit: that stays where it is, and is reported. Who is new joins.

    Runtime: O(her open items * people).

    Raises, when decided:
        NotFound: there is no such task, or she is not in it.
        Refused: everybody gets everything.
        InvalidInput: no loads, or of somebody who is paused or removed.
    """
    if not isinstance(workload, Workload):
        raise InvalidInput(subject="workload", must="be a Workload", got=workload)
    ask = Ask(request=stamp.request, members=None, held=Held(assignees=(source,)))

    def decide(view: View) -> Decision[Changed] | Ask:
        task = the_task(view, task_id)
        check_may_move(task)
        if source not in view.members:
            raise no_member(source, task, len(view.members))
        ledger = Ledger(view, task, stamp)
        admit(ledger, workload, named=workload.assignees)
        rows = [row for row in view.rows if not task.is_gold(row.position)]
        refused = _share_out(ledger, source, rows, workload)
        return take_gold_too(ledger, view, {source}) or ledger.change(
            "redistributed", assignee=source, facts={"loads": str(workload)}, refused=tuple(refused)
        )

    return ask, once(decide, stamp, "part", (source, workload), Changed)


def _share_out(ledger: Ledger, source: AssigneeId, rows: Sequence[Row], workload: Workload) -> list[Left]:
    """Move what is not hers any more, from the end of her order; give what nobody could take."""
    last, takers = list(reversed(rows)), [who for who in workload.assignees if who != source]
    movable = [_movable(ledger, source, row, takers) for row in last]
    short = _targets(ledger, source, movable, workload)
    over = len(rows) - short.pop(source, 0)
    cell = Cell("open", ledger.stamp.at, None, lease_end(ledger.task, ledger.stamp.at))
    gone = set()
    for at, giver, taker in fewest_moves(movable, {source: over}, short):
        gone.add(at)
        ledger.put(last[at], str(giver), None)
        ledger.put(last[at], taker, cell)
    stuck = [row for at, row in enumerate(last) if at not in gone][: over - len(gone)]
    return [Left(row.item, _why(ledger, source, row, takers)) for row in stuck]


def _targets(
    ledger: Ledger, source: AssigneeId, movable: Sequence[Movable], workload: Workload
) -> dict[AssigneeId, int]:
    """Give how many everybody is to get: what she cannot take, or may not have, goes to the others in proportion."""
    caps = []
    for who in workload.assignees:
        reach = sum(who not in item.banned for item in movable)
        room = None if who == source else ledger.room(who)
        caps.append(reach if room is None else min(reach, room))
    most = sum(cap for cap, share in zip(caps, workload.shares, strict=True) if share)
    counts = apportion(list(workload.shares), min(len(movable), most), caps=caps)
    return dict(zip(workload.assignees, counts, strict=True))


def _movable(ledger: Ledger, source: AssigneeId, row: Row, takers: Sequence[AssigneeId]) -> Movable:
    given = row.without(source)
    banned = frozenset(
        who
        for who in takers
        if can_take(ledger.task, ledger.members[who], given, row.cells.get(who), alone=True) is not None
    )
    return Movable(frozenset({source}), 0, banned)


def _why(ledger: Ledger, source: AssigneeId, row: Row, takers: Sequence[AssigneeId]) -> WhyNot:
    """Tell why an item stays: what keeps the first who cannot take it, else that all who can are at their limits."""
    given = row.without(source)
    for who in takers:
        why = can_take(ledger.task, ledger.members[who], given, row.cells.get(who), alone=True)
        if why is not None:
            return why
    who = takers[0] if takers else source
    return AtLimit(who, ledger.holds(who), str(ledger.members[who].member.limit))
