"""How well people answer what is known: gold, and qualification.

Holds: right and wrong answers of everybody, from placements.
Does not hold: who passes, who is paused (see gates), agreement among people (see agreement).
Depends on: asking, gates, golden, task, values.
"""

from __future__ import annotations

from collections.abc import Iterable

from distribution.asking import answers
from distribution.gates import GoldResult
from distribution.golden import known_answers
from distribution.task import Row
from distribution.values import AssigneeId


def results(rows: Iterable[Row], truth: str) -> dict[AssigneeId, GoldResult]:
    """Count how often everybody answered as the attribute at *truth* says, of items that have it.

    An answer is right if it is one of the known ones, letter by letter; a skip is none.
    Runtime: O(placements).

    >>> results([Row(position=0, item="a", rank=0, left=0, attributes={"truth": "cat"})], "truth")
    {}
    """
    right: dict[AssigneeId, list[int]] = {}
    for row in rows:
        known = known_answers(row.attributes, truth)
        for who, answer in answers(row.cells) if known else ():
            right.setdefault(who, [0, 0])[answer not in known] += 1
    return {who: GoldResult(correct, wrong) for who, (correct, wrong) in right.items()}
