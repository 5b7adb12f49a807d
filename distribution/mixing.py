"""Who meets whose work: what people take of each kind made even, with their loads as they are.

Holds: of all ways to keep the loads, one in which items of everybody go to everybody else.
Does not hold: loads (see matching), who may take what (see rules).
Depends on: eligibility, evening, matching, values.

A flow that keeps the loads may give all work of ann to bob, and all of his to eve. Then
nobody can tell who works badly from who judges hardly.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias

import attrs

from distribution.eligibility import Board, Kind
from distribution.evening import Table, even_out
from distribution.matching import Matching
from distribution.values import AssigneeId

Avoided: TypeAlias = Collection[tuple[str, AssigneeId]]
"""Kinds and people who are better not brought together."""

EFFORT = 5_000_000
"""Amounts that are looked at, more or less: a second or two. 50 people who review each other need a part of it."""


def mixed(
    kinds: Sequence[Kind],
    matching: Matching,
    authors: Mapping[str, Collection[AssigneeId]],
    *,
    effort: int = EFFORT,
) -> Matching:
    """Let everybody take of each of these kinds what her load is of all, as nearly as can be.

    Loads stay as they are. *authors* has by name of a kind who made its items. The sum over
    kinds and people of amount^2 / items of the kind is the least there is: where all are
    alike, no two pairs differ by more than one. Of all such ways it takes one with most items
    by people who stand less than half a circle after the author, in the order of the loads:
    so few items do not end in pairs who judge each other. Where that takes more than the
    *effort* it ends near to it.

    Kinds left out stay as they are; those of several copies must not be bound by teams.

    Runtime: O(kinds * people) for each cycle that is shifted, a second or two at most; 50
    people who review each other take some hundredths of a second if they work alike, else
    some tenths.

    >>> from distribution.matching import match
    >>> people = {"ann": None, "bob": None, "eve": None}
    >>> kinds = [Kind(a, size=4, eligible=tuple(name for name in people if name != a)) for a in people]
    >>> found = mixed(kinds, match(kinds, people), {name: [name] for name in people})
    >>> found.loads, found.amounts["ann"]
    ({'ann': 4, 'bob': 4, 'eve': 4}, {'bob': 2, 'eve': 2})
    """
    place = {name: at for at, name in enumerate(matching.loads)}
    circle = {
        kind.name: sorted(place[name] for name in authors.get(kind.name, ()) if name in place)
        for kind in kinds
    }
    avoided = {
        (kind.name, name)
        for kind in kinds
        for name in kind.eligible
        if any(_backwards(author, place[name], len(place)) for author in circle[kind.name])
    }
    before = [matching.amounts[kind.name] for kind in kinds]
    loads = {name: sum(amounts.get(name, 0) for amounts in before) for name in place}
    table = _completed(kinds, loads, _begun(kinds, loads, circle, avoided))
    even_out(table, {kind.name: kind.size for kind in kinds}, avoided, effort=effort)
    amounts = {kind: {name: n for name, n in cells.items() if n} for kind, cells in table.items()}
    return attrs.evolve(matching, amounts={**matching.amounts, **amounts})


def _backwards(author: int, other: int, people: int) -> bool:
    """Tell whether of both directions between two people this is the longer one around the circle."""
    ahead = (other - author) % people
    return 2 * ahead > people or (2 * ahead == people and other < author)


def _begun(
    kinds: Sequence[Kind],
    loads: Mapping[AssigneeId, int],
    circle: Mapping[str, Sequence[int]],
    avoided: Avoided,
) -> Table:
    """Begin near to proportion: evening out from there takes a fraction of the time.

    Everybody gets the whole part of her share of a kind. One more of it get those with the
    largest rest; between equals the next after its author.
    """
    people, total = list(loads), sum(loads.values()) or 1
    table = {
        kind.name: {name: min(kind.needed * loads[name] // total, kind.size) for name in kind.eligible}
        for kind in kinds
    }
    left = {name: load - sum(cells.get(name, 0) for cells in table.values()) for name, load in loads.items()}
    for number, kind in enumerate(kinds):
        cells, start = table[kind.name], 1 + next(iter(circle[kind.name]), number)
        around = [people[(start + ahead) % len(people)] for ahead in range(len(people))]
        able = [name for name in around if left[name] and cells.get(name, kind.size) < kind.size]
        rank = {name: ((kind.name, name) in avoided, -(kind.needed * loads[name] % total)) for name in able}
        for name in sorted(able, key=rank.__getitem__)[: kind.needed - sum(cells.values())]:
            cells[name] += 1
            left[name] -= 1
    return table


def _completed(kinds: Sequence[Kind], loads: Mapping[AssigneeId, int], table: Table) -> Table:
    """Place what is not placed yet; there is a way to it, for there was one from nothing."""
    board = Board(kinds, loads)
    for cells, arcs in zip(table.values(), board.arcs, strict=True):
        for name, count in cells.items():
            board.network.change(arcs[name], count)
    there = board.loads()
    excess = {at: kind.needed - sum(table[kind.name].values()) for at, kind in enumerate(kinds)}
    lack = {board.node[name]: load - there[name] for name, load in loads.items()}
    board.network.push(excess, lack, board.nodes)
    flow = board.network.flow
    return {
        kind.name: {name: flow(arcs[name]) for name in kind.eligible}
        for kind, arcs in zip(kinds, board.arcs, strict=True)
    }
