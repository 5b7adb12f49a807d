"""The fairest way to give everybody only what she may take.

Holds: fairest loads under limits, eligibility and teams; laying out the amounts of a kind.
Does not hold: whether it can be done at all (see eligibility), who meets whose work (see mixing).
Depends on: apportion, eligibility, errors, maxflow, values.

Loads that can be reached form an M-convex set, also with several copies and with teams,
because they are what a network can deliver. On such sets fairest loads are found by
parts: first those without any eligibility, then a flow that comes as near to them as it
can. Where it gets stuck, the people it cannot leave have to carry more than was wanted
whatever is done; they, and the others, are settled each for themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import accumulate

import attrs

from distribution.apportion import apportion
from distribution.eligibility import Board, Kind, named, side_by_side
from distribution.errors import InvalidInput, shown
from distribution.maxflow import Network
from distribution.values import AssigneeId, Number, check_count, exact


@attrs.frozen(kw_only=True)
class Matching:
    """How many items of each kind each assignee takes."""

    amounts: Mapping[str, Mapping[AssigneeId, int]]
    """By name of the kind, then by assignee; who takes none is left out."""
    loads: Mapping[AssigneeId, int]
    """Placements of each assignee, all kinds together, without what she held before."""

    @classmethod
    def of(cls, board: Board) -> Matching:
        """Read what flows."""
        return cls(amounts=board.amounts(), loads=board.loads())


def match(
    kinds: Sequence[Kind],
    room: Mapping[AssigneeId, int | None],
    *,
    teams: Mapping[AssigneeId, str] | None = None,
    weights: Mapping[AssigneeId, Number] | None = None,
    start: Mapping[AssigneeId, int] | None = None,
) -> Matching:
    """Give every item its copies within all limits, in the fairest way there is.

    *room* is the most placements each assignee can take, None for no limit. No item has
    two assignees of one team; whoever is in none of *teams* is one of her own.

    Loads count what people hold at the *start*. Divided by *weights* (1 where not named)
    they are decreasingly minimal: the largest is as small as can be, then the second
    largest, and so on. For equal weights no other loads have a smaller largest, a larger
    smallest or a smaller sum of squares. Where all may take all, it is D'Hondt's
    apportionment. Weight 0 gets only what nobody else can take. Where several
    loads are equally fair, people named earlier in *room* are tried first.

    Runtime: whatever the sizes, at most 2p flows for p people, in a network of an arc for
    each kind and eligible assignee, and in ever smaller parts of it.

    >>> kinds = [Kind("fr", size=4, eligible=("ann",)), Kind("en", size=6, eligible=("ann", "bob", "eve"))]
    >>> found = match(kinds, {"ann": None, "bob": 2, "eve": None})
    >>> found.loads, found.amounts["en"]
    ({'ann': 4, 'bob': 2, 'eve': 4}, {'bob': 2, 'eve': 4})

    Raises:
        InvalidInput: a name, a limit, a weight or a start cannot be used.
        NotEnoughRoom: it cannot be done; its `shortages` are the proof.

    Source: Harvey, Ladner, Lovász and Tamir, Semi-matchings for bipartite graphs and load
    balancing (2003); Frank and Murota, Decreasing minimization on M-convex sets (2022); by
    parts: Groenevelt, Two algorithms for maximizing a separable concave function over a
    polymatroid feasible region (1991).
    """
    board = Board(kinds, room, teams)
    settle_loads(board, weights, start)
    return Matching.of(board)


def settle_loads(
    board: Board, weights: Mapping[AssigneeId, Number] | None, start: Mapping[AssigneeId, int] | None
) -> None:
    """Place everything on the board, in the fairest way.

    Raises:
        InvalidInput: a weight or a start cannot be used.
        NotEnoughRoom: it cannot be done.
    """
    weight = dict.fromkeys(board.people, Fraction(1))
    for name, number in named(weights, board.people, "weights").items():
        weight[name] = exact(number, f"weight of {shown(name)}")
    held = dict.fromkeys(board.people, 0)
    for name, count in named(start, board.people, "start").items():
        held[name] = check_count(count, f"start of {shown(name)}")
    board.place()
    most, who = board.most(), {node: name for name, node in board.node.items()}
    have = {board.node[name]: load for name, load in board.loads().items()}

    def target(nodes: Sequence[int]) -> list[int]:
        people = [who[node] for node in nodes]
        return fairest(
            sum(have[node] for node in nodes),
            weights=[weight[name] for name in people],
            held=[held[name] for name in people],
            caps=[most[name] for name in people],
        )

    settle(board.network, board.nodes, have=have, target=target)


def settle(
    network: Network,
    nodes: Sequence[int],
    *,
    have: dict[int, int],
    target: Callable[[Sequence[int]], list[int]],
) -> None:
    """Bring what nodes *have* as near as the network can to what is best for each part of them.

    *target* gives the best amounts for some nodes, with the sum they have, as if anything
    could go anywhere; it must minimize a sum of convex functions, one for each node. Then
    so does the outcome, among all amounts the network can bring about within *nodes*.

    Runtime: at most 2v flows for v nodes that have something.
    """
    parts = [nodes]
    while parts:
        part = parts.pop()
        some = [node for node in part if node in have]
        best = dict(zip(some, target(some), strict=True))
        excess = {node: have[node] - amount for node, amount in best.items() if have[node] > amount}
        lack = {node: amount - have[node] for node, amount in best.items() if have[node] < amount}
        network.push(excess, lack, part)
        for node, amount in best.items():
            have[node] = amount + excess.get(node, 0) - lack.get(node, 0)
        if any(excess.values()):
            stuck = network.reach([node for node, left in excess.items() if left], part)
            parts += [[node for node in part if node in stuck], [node for node in part if node not in stuck]]


def fairest(
    total: int, *, weights: Sequence[Fraction], held: Sequence[int], caps: Sequence[int]
) -> list[int]:
    """Divide *total* so that (held + given) / weight is decreasingly minimal; caps have room for it.

    Weight 0 stands back until the caps of all others are full.

    Runtime: O(v log v) for v weights.

    >>> fairest(5, weights=[Fraction(2), Fraction(1), Fraction(0)], held=[0, 1, 0], caps=[9, 9, 9])
    [4, 1, 0]
    """
    given = [0] * len(weights)
    for group in ([i for i, w in enumerate(weights) if w], [i for i, w in enumerate(weights) if not w]):
        some = min(total, sum(caps[i] for i in group))
        if not some:
            continue
        # At equal ratios the larger weight goes first: its own ratio was nearer.
        group.sort(key=lambda i: -weights[i])
        low = [held[i] for i in group]
        ends = apportion(
            [weights[i] or 1 for i in group],
            some + sum(low),
            "dhondt",
            floors=low,
            caps=[held[i] + caps[i] for i in group],
        )
        for i, end in zip(group, ends, strict=True):
            given[i] = end - held[i]
        total -= some
    return given


def stretches(
    amounts: Mapping[AssigneeId, int],
    *,
    size: int,
    copies: int = 1,
    teams: Mapping[AssigneeId, str] | None = None,
) -> Iterator[tuple[tuple[AssigneeId, ...], int]]:
    """Give the items of a kind their *copies* assignees, exactly the amounts in all; yield who, and for how many items.

    They are always different, and of different teams. People are laid one behind the
    other in the order of *amounts*, those of a team side by side, around a circle of
    *size* items *copies* times. So neighbouring items have the same people: lay items out
    in an order of chance, and where everybody shall meet everybody, let people change
    places (see exchange).

    Runtime: O(people), whatever the size.

    >>> list(stretches({"ann": 2, "bob": 1, "eve": 3}, size=3, copies=2))
    [(('ann', 'eve'), 2), (('bob', 'eve'), 1)]

    Raises:
        InvalidInput: the amounts do not sum to size * copies, or one of an assignee or a
            team exceeds the size.

    Source: McNaughton, Scheduling with deadlines and loss functions (1959).
    """
    size, copies = check_count(size, "size"), check_count(copies, "copies", least=1)
    return _around(_line(amounts, teams or {}, size=size, copies=copies), size, copies)


def _line(
    amounts: Mapping[AssigneeId, int], teams: Mapping[AssigneeId, str], *, size: int, copies: int
) -> list[tuple[AssigneeId, int]]:
    """Check the amounts and lay people in line."""
    if not isinstance(amounts, Mapping):
        raise InvalidInput(subject="amounts", must="map assignees to whole numbers", got=amounts)
    counts = {name: check_count(count, f"amount of {shown(name)}") for name, count in amounts.items()}
    if sum(counts.values()) != size * copies:
        raise InvalidInput(subject="amounts", must=f"sum to {size} x {copies}", got=sum(counts.values()))
    line = []
    for members in side_by_side(list(counts), teams):
        together = sum(counts[name] for name in members)
        if together > size:
            who = (
                f"amounts of team {shown(teams[members[0]])}"
                if len(members) > 1
                else f"amount of {shown(members[0])}"
            )
            raise InvalidInput(subject=who, must=f"be at most the size {size}", got=together)
        line += [(name, counts[name]) for name in members if counts[name]]
    return line


def _around(
    line: Sequence[tuple[AssigneeId, int]], size: int, copies: int
) -> Iterator[tuple[tuple[AssigneeId, ...], int]]:
    """Yield who holds how many items; that changes only where somebody's stretch ends on some round."""
    ends = list(accumulate(count for _, count in line))
    stops = sorted({end % size for end in ends} - {0} | {size}) if size else []
    at = [0] * copies
    here = 0
    for stop in stops:
        for lap in range(copies):
            while ends[at[lap]] <= lap * size + here:
                at[lap] += 1
        yield tuple(line[i][0] for i in at), stop - here
        here = stop
