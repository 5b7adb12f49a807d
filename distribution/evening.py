"""Amounts in a table, made as even as its sums allow.

Holds: the least sum of squares with rows and columns as they are.
Does not hold: what rows and columns stand for (see mixing).
Depends on: nothing of the core.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from math import inf
from typing import TypeAlias

import attrs

Table: TypeAlias = dict[str, dict[str, int]]
"""Amounts by row and column; cells that are not there stay empty."""

SCALE = 1 << 40
"""Squares count by the inverse of their row's cap, read to so many parts: whole numbers are quick."""


def even_out(
    table: Table,
    caps: Mapping[str, int],
    avoid: Collection[tuple[str, str]] = (),
    *,
    effort: int | None = None,
) -> None:
    """Shift amounts around cycles until the sum of amount^2 / cap of its row is the least there is.

    Sums of rows and of columns stay. No amount exceeds its row's cap or falls below 0.
    Where all cells are there, it ends as near to proportion as whole numbers can. Of all
    tables with that sum it ends at one with the least in the cells to *avoid*. After so many
    looks at a cell, the *effort*, it ends wherever it is by then.

    Runtime: O(rows * columns) for each pass in search of a cycle. Large amounts are shifted
    first, as in capacity scaling.

    >>> table = {"x": {"b": 3, "c": 0}, "y": {"b": 0, "c": 3}}
    >>> even_out(table, {"x": 3, "y": 3}, avoid={("x", "b")})
    >>> table
    {'x': {'b': 1, 'c': 2}, 'y': {'b': 2, 'c': 1}}

    Source: Klein, A primal method for minimal cost flows (1967): where no cycle lowers the
    sum nothing does, because squares are convex.
    """
    # Whatever is avoided together weighs less than the smallest difference of squares.
    above = sum(sum(cells.values()) for cells in table.values()) + 1
    costs = _Costs(
        caps=caps,
        square={row: SCALE // cap * above if cap else 0 for row, cap in caps.items()},
        flat={row: {c: int((row, c) in avoid) for c in cells} for row, cells in table.items()},
    )
    passes = inf if effort is None else effort // max(sum(map(len, table.values())), 1)
    step = 1 << max(caps.values(), default=0).bit_length()
    while step := step // 2:
        cycles: list[list[Step]] | None = None
        while cycles is None or cycles:
            cycles, used = _cheaper(table, costs, step, passes)
            passes -= used
            for cycle in cycles:
                _shift(table, cycle, costs)


Step: TypeAlias = tuple[str, str, str]
"""A row that has more of a column, the column, and the row that has as much less."""


@attrs.frozen(kw_only=True)
class _Costs:
    """A cell with amount x costs square * x^2 + flat * x."""

    caps: Mapping[str, int]
    square: Mapping[str, int]
    flat: Mapping[str, Mapping[str, int]]


def _cheaper(table: Table, costs: _Costs, step: int, passes: float) -> tuple[list[list[Step]], int]:
    """Find cycles, disjoint ones, along which *step* units lower the sum, and tell in how many passes.

    There are none only where there is none, or none is found in so many passes. Distances
    fall until they stand, or until who was reached from whom closes a circle (Bellman 1958).
    """
    search, used = _Search(table, costs, step), 0
    while used < passes:
        used += 1
        search.give()
        falling = search.take()
        cycles = list(_circles(search.giver, search.taken))
        if cycles or not falling:
            return cycles, used
    return [], used


class _Search:
    """How far each row and column is: what *step* units of it would change the sum by."""

    def __init__(self, table: Table, costs: _Costs, step: int) -> None:
        self.table, self.costs, self.step = table, costs, step
        self.rows = dict.fromkeys(table, 0)
        self.columns = {column: 0 for cells in table.values() for column in cells}
        self.giver: dict[str, str] = {}
        """The row by which a column is reached."""
        self.taken: dict[str, str] = {}
        """The column by which a row is reached."""

    def give(self) -> None:
        """Go from rows to columns, as if rows had more of them."""
        columns, step = self.columns, self.step
        for row, cells in self.table.items():
            here, square, flat = self.rows[row], self.costs.square[row], self.costs.flat[row]
            most = self.costs.caps[row] - step
            for column, amount in cells.items():
                if amount <= most:
                    new = here + square * (2 * amount + step) + flat[column]
                    if new < columns[column]:
                        columns[column], self.giver[column] = new, row

    def take(self) -> bool:
        """Go back from columns to rows, as if rows had less of them; tell whether any came nearer."""
        columns, step, falling = self.columns, self.step, False
        for row, cells in self.table.items():
            square, flat = self.costs.square[row], self.costs.flat[row]
            for column, amount in cells.items():
                if amount >= step:
                    new = columns[column] - square * (2 * amount - step) - flat[column]
                    if new < self.rows[row]:
                        self.rows[row], self.taken[row], falling = new, column, True
        return falling


def _circles(giver: Mapping[str, str], taken: Mapping[str, str]) -> Iterator[list[Step]]:
    """Follow back who was reached from whom; yield each circle once."""
    seen: dict[str, str] = {}
    for start in taken:
        row: str | None = start
        while row is not None and row in taken and row not in seen:
            seen[row] = start
            row = giver.get(taken[row])
        if row is not None and seen.get(row) == start:
            at, circle = row, list[Step]()
            while not circle or at != row:
                circle.append((giver[taken[at]], taken[at], at))
                at = giver[taken[at]]
            yield circle


def _shift(table: Table, cycle: list[Step], costs: _Costs) -> None:
    """Shift along a cycle to where the sum is the least, as far as amounts allow."""
    square, flat = costs.square, costs.flat
    slope = bend = 0
    for to, column, of in cycle:
        slope += 2 * (square[to] * table[to][column] - square[of] * table[of][column])
        slope += flat[to][column] - flat[of][column]
        bend += square[to] + square[of]
    most = min(min(costs.caps[to] - table[to][c], table[of][c]) for to, c, of in cycle)
    amount = min(most, (bend - slope) // (2 * bend))
    for to, column, of in cycle:
        table[to][column] += amount
        table[of][column] -= amount
