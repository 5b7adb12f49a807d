"""Small cases of matching, and every way to do them, item by item."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from fractions import Fraction
from itertools import combinations

import attrs
from hypothesis import strategies as st

from distribution.eligibility import Kind

Loads = tuple[int, ...]


@attrs.frozen(kw_only=True)
class Case:
    """What `match` is given."""

    kinds: tuple[Kind, ...]
    room: dict[str, int | None]
    teams: dict[str, str]
    weights: dict[str, Fraction]
    start: dict[str, int]


@st.composite
def cases(draw: st.DrawFn, *, largest: int = 3) -> Case:
    """Give up to three kinds and five people, with limits, teams, weights and starts, feasible or not."""
    people = [f"p{i}" for i in range(draw(st.integers(1, 5)))]
    kinds = []
    for i in range(draw(st.integers(1, 3))):
        copies = draw(st.integers(1, 3))
        enough = draw(st.sampled_from([copies, copies, 0]))
        some_people = st.lists(st.sampled_from(people), unique=True, min_size=min(enough, len(people)))
        size, eligible = draw(st.integers(0, largest)), draw(some_people)
        kinds.append(Kind(f"k{i}", size=size, copies=copies, eligible=eligible))
    weights = st.sampled_from([Fraction(w) for w in (1, 2, 3, 0, "1/2", "3/2")])

    def some(values: st.SearchStrategy[int] | st.SearchStrategy[str] | st.SearchStrategy[Fraction]) -> dict:  # type: ignore[type-arg]
        return draw(st.one_of(st.just({}), st.dictionaries(st.sampled_from(people), values)))

    return Case(
        kinds=tuple(kinds),
        room={name: draw(st.none() | st.integers(0, 2 * largest)) for name in people},
        teams=some(st.sampled_from("xy")),
        weights=some(weights),
        start=some(st.integers(0, 3)),
    )


def every_load(case: Case) -> set[Loads]:
    """Give all loads there are, trying for every item every set of different assignees of different teams."""
    people = list(case.room)
    found: set[Loads] = {(0,) * len(people)}
    for kind in case.kinds:
        choices = [
            chosen
            for chosen in combinations(kind.eligible, kind.copies)
            if len({case.teams.get(name, (name,)) for name in chosen}) == kind.copies
        ]
        for _ in range(kind.size):
            after = {
                tuple(load + (name in chosen) for load, name in zip(loads, people, strict=True))
                for loads in found
                for chosen in choices
            }
            found = {loads for loads in after if kept(loads, case.room)}
    return found


def kept(loads: Loads, room: Mapping[str, int | None]) -> bool:
    """Tell whether nobody has more than her limit."""
    return all(limit is None or load <= limit for load, limit in zip(loads, room.values(), strict=True))


def unfairness(case: Case, loads: Loads) -> list[tuple[int, Fraction]]:
    """Give the ratios from the largest down; whoever has weight 0 counts before all others."""
    ratios = []
    for name, load in zip(case.room, loads, strict=True):
        weight, total = case.weights.get(name, Fraction(1)), load + case.start.get(name, 0)
        ratios.append((0, total / weight) if weight else (1, Fraction(total)))
    return sorted(ratios, reverse=True)


def placed_one_by_one(case: Case) -> int:
    """Send single copies through a network of single items until no path is left (Ford and Fulkerson)."""
    room: dict[Hashable, dict[Hashable, int]] = {}

    def join(tail: Hashable, head: Hashable, most: int) -> None:
        room.setdefault(tail, {})[head] = most
        room.setdefault(head, {}).setdefault(tail, 0)

    for name, limit in case.room.items():
        join(name, "end", 99 if limit is None else limit)
    for kind in case.kinds:
        for at in range(kind.size):
            join("start", (kind.name, at), kind.copies)
            for name in kind.eligible:
                team = (kind.name, at, case.teams.get(name, (name,)))
                join((kind.name, at), team, 1)
                join(team, name, 1)

    def send(node: Hashable, seen: set[Hashable]) -> bool:
        seen.add(node)
        if node == "end":
            return True
        for head, most in room.get(node, {}).items():
            if most and head not in seen and send(head, seen):
                room[node][head] -= 1
                room[head][node] += 1
                return True
        return False

    sent = 0
    while send("start", set()):
        sent += 1
    return sent
