"""The fewest moves that bring people from what they have to what they shall have.

Holds: the choice of items, exact also where some people cannot take some items.
Does not hold: targets (see moving), what keeps somebody from an item (see taking).
Depends on: nothing of the core.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

Name: TypeAlias = str | None
Kind: TypeAlias = tuple[Name, frozenset[str]]
"""Items alike: who has them, and who cannot take them."""


def fewest_moves(
    sources: Sequence[Name],
    banned: Sequence[frozenset[str]],
    surplus: Mapping[str, int],
    deficit: Mapping[str, int],
) -> list[tuple[int, str]]:
    """Choose which items go to whom: (index of the item, who gets it), each at most once.

    Item i is with sources[i] (None: with nobody), and those in banned[i] cannot take it.
    Nobody gives more than her surplus, nobody gets more than her deficit. As many as
    possible move, each once, from who has too much to who has too little: no other way to
    come as near to the targets needs fewer. What is
    with nobody goes first; of the rest the earlier in *sources*, largest deficit first.

    Runtime: O(items) where nothing is banned, else besides a maximum flow between
    kinds of items and people: O(kinds * people) for each augmentation.

    >>> fewest_moves(["ann", "ann", "bob"], [frozenset()] * 3, {"ann": 1, "bob": 0}, {"eve": 1})
    [(0, 'eve')]
    """
    kinds: dict[Kind, list[int]] = {}
    for at, (source, out) in enumerate(zip(sources, banned, strict=True)):
        if deficit and (source is None or surplus.get(source, 0) > 0):
            kinds.setdefault((source, out), []).append(at)
    amounts = _flow(kinds, dict(surplus), dict(deficit))
    moves = []
    for kind, given in amounts.items():
        line = iter(kinds[kind])
        for target, count in given.items():
            moves += [(next(line), target) for _ in range(count)]
    return sorted(moves)


def _flow(
    kinds: Mapping[Kind, list[int]], surplus: Mapping[str, int], deficit: Mapping[str, int]
) -> dict[Kind, dict[str, int]]:
    """Give how many of each kind go to whom: greedily, then along augmenting paths until none is left."""
    net = _Net()
    # What is with nobody first, then the choosiest.
    order = sorted(kinds, key=lambda kind: (kind[0] is not None, -len(kind[1])))
    targets = sorted(deficit, key=lambda name: -deficit[name])
    for kind in order:
        source, out = kind
        given = ("source", source)
        there = len(kinds[kind])
        begin = net.room.setdefault(START, {})
        # Nobody has no surplus: all that waits may go, of every kind.
        begin[given] = begin.get(given, 0) + there if source is None else surplus[source]
        net.room.setdefault(given, {})[kind] = there
        net.room[kind] = {("target", name): deficit[name] for name in targets if name not in out}
    for name in targets:
        net.room["target", name] = {END: deficit[name]}
    for kind in order:
        for name in targets:
            if name not in kind[1]:
                net.push([START, ("source", kind[0]), kind, ("target", name), END])
    while path := net.path():
        net.push(path)
    return {
        kind: {name: count for name in targets if (count := net.room["target", name].get(kind, 0))}
        for kind in order
    }


START, END = "start", "end"


class _Net:
    """A network with the room that is left on each arc, and the way back on its reverse."""

    def __init__(self) -> None:
        self.room: dict[Hashable, dict[Hashable, int]] = {}

    def push(self, path: Sequence[Hashable]) -> None:
        """Send as much as the path has room for."""
        arcs = list(pairwise(path))
        amount = min(self.room[a].get(b, 0) for a, b in arcs)
        if amount:
            for a, b in arcs:
                self.room[a][b] -= amount
                back = self.room.setdefault(b, {})
                back[a] = back.get(a, 0) + amount

    def path(self) -> list[Hashable]:
        """Find a shortest way from start to end that has room; empty where there is none."""
        before: dict[Hashable, Hashable] = {START: None}
        queue = deque([START])
        while queue:
            node = queue.popleft()
            for following, room in self.room.get(node, {}).items():
                if room and following not in before:
                    before[following] = node
                    queue.append(following)  # type: ignore[arg-type]
        if END not in before:
            return []
        path: list[Hashable] = [END]
        while path[-1] != START:
            path.append(before[path[-1]])
        return path[::-1]
