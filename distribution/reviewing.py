"""Who reviews whose work.

Holds: reviewers for finished items, nobody her own, fair loads, pairs as even as these allow.
Does not hold: which items are reviewed, what comes of a review.
Depends on: eligibility, errors, evening, matching, values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from distribution.eligibility import Board, Kind, limits
from distribution.errors import InvalidInput, shown
from distribution.evening import even_out
from distribution.matching import Matching, settle_loads
from distribution.values import AssigneeId, Number, check_count


def review(
    authored: Mapping[AssigneeId, int],
    room: Mapping[AssigneeId, int | None],
    *,
    copies: int = 1,
    weights: Mapping[AssigneeId, Number] | None = None,
    own: bool = False,
) -> Matching:
    """Give the items of each author to *copies* different reviewers, nobody her own unless *own*.

    *authored* has the number of items of each author, *room* the reviewers with the most
    each can take, None for no limit. Amounts of the answer are by author, then by reviewer.

    Loads are those of `match`: decreasingly minimal by *weights*. Who reviews whom never
    changes them. Within them reviewers are mixed: the sum over all pairs of amount^2 /
    items of the author is the least there is, so that everybody sees as much of everybody
    as the loads allow. Where all are alike no two pairs differ by more than one. Of all
    such ways it takes one with most reviews by people who stand less than half a circle
    after the author, in the order of *room*: so few items do not end in pairs who review
    each other.

    Runtime: that of `match`, then O(authors * reviewers) for each cycle that is shifted;
    20 people who review each other take some hundredths of a second, 50 a second or two.

    >>> found = review({"ann": 4, "bob": 4, "eve": 4}, dict.fromkeys(["ann", "bob", "eve"]))
    >>> found.loads, found.amounts["ann"]
    ({'ann': 4, 'bob': 4, 'eve': 4}, {'bob': 2, 'eve': 2})

    Raises:
        InvalidInput: a name or a number cannot be used.
        NotEnoughRoom: there are too few reviewers, or their limits are too low.
    """
    if not isinstance(authored, Mapping):
        raise InvalidInput(subject="authored", must="map authors to numbers of items", got=authored)
    reviewers = limits(room)
    kinds = [
        Kind(
            author,
            size=check_count(count, f"items of {shown(author)}"),
            copies=copies,
            eligible=tuple(name for name in reviewers if own or name != author),
        )
        for author, count in authored.items()
    ]
    board = Board(kinds, reviewers)
    settle_loads(board, weights, None)
    _even_pairs(board)
    return Matching.of(board)


def _proportion(board: Board) -> None:
    """Begin near to proportion: evening out from there takes a fraction of the time."""
    loads = board.loads()
    total = sum(loads.values()) or 1
    excess = {at: kind.needed for at, kind in enumerate(board.kinds)}
    lack = {board.node[name]: load for name, load in loads.items()}
    for at, (kind, arcs) in enumerate(zip(board.kinds, board.arcs, strict=True)):
        for name, arc in arcs.items():
            amount = min(kind.size, kind.needed * loads[name] // total)
            board.network.change(arc, amount - board.network.flow(arc))
            excess[at] -= amount
            lack[board.node[name]] -= amount
    board.network.push(excess, lack, board.nodes)


def _even_pairs(board: Board) -> None:
    """Make the amounts of pairs even, leaving loads as they are."""
    _proportion(board)
    flow = board.network.flow
    table = {
        kind.name: {name: flow(arc) for name, arc in arcs.items()}
        for kind, arcs in zip(board.kinds, board.arcs, strict=True)
    }
    even_out(table, {kind.name: kind.size for kind in board.kinds}, _backwards(list(board.people)))
    for kind, arcs in zip(board.kinds, board.arcs, strict=True):
        for name, arc in arcs.items():
            board.network.change(arc, table[kind.name][name] - flow(arc))


def _backwards(people: Sequence[AssigneeId]) -> set[tuple[AssigneeId, AssigneeId]]:
    """Give of every two people the one of both directions that is longer around the circle."""
    half = len(people) / 2
    return {
        (author, reviewer)
        for a, author in enumerate(people)
        for r, reviewer in enumerate(people)
        if (r - a) % len(people) > half or (r - a == -half)
    }
