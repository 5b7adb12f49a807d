"""The fewest moves that bring people from what they have to what they shall have.

Holds: the choice of copies, exact also where some people cannot take some items, and
where several people have the same item, but never two of a team.
Does not hold: targets (see levelling), what keeps somebody from an item (see taking).
Depends on: nothing of the core.

Items alike form a kind: who has them, and who cannot take them. A kind's copies can go
to anybody who is able, each person once an item; how many of them everybody ends up
with is all that counts, for whole numbers up to the number of items can always be laid
out so that nobody has an item twice (McNaughton 1959), and a team counts like a person.
So the fewest moves are a min-cost flow between people, whatever the number of items: one
more copy goes along a shortest chain of hands from somebody who has too much to somebody
who has too little (successive shortest paths, Busacker and Gowen 1960).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from types import MappingProxyType
from typing import TypeAlias

import attrs

Name: TypeAlias = str | None
"""A person, or nobody: where copies wait."""
PARTS = 24
"""In so many parts at most one hands over to another at once: of as many kinds, for variety."""
SCALE = 1 << 20
"""Meetings are counted in such parts of an item: whole numbers are quick, and the same everywhere."""
NOBODY: Mapping[str, str] = MappingProxyType({})
"""Teams where there are none."""


@attrs.frozen
class Movable:
    """One item, as far as its copies may change hands."""

    holders: frozenset[str] = frozenset()
    """Who has a copy that may go."""
    waiting: int = 0
    """Copies with nobody."""
    banned: frozenset[str] = frozenset()
    """Who cannot take a copy. Where several of a team have one, the others of it must be among them."""
    company: frozenset[str] = frozenset()
    """Who has a copy that stays; they are among the banned."""


def fewest_moves(
    items: Sequence[Movable],
    surplus: Mapping[str, int],
    deficit: Mapping[str, int],
    teams: Mapping[str, str] = NOBODY,
) -> list[tuple[int, Name, str]]:
    """Choose which copies go to whom: (index of the item, who gives it, who gets it).

    Nobody ends with less than her surplus takes off or more than her deficit adds. As
    much as possible is brought to those who have too little, by as few copies given from
    person to person as any way needs; where she cannot take what is too much elsewhere,
    somebody in between gives her something else for it: anybody whom *surplus* or *deficit*
    names, if only with 0. What waits goes first. Nobody gets an item that somebody else of
    her team, by *teams*, keeps or gets.

    Of the ways that need as few moves, whoever gets something gets it from several kinds,
    first of those whose people she shares little with and the giver much, so that somebody
    new meets everybody. Of a kind the earlier items move.

    Runtime: O(items), and for each chain O(people^2 + kinds that can be handed over + kinds
    changed * people); a few dozen kinds change at most.

    >>> kept, free = Movable(frozenset({"ann"})), Movable(frozenset({"ann"}), 0, frozenset({"eve"}))
    >>> fewest_moves([kept, free], {"ann": 2}, {"eve": 1, "bob": 1})
    [(0, 'ann', 'eve'), (1, 'ann', 'bob')]
    """
    kinds: dict[Movable, list[int]] = {}
    for at, item in enumerate(items):
        kinds.setdefault(item, []).append(at)
    people = list(dict.fromkeys([*surplus, *deficit]))
    hands = _Hands([_Kind(item, found, teams) for item, found in kinds.items()], people)
    give: dict[Name, int] = {None: sum(item.waiting for item in items)}
    give.update(surplus)
    want = dict(deficit)
    while chain := hands.chain([name for name, count in give.items() if count], want):
        giver, taker = chain[0], str(chain[-1])
        amount = hands.pass_on(chain, min(give[giver], want[taker]))
        give[giver] -= amount
        want[taker] -= amount
    found = [move for kind in hands.kinds for move in kind.moves()]
    return sorted(found, key=lambda move: (move[0], move[1] or "", move[2]))


@attrs.define(eq=False)
class _Kind:
    """Items alike, and how many of them everybody has by now."""

    item: Movable
    places: list[int]
    teams: Mapping[str, str]
    now: dict[Name, int] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        size = len(self.places)
        self.now = dict.fromkeys(sorted(self.item.holders), size)
        if self.item.waiting:
            self.now[None] = self.item.waiting * size

    def room(self, giver: Name, taker: str) -> int:
        """Tell how many more of them she can take from somebody."""
        room = len(self.places) - self.now.get(taker, 0)
        team = self.teams.get(taker)
        if room and team is not None and self._team(giver) != team:
            held = sum(count for name, count in self.now.items() if self._team(name) == team)
            had = sum(self._team(name) == team for name in self.item.holders)
            room = min(room, len(self.places) * max(had, 1) - held)
        return room

    def _team(self, name: Name) -> str | None:
        return None if name is None else self.teams.get(name)

    def hand(self, giver: Name, taker: str, amount: int) -> None:
        """Let so many copies change hands."""
        self.now[giver] -= amount
        self.now[taker] = self.now.get(taker, 0) + amount

    def others(self, giver: Name, taker: str) -> Iterator[tuple[str, int]]:
        """Name whom one meets at an item of this kind, and how often in SCALE items."""
        for name, count in self.now.items():
            if name is not None and name not in (giver, taker) and count:
                yield name, count * SCALE // len(self.places)
        for name in sorted(self.item.company):
            yield name, SCALE

    def steps(self, people: Iterable[str]) -> Iterable[tuple[Name, str, int]]:
        """Give each hand-over that is possible, and what it costs: a move more, none, or one taken back.

        Moves are what those who had it first have given up.
        """
        holders = self.item.holders
        givers = [(name, name in holders) for name, count in self.now.items() if count]
        for name in people:
            if name not in self.item.banned:
                for giver, first in givers:
                    if giver != name and self.room(giver, name):
                        yield giver, name, first - (name in holders)

    def moves(self) -> Iterator[tuple[int, Name, str]]:
        """Lay out the change over the items: what everybody gives up, and who gets it, no item twice.

        A team mate of whoever had it gets what she gave up, for elsewhere she still has it.
        """
        size = len(self.places)
        gained = self._gained()
        line: list[tuple[int, Name]] = []
        for giver, had in [*((name, size) for name in sorted(self.item.holders)), (None, self._waiting)]:
            given, team = had - self.now.get(giver, 0), self._team(giver)
            mates = [] if team is None else gained.pop(("team", team), [])
            for _ in range(given - len(mates)):
                line.append((len(line) % size, giver))
            for after, name in enumerate(mates):
                yield self.places[(len(line) + after) % size], giver, name
        # Neighbours on this line are copies of different items, as many as there are items.
        takers = [name for names in gained.values() for name in names]
        for (at, giver), name in zip(line, takers, strict=True):
            yield self.places[at], giver, name

    @property
    def _waiting(self) -> int:
        return self.item.waiting * len(self.places)

    def _gained(self) -> dict[tuple[str, str], list[str]]:
        """Name everybody as often as she got one; those of one team stand together."""
        gained: dict[tuple[str, str], list[str]] = {}
        for name, count in self.now.items():
            if name is not None and name not in self.item.holders and count:
                team = self._team(name)
                key = ("alone", name) if team is None else ("team", team)
                gained.setdefault(key, []).extend([name] * count)
        return gained


class _Hands:
    """Who can hand what to whom, as it stands by now."""

    def __init__(self, kinds: Sequence[_Kind], people: Sequence[str]) -> None:
        self.kinds = kinds
        self.people = people
        self.met = _Meetings(kinds)
        self.ways: dict[Name, dict[str, dict[int, dict[int, None]]]] = {}
        """From giver to taker to cost to the kinds that can be handed over at it."""
        for number in range(len(kinds)):
            self._note(number)

    def _note(self, number: int) -> None:
        for giver, taker, cost in self.kinds[number].steps(self.people):
            self.ways.setdefault(giver, {}).setdefault(taker, {}).setdefault(cost, {})[number] = None

    def _forget(self, number: int) -> None:
        for giver, taker, cost in self.kinds[number].steps(self.people):
            kinds = self.ways[giver][taker]
            del kinds[cost][number]
            if not kinds[cost]:
                del kinds[cost]

    def chain(self, givers: Sequence[Name], want: Mapping[str, int]) -> list[Name]:
        """Find a cheapest chain from somebody with too much to somebody with too little; empty if none.

        Of equally cheap ones a shortest: so no two of its steps use up the room of one team.
        """
        dear = len(self.people) + 1
        cost: dict[Name, int] = dict.fromkeys(givers, 0)
        before: dict[Name, Name] = {}
        queue: deque[Name] = deque(givers)
        while queue:
            giver = queue.popleft()
            for taker, kinds in self.ways.get(giver, {}).items():
                if not kinds:
                    continue
                new = cost[giver] + min(kinds) * dear + 1
                if taker not in cost or new < cost[taker]:
                    cost[taker] = new
                    before[taker] = giver
                    queue.append(taker)
        able = [name for name, count in want.items() if count and name in before]
        if not able:
            return []
        end: Name = min(able, key=lambda name: (cost[name], -want[name]))
        chain = [end]
        while chain[-1] in before:
            chain.append(before[chain[-1]])
        return chain[::-1]

    def pass_on(self, chain: Sequence[Name], most: int) -> int:
        """Hand on along a chain, as much as its kinds allow; give how much that was."""
        if len(chain) == 2:
            return self._hand_over(chain[0], str(chain[1]), most)
        steps: list[tuple[Name, str, int]] = []
        for giver, name in pairwise(chain):
            taker = str(name)
            kinds = self.ways[giver][taker]
            steps.append((giver, taker, next(iter(kinds[min(kinds)]))))
        rooms = []
        for giver, taker, number in steps:
            kind = self.kinds[number]
            rooms += [kind.now[giver], kind.room(giver, taker)]
        amount = min([most, *rooms])
        for giver, taker, number in steps:
            self._forget(number)
            self.kinds[number].hand(giver, taker, amount)
            self._note(number)
        return amount

    def _hand_over(self, giver: Name, taker: str, most: int) -> int:
        """Hand over what costs least, in parts: each of a kind whose people the taker met least; give how much.

        Ties to the earlier kind.
        """
        ways = self.ways[giver][taker]
        able = [(number, self.kinds[number]) for number in ways[min(ways)]]
        left = {number: min(kind.now[giver], kind.room(giver, taker)) for number, kind in able}
        part = -(-most // PARTS) if len(left) > 1 else most
        given: dict[int, int] = {}
        amount = 0
        while left and amount < most:
            number = min(left, key=lambda number: self.met.measure(self.kinds[number], giver, taker))
            some = min(part, left[number], most - amount)
            self.met.note(self.kinds[number], giver, taker, some)
            given[number] = given.get(number, 0) + some
            amount += some
            left[number] -= some
            if not left[number]:
                del left[number]
        for number, some in given.items():
            self._forget(number)
            self.kinds[number].hand(giver, taker, some)
            self._note(number)
        return amount


class _Meetings:
    """How many items people share, as far as kinds tell, where it is not laid out yet who has which."""

    def __init__(self, kinds: Iterable[_Kind]) -> None:
        self._met: dict[tuple[Name, str], int] = {}
        for kind in kinds:
            for one, other in combinations(sorted(kind.item.holders | kind.item.company), 2):
                self._add(one, other, len(kind.places) * SCALE)

    def _add(self, one: Name, other: str, by: int) -> None:
        if one is not None:
            self._met[one, other] = self._met[other, one] = self._met.get((one, other), 0) + by

    def measure(self, kind: _Kind, giver: Name, taker: str) -> int:
        """Tell how much more the taker met those of a kind than the giver did."""
        get = self._met.get
        return sum(
            (get((taker, other), 0) - get((giver, other), 0)) * times // SCALE
            for other, times in kind.others(giver, taker)
        )

    def note(self, kind: _Kind, giver: Name, taker: str, amount: int) -> None:
        """Let the taker meet those of a kind in the place of the giver."""
        for other, times in kind.others(giver, taker):
            self._add(taker, other, amount * times)
            self._add(giver, other, -amount * times)
