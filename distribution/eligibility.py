"""Who may take what, and whether it can be done at all.

Holds: kinds of items, the network of kinds, teams and people, exact feasibility, the proof where it fails.
Does not hold: which of the ways is fair (see matching), how items become kinds.
Depends on: errors, maxflow, values.

Items alike are one kind, so nothing here grows with the number of items. That is exact:
amounts of a kind become copies of its items by wrapping around whenever nobody, and no
team, takes more than the kind has items (Gale 1957; Ryser 1957).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import TypeVar

import attrs

from distribution.errors import Infeasible, InvalidInput, shown
from distribution.maxflow import Network
from distribution.values import AssigneeId, check_count, check_id, check_ids, in_order

V = TypeVar("V")


def _name(value: object) -> str:
    return check_id(value, "name of a kind")


def _size(value: object) -> int:
    return check_count(value, "size of a kind")


def _copies(value: object) -> int:
    return check_count(value, "copies of a kind", least=1)


def _eligible(value: Sequence[AssigneeId]) -> tuple[AssigneeId, ...]:
    in_order(value, "eligible")
    people = check_ids(value, "assignee id")
    if len(set(people)) < len(people):
        twice = next(name for at, name in enumerate(people) if name in people[:at])
        raise InvalidInput(subject="eligible", must="name each assignee once", got=twice)
    return people


@attrs.frozen
class Kind:
    """Items alike: the same people may take them, and each needs as many different ones.

    >>> Kind("fr", size=120, copies=2, eligible=("ann", "bob")).needed
    240

    Raises:
        InvalidInput: a field cannot be used, or somebody is eligible twice.
    """

    name: str = attrs.field(converter=_name)
    """Unique among the kinds that are matched together."""
    size: int = attrs.field(kw_only=True, converter=_size)
    """How many items; 0 is allowed."""
    copies: int = attrs.field(default=1, kw_only=True, converter=_copies)
    """How many different assignees each item needs."""
    eligible: tuple[AssigneeId, ...] = attrs.field(kw_only=True, converter=_eligible)
    """Who may take them; may be empty."""

    @property
    def needed(self) -> int:
        """Give the number of placements."""
        return self.size * self.copies


@attrs.frozen(kw_only=True)
class Shortage:
    """Kinds that need more than all who may take them can: a contradiction anyone can check.

    Whoever is in *full* takes at most her limit. Of the others, or of a team with somebody
    eligible who is not in *full*, each item has at most one. Together that is *room*.
    """

    kinds: tuple[str, ...]
    """Names of the kinds that are short together, in the order they were given."""
    needed: int
    """Placements of these kinds."""
    room: int
    """The most of them that can be placed; less than *needed*."""
    people: tuple[AssigneeId, ...]
    """Who may take any of these kinds."""
    full: tuple[AssigneeId, ...]
    """Those of them whose limits are in the way; nobody where there are too few people for the copies."""


@attrs.define
class NotEnoughRoom(Infeasible):
    """Limits, eligibility, teams and copies leave no way; nothing was matched.

    >>> board = Board([Kind("fr", size=120, copies=2, eligible=("ann", "bob"))], {"ann": 90, "bob": 99})
    >>> board.place()
    Traceback (most recent call last):
    ...
    distribution.eligibility.NotEnoughRoom: kind 'fr' needs 240 copies, and the 2 people who may take it \
have room for 189; raise their limits, make more people eligible, or ask for fewer copies
    """

    shortages: tuple[Shortage, ...]
    """One for each group of kinds with people of its own; at least one. The sentence tells the first."""

    def __str__(self) -> str:
        """Build the sentence."""
        return f"{self.what}, and {self.why}; {self.remedy}"


class Board:
    """The network of kinds, teams and people, and what flows through it.

    >>> board = Board([Kind("fr", size=3, eligible=("ann", "bob"))], {"ann": 2, "bob": None})
    >>> board.place()
    >>> board.amounts()
    {'fr': {'ann': 2, 'bob': 1}}

    Raises:
        InvalidInput: a name or a limit cannot be used.
    """

    def __init__(
        self,
        kinds: Sequence[Kind],
        room: Mapping[AssigneeId, int | None],
        teams: Mapping[AssigneeId, str] | None = None,
    ) -> None:
        self.kinds = _checked(kinds)
        self.people = limits(room)
        """Limit of each assignee."""
        self.teams = {
            name: check_id(team, f"team of {shown(name)}")
            for name, team in named(teams, self.people, "teams").items()
        }
        """Team of each assignee who is in one."""
        self.node = {name: at for at, name in enumerate(self.people, len(self.kinds))}
        """Number of an assignee's node; kinds have the numbers before."""
        teamed = [side_by_side(kind.eligible, self.teams) for kind in self.kinds]
        between = sum(len(members) > 1 for groups in teamed for members in groups)
        self.nodes = range(len(self.kinds) + len(self.people) + between)
        self.network = Network(len(self.nodes))
        self.arcs: list[dict[AssigneeId, int]] = []
        """Of each kind: the arc that leads to an assignee."""
        free = iter(self.nodes[len(self.kinds) + len(self.people) :])
        for at, groups in enumerate(teamed):
            self.arcs.append(self._joined(at, groups, free))

    def _joined(self, at: int, groups: list[list[AssigneeId]], free: Iterator[int]) -> dict[AssigneeId, int]:
        """Lead a kind to its people, through a node of their own where several are in one team."""
        kind, arcs = self.kinds[at], {}
        for members in groups:
            tail = at
            if len(members) > 1:
                tail = next(free)
                self.network.join(at, tail, kind.size)
            for name in members:
                if name not in self.node:
                    raise InvalidInput(
                        subject=f"eligible of kind {shown(kind.name)}",
                        must="have a limit in room",
                        got=name,
                        remedy="give one, or None for no limit",
                    )
                arcs[name] = self.network.join(tail, self.node[name], kind.size)
        return arcs

    def most(self) -> dict[AssigneeId, int]:
        """Give for each assignee what she could take at most if nobody else were there."""
        sizes = dict.fromkeys(self.people, 0)
        for kind in self.kinds:
            for name in kind.eligible:
                sizes[name] += kind.size
        return {
            name: size if limit is None else min(limit, size)
            for (name, size), limit in zip(sizes.items(), self.people.values(), strict=True)
        }

    def place(self) -> None:
        """Find any way to place everything.

        Runtime: one maximum flow in a network of one arc for each kind and eligible assignee.

        Raises:
            NotEnoughRoom: there is none.
        """
        excess = {at: kind.needed for at, kind in enumerate(self.kinds)}
        # Nobody without a limit is ever full: one more than there is stays free.
        endless = sum(excess.values()) + 1
        lack = {self.node[name]: endless if limit is None else limit for name, limit in self.people.items()}
        self.network.push(excess, lack, self.nodes)
        groups: list[set[int]] = []
        for at, left in excess.items():
            if left:
                stuck = self.network.reach([at], self.nodes)
                meeting = [group for group in groups if group & stuck]
                groups = [group for group in groups if not group & stuck] + [stuck.union(*meeting)]
        if groups:
            raise self._refusal([self._shortage(group) for group in sorted(groups, key=min)])

    def _shortage(self, stuck: set[int]) -> Shortage:
        """Add up what the kinds on this side of the cut need, and what can leave it."""
        kinds = [kind for at, kind in enumerate(self.kinds) if at in stuck]
        full = {
            name: limit
            for name, limit in self.people.items()
            if limit is not None and self.node[name] in stuck
        }
        once = sum(
            kind.size
            for kind in kinds
            for members in side_by_side(kind.eligible, self.teams)
            if not full.keys() >= set(members)
        )
        able = {name for kind in kinds for name in kind.eligible}
        return Shortage(
            kinds=tuple(kind.name for kind in kinds),
            needed=sum(kind.needed for kind in kinds),
            room=sum(full.values()) + once,
            people=tuple(name for name in self.people if name in able),
            full=tuple(full),
        )

    def _refusal(self, shortages: list[Shortage]) -> NotEnoughRoom:
        """Say the first shortage in words."""
        first = shortages[0]
        need, it = ("need", "them") if len(first.kinds) > 1 else ("needs", "it")
        ways = ["make more people eligible", "ask for fewer copies"]
        return NotEnoughRoom(
            what=f"{_listed(first.kinds)} {need} {first.needed} copies",
            why=self._why(first, it) if first.people else f"nobody may take {it}",
            remedy=f"raise their limits, {ways[0]}, or {ways[1]}" if first.full else " or ".join(ways),
            shortages=tuple(shortages),
        )

    def _why(self, short: Shortage, it: str) -> str:
        """Say what people have room for, and where that is not their limits alone."""
        count = len(short.people)
        who = (
            f"the person who may take {it} has"
            if count == 1
            else f"the {count} people who may take {it} have"
        )
        if len(short.full) == count:
            return f"{who} room for {short.room}"
        return f"{who} room for {short.room}, no item twice for anyone{' or any team' if self.teams else ''}"

    def amounts(self) -> dict[str, dict[AssigneeId, int]]:
        """Give how many items of each kind each assignee takes; who takes none is left out."""
        flow = self.network.flow
        return {
            kind.name: {name: flow(arc) for name, arc in arcs.items() if flow(arc)}
            for kind, arcs in zip(self.kinds, self.arcs, strict=True)
        }

    def loads(self) -> dict[AssigneeId, int]:
        """Give what each assignee takes of all kinds together."""
        loads = dict.fromkeys(self.people, 0)
        for arcs in self.arcs:
            for name, arc in arcs.items():
                loads[name] += self.network.flow(arc)
        return loads


def _listed(kinds: Sequence[str]) -> str:
    """Name kinds in words, the first three of many."""
    names = ", ".join(shown(name) for name in kinds[:3])
    more = f" and {len(kinds) - 3} more" if len(kinds) > 3 else ""
    return f"{'kinds' if len(kinds) > 1 else 'kind'} {names}{more}"


def named(
    given: Mapping[AssigneeId, V] | None, people: Mapping[AssigneeId, object], subject: str
) -> dict[AssigneeId, V]:
    """Return what is said of people, if all of them are known.

    Raises:
        InvalidInput: it is no mapping, or names somebody else.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise InvalidInput(subject=subject, must="map assignees to values", got=given)
    for name in given:
        if name not in people:
            raise InvalidInput(subject=subject, must="name people in room only", got=name)
    return dict(given)


def _checked(kinds: Sequence[Kind]) -> tuple[Kind, ...]:
    """Check that kinds are kinds, and names unique."""
    if not isinstance(kinds, Sequence):
        raise InvalidInput(subject="kinds", must="be a sequence of Kind", got=kinds)
    seen: set[str] = set()
    for kind in kinds:
        if not isinstance(kind, Kind):
            raise InvalidInput(subject="kinds", must="hold nothing but Kind", got=kind)
        if kind.name in seen:
            raise InvalidInput(subject="kinds", must="have different names", got=kind.name)
        seen.add(kind.name)
    return tuple(kinds)


def limits(room: Mapping[AssigneeId, int | None]) -> dict[AssigneeId, int | None]:
    """Return the limit of each assignee, None for no limit, if all can be used.

    Raises:
        InvalidInput: it is no mapping, or a name or a limit cannot be used.
    """
    if not isinstance(room, Mapping):
        raise InvalidInput(subject="room", must="map assignees to limits", got=room)
    return {
        check_id(name, "assignee id"): None if limit is None else check_count(limit, f"room of {shown(name)}")
        for name, limit in room.items()
    }


def side_by_side(people: Sequence[AssigneeId], teams: Mapping[AssigneeId, str]) -> list[list[AssigneeId]]:
    """Group people by team, in the order in which teams first appear.

    >>> side_by_side(["ann", "bob", "eve"], {"ann": "red", "eve": "red"})
    [['ann', 'eve'], ['bob']]
    """
    groups: dict[Hashable, list[AssigneeId]] = {}
    for name in people:
        groups.setdefault((True, teams[name]) if name in teams else (False, name), []).append(name)
    return list(groups.values())
