"""The best match by affinity, with OR-tools.

Scores say how well kinds of items and assignees go together; the sum over all placements
becomes as large as limits, eligibility and teams allow. A kind of one item is an item
with scores of its own. The solver works with whole numbers: scores are multiplied by
their common denominator, so nothing is rounded; what does not fit is refused.
Needs the extra `solver`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from math import lcm
from typing import Any

from distribution.eligibility import Board, Kind, side_by_side
from distribution.errors import Infeasible, InvalidInput, shown
from distribution.matching import Matching
from distribution.values import AssigneeId, Number, exact

SCORE_LIMIT = 1 << 40
"""Scores times their common denominator stay below it, so that no sum leaves 64 bits."""


def match_by_affinity(
    kinds: Sequence[Kind],
    room: Mapping[AssigneeId, int | None],
    scores: Mapping[tuple[str, AssigneeId], Number],
    *,
    teams: Mapping[AssigneeId, str] | None = None,
    most_percent: Number = 100,
) -> Matching:
    """Give every item its copies within all limits so that the scores sum to the most.

    *scores* are by name of the kind and assignee, not negative, 0 where not given. Nobody
    takes more than *most_percent* of the items of a kind, rounded up: with a kind for each
    author no reviewer sees too much of one. For fair loads pass those of `match` as *room*.
    Which of several best ways it takes is the solver's affair.

    Runtime: a minimum-cost flow in a network of an arc for each kind and eligible assignee;
    a million arcs take about a second.

    Raises:
        InvalidInput: a name, a limit or a score cannot be used, or ortools is not installed.
        NotEnoughRoom: it cannot be done; its `shortages` are the proof.
        Infeasible: it cannot be done with so small a percentage.
    """
    board = Board(kinds, room, teams)
    costs = _costs(board, scores)
    percent = exact(most_percent, "most_percent")
    if percent > 100:
        raise InvalidInput(subject="most_percent", must="be at most 100", got=most_percent)
    solver = _solver()
    board.place()
    most = {kind: -int(-kind.size * percent // 100) for kind in board.kinds}
    arcs = _build(solver, board, costs=costs, most=most)
    status = solver.solve()
    if status == solver.INFEASIBLE:
        raise Infeasible(
            what="cannot match by affinity",
            why=f"somebody would have to take more than {most_percent} percent of a kind",
            remedy="raise most_percent, raise limits, or make more people eligible",
        )
    if status != solver.OPTIMAL:
        raise InvalidInput(
            subject="sizes and scores",
            must="be small enough for the solver",
            got=str(status),
            remedy="round the scores to fewer digits",
        )
    flows = {pair: int(solver.flow(arc)) for pair, arc in arcs.items()}
    return Matching(
        amounts={
            kind.name: {name: flows[kind.name, name] for name in kind.eligible if flows[kind.name, name]}
            for kind in board.kinds
        },
        loads={name: sum(flows.get((kind.name, name), 0) for kind in board.kinds) for name in board.people},
    )


def _build(
    solver: Any, board: Board, *, costs: Mapping[tuple[str, AssigneeId], int], most: Mapping[Kind, int]
) -> dict[tuple[str, AssigneeId], int]:
    """Tell the solver of kinds, teams and people; give the arc of each kind and eligible assignee."""
    arcs: dict[tuple[str, AssigneeId], int] = {}
    team = len(board.kinds) + len(board.people)
    for at, kind in enumerate(board.kinds):
        solver.set_node_supply(at, kind.needed)
        for members in side_by_side(kind.eligible, board.teams):
            solver.add_arc_with_capacity_and_unit_cost(at, team, kind.size, 0)
            for name in members:
                arcs[kind.name, name] = solver.add_arc_with_capacity_and_unit_cost(
                    team, board.node[name], most[kind], -costs.get((kind.name, name), 0)
                )
            team += 1
    needed = sum(kind.needed for kind in board.kinds)
    for name, limit in board.people.items():
        end = needed if limit is None else min(limit, needed)
        solver.add_arc_with_capacity_and_unit_cost(board.node[name], team, end, 0)
    solver.set_node_supply(team, -needed)
    return arcs


def _costs(
    board: Board, scores: Mapping[tuple[str, AssigneeId], Number]
) -> dict[tuple[str, AssigneeId], int]:
    """Bring scores to whole numbers by their common denominator."""
    if not isinstance(scores, Mapping):
        raise InvalidInput(subject="scores", must="map (kind, assignee) to numbers", got=scores)
    pairs = {(kind.name, name) for kind in board.kinds for name in board.people}
    for pair in scores:
        if pair not in pairs:
            raise InvalidInput(subject="scores", must="be of a kind and somebody in room", got=pair)
    read = {pair: exact(score, f"score of {shown(pair)}") for pair, score in scores.items()}
    scale = lcm(*{score.denominator for score in read.values()})
    whole = {pair: int(score * scale) for pair, score in read.items()}
    if max(whole.values(), default=0) >= SCORE_LIMIT:
        raise InvalidInput(
            subject=f"the largest score times {scale}, the common denominator",
            must=f"be below {SCORE_LIMIT}",
            got=max(whole.values()),
            remedy="round the scores to fewer digits",
        )
    return whole


def _solver() -> Any:
    """Load the solver, or say how to get it."""
    try:
        # By name, because its types are not there where it is not.
        flows = import_module("ortools.graph.python.min_cost_flow")
    except ImportError as error:
        remedy = "pip install 'work-distribution[solver]'"
        raise InvalidInput(
            subject="matching by affinity", must="have ortools", got="none", remedy=remedy
        ) from error
    return flows.SimpleMinCostFlow()
