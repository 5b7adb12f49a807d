"""As much as possible from where there is too much to where there is too little.

Holds: a network of numbered nodes, its largest flows, what a flow that is stuck can reach.
Does not hold: what nodes and arcs stand for (see matching); fewest moves (see flow).
Depends on: nothing of the core.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

OUTSIDE, UNSEEN = -2, -1


class Network:
    """Nodes from 0, and arcs that know how much more they can carry, and how much back.

    There is no source and no sink: `push` is told where there is too much and where too
    little, and may be told again, so that a flow is changed and not built anew.

    >>> network = Network(3)
    >>> first, second = network.join(0, 1, 5), network.join(1, 2, 3)
    >>> excess, lack = {0: 4}, {2: 9}
    >>> network.push(excess, lack, range(3))
    >>> network.flow(second), excess, lack, sorted(network.reach([0], range(3)))
    (3, {0: 1}, {2: 6}, [0, 1])
    """

    def __init__(self, nodes: int) -> None:
        self._arcs: list[list[int]] = [[] for _ in range(nodes)]
        """Arcs that leave a node; an arc and its way back differ in the last bit."""
        self._heads: list[int] = []
        self._room: list[int] = []

    def join(self, tail: int, head: int, room: int) -> int:
        """Add an arc that carries at most *room*; give its number."""
        arc = len(self._heads)
        self._arcs[tail].append(arc)
        self._arcs[head].append(arc + 1)
        self._heads += [head, tail]
        self._room += [room, 0]
        return arc

    def flow(self, arc: int) -> int:
        """Tell what an arc carries."""
        return self._room[arc + 1]

    def change(self, arc: int, amount: int) -> None:
        """Let an arc carry *amount* more, or less where it is negative; the caller sees to the nodes."""
        self._room[arc] -= amount
        self._room[arc + 1] += amount

    def push(self, excess: dict[int, int], lack: dict[int, int], within: Collection[int]) -> None:
        """Bring as much as possible from nodes with *excess* to nodes that *lack*, through *within* alone.

        What is brought is taken off both. Afterwards no path with room leads from an
        excess that is left to a lack that is left. Determined by the order of arcs and excesses.

        Runtime: O(nodes^2 * arcs) at worst, in practice a few passes over the arcs.

        Source: Dinic (1970): all shortest paths at once, then the next longer ones.
        """
        outside = [OUTSIDE] * len(self._arcs)
        for node in within:
            outside[node] = UNSEEN
        while True:
            levels = outside.copy()
            if not self._rank(levels, [node for node, amount in excess.items() if amount], lack):
                return
            self._fill(levels, excess, lack)

    def _rank(self, levels: list[int], front: list[int], lack: dict[int, int]) -> bool:
        """Write the distance from the nearest excess to each node, as far as the nearest lack."""
        heads, room = self._heads, self._room
        distance = 0
        for node in front:
            levels[node] = distance
        while front:
            if any(lack.get(node) for node in front):
                return True
            distance += 1
            following = []
            for node in front:
                for arc in self._arcs[node]:
                    if levels[heads[arc]] == UNSEEN and room[arc]:
                        levels[heads[arc]] = distance
                        following.append(heads[arc])
            front = following
        return False

    def _fill(self, levels: list[int], excess: dict[int, int], lack: dict[int, int]) -> None:
        """Push along shortest paths until none is left, leaving dead ends for good."""
        heads, room, arcs = self._heads, self._room, self._arcs
        tried = [0] * len(arcs)
        for origin in tuple(excess):
            node, path = origin, list[int]()
            while excess[origin]:
                if lack.get(node):
                    amount = min(excess[origin], lack[node], *(room[arc] for arc in path))
                    for arc in path:
                        room[arc] -= amount
                        room[arc ^ 1] += amount
                    excess[origin] -= amount
                    lack[node] -= amount
                    node, path = origin, []
                    continue
                here, below = arcs[node], levels[node] + 1
                while tried[node] < len(here):
                    arc = here[tried[node]]
                    if room[arc] and levels[heads[arc]] == below:
                        break
                    tried[node] += 1
                else:
                    if not path:
                        break
                    node = heads[path.pop() ^ 1]
                    tried[node] += 1
                    continue
                path.append(arc)
                node = heads[arc]

    def reach(self, origins: Iterable[int], within: Collection[int]) -> set[int]:
        """Give all nodes to which a path with room leads from one of *origins*, these included.

        After `push`, from an excess that is left: what leaves this set is full, so it is the
        side of a smallest cut.

        Runtime: O(arcs).
        """
        allowed, found = set(within), set(origins)
        open_ = list(found)
        while open_:
            for arc in self._arcs[open_.pop()]:
                head = self._heads[arc]
                if self._room[arc] and head in allowed and head not in found:
                    found.add(head)
                    open_.append(head)
        return found
