"""With whom somebody shares the items she gets next: with everybody in turn, not with the same people always.

Holds: which items near the head of a queue are hers where several people get each.
Does not hold: what the queue is and what she may take (see handing, taking).
Depends on: ledger, lifecycle, ranks, task, values.

Whoever always gets the first items of a queue shares them with those who pull just before
and after her: ten people who take turns would end as five pairs that cannot be compared.
So one looks a little further than a batch, and at the last items she got. That is all
that has to be known: who was met lately and who not is enough to meet everybody in turn.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from itertools import groupby

from distribution.ledger import Ledger
from distribution.lifecycle import HELD
from distribution.ranks import band
from distribution.task import Row, Task
from distribution.values import AssigneeId

RECENT = 32
"""Her last items, from which one sees whom she met lately."""
LOOK_AHEAD, FURTHER = 4, 60
"""So many times as far as a batch one looks, and at most so many items further."""


def has_company(task: Task) -> bool:
    """Tell whether several people get the same items, and it can be chosen who."""
    return task.overlap is not None and not task.overlap.everyone


def window(batch: int) -> int:
    """Give how many items at the head of the queue one batch is chosen from.

    >>> window(1), window(10), window(100)
    (4, 40, 160)
    """
    return min(LOOK_AHEAD * batch, batch + FURTHER)


def chosen(
    ledger: Ledger, who: AssigneeId, line: Sequence[Row], recent: Iterable[Row], size: int
) -> list[Row]:
    """Choose what she gets of a stretch of the queue, *size* items at most; in the order of the queue.

    First what is most urgent, by priority, and what came back; nothing overtakes that. Of
    equals, item by item: whose holders she met least among her last items and those
    chosen already, compared with everybody else she met and one more whom she never did.
    An item that nobody holds stands in the middle: it is neither more nor less than what
    is due. Ties to the head of the queue.

    So an item waits only as long as all who come have met its holders more than others
    lately, which the last items soon are no more.

    Runtime: O(line * k + size * sets of holders * k) for k copies of an item.
    """
    hers = ((row, ledger.cell(row, who)) for row in recent)
    met = Counter(
        other
        for row, cell in hers
        if cell is not None and cell.state in HELD
        for other in _holders(ledger, who, row)
    )
    got: list[tuple[int, Row]] = []
    for _, rows in groupby(enumerate(line), key=lambda pair: band(ledger.rank(pair[1]))):
        waiting: dict[tuple[AssigneeId, ...], deque[tuple[int, Row]]] = {}
        for at, row in rows:
            waiting.setdefault(_holders(ledger, who, row), deque()).append((at, row))
        while waiting and len(got) < size:
            others = min(waiting, key=lambda others: (_too_often(met, others), waiting[others][0][0]))
            got.append(waiting[others].popleft())
            if not waiting[others]:
                del waiting[others]
            met.update(others)
    return [row for _, row in sorted(got, key=lambda pair: pair[0])]


def _holders(ledger: Ledger, who: AssigneeId, row: Row) -> tuple[AssigneeId, ...]:
    """Name the others who have an item by now; nobody where it is gold, for that is no meeting."""
    if ledger.task.is_gold(row.position):
        return ()
    cells = ((other, ledger.cell(row, other)) for other in row.cells if other != who)
    return tuple([other for other, cell in cells if cell is not None and cell.state in HELD])


def _too_often(met: Counter[AssigneeId], others: Sequence[AssigneeId]) -> int:
    """Tell how much more than others she met these, in whole numbers; 0 for nobody."""
    return (len(met) + 1) * sum([met[other] for other in others]) - len(others) * met.total()
