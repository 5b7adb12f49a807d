"""What of an item keeps whom from it: skills, reservations, conflicts, teams.

Holds: the rules of a task, and what they say of one person and one item.
Does not hold: what she had of the item before (see taking), who gets what (see handing,
matching).
Depends on: bars, errors, filters, values.

Rules speak of item attributes by their path, and of people by id. An attribute names one
thing or a list of them; an item without it is free for everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import attrs

from distribution.bars import Bar
from distribution.errors import InvalidInput
from distribution.filters import AllOf, AnyOf, Filter, check_path, field, kind, reach
from distribution.values import AssigneeId, Json, check_id

Marks: TypeAlias = tuple[frozenset[str], frozenset[str], frozenset[str] | None]
"""What an item says: skills it needs, who must not take it, who alone may; None for anybody."""


def _path(value: str | None) -> str | None:
    return None if value is None else check_path(value, "path of a rule")


def _teams(value: Mapping[AssigneeId, str]) -> Mapping[AssigneeId, str]:
    if not isinstance(value, Mapping):
        raise InvalidInput(subject="teams", must="map assignees to the names of their teams", got=value)
    return {check_id(who, "assignee id"): check_id(team, f"team of {who!r}") for who, team in value.items()}


def _skills(value: Mapping[AssigneeId, Iterable[str]]) -> Mapping[AssigneeId, tuple[str, ...]]:
    if not isinstance(value, Mapping):
        raise InvalidInput(subject="skills", must="map assignees to lists of skills", got=value)
    found = {}
    for who, skills in value.items():
        if isinstance(skills, str) or not isinstance(skills, Sequence):
            raise InvalidInput(subject=f"skills of {who!r}", must="be a list of skills", got=skills)
        found[check_id(who, "assignee id")] = tuple(check_id(skill, f"skill of {who!r}") for skill in skills)
    return found


@attrs.frozen(kw_only=True)
class Rules:
    """Who may take which items.

    >>> rules = Rules(needs="language", skills={"ann": ["fr", "de"]}, blocked="author")
    >>> print(rules.why_not("bob", {"language": "fr"}))
    needs 'fr', which she does not have
    >>> rules.why_not("ann", {"language": ["fr", "de"], "author": "bob"}) is None
    True

    Raises:
        InvalidInput: a path, a name or a skill cannot be used; or one side of a rule is missing.
    """

    needs: str | None = attrs.field(default=None, converter=_path)
    """Path of the attribute that names the skills an item needs: all of them."""
    skills: Mapping[AssigneeId, tuple[str, ...]] = attrs.field(factory=dict, converter=_skills, hash=False)
    """Who has which; nobody else has any."""
    blocked: str | None = attrs.field(default=None, converter=_path)
    """Path of the attribute that names who must not take an item: its author, a relative."""
    reserved: str | None = attrs.field(default=None, converter=_path)
    """Path of the attribute that names who alone may take an item."""
    teams: Mapping[AssigneeId, str] = attrs.field(factory=dict, converter=_teams, hash=False)
    """At most one of a team has an item; who is in none is nobody's team mate."""

    def __attrs_post_init__(self) -> None:
        """Refuse skills that nothing asks for."""
        if self.skills and self.needs is None:
            remedy = "name the item attribute that says which skill is needed"
            raise InvalidInput(subject="rules with skills", must="say needs", got=None, remedy=remedy)

    def marks(self, attributes: Mapping[str, Json]) -> Marks:
        """Give all that rules look at of an item; items with the same marks are alike to everybody."""
        reserved = None if self.reserved is None else _names(attributes, self.reserved)
        return (
            frozenset() if self.needs is None else _names(attributes, self.needs),
            frozenset() if self.blocked is None else _names(attributes, self.blocked),
            reserved or None,
        )

    def why_not(self, who: AssigneeId, attributes: Mapping[str, Json]) -> Bar | None:
        """Tell what of an item keeps her from it; None where nothing does. Team mates are not looked at."""
        return self.bars(who, self.marks(attributes))

    def bars(self, who: AssigneeId, marks: Marks) -> Bar | None:
        """Tell which of an item's marks keep her from it."""
        needs, blocked, reserved = marks
        if who in blocked:
            return Bar("blocked", ())
        if reserved is not None and who not in reserved:
            return Bar("reserved", tuple(sorted(reserved)))
        missing = needs - set(self.skills.get(who, ()))
        return Bar("skills", tuple(sorted(missing))) if missing else None

    def mates(self, who: AssigneeId, others: Iterable[AssigneeId]) -> Iterator[AssigneeId]:
        """Name those of *others* who are of her team."""
        team = self.teams.get(who)
        return (
            other for other in others if team is not None and other != who and self.teams.get(other) == team
        )

    def preselects(self, who: AssigneeId) -> Filter:
        """Give a filter over items that lets all through which she may take, and not many others.

        Where an item needs several skills, one of them is enough for the filter; of a list
        an empty name is.
        """
        clauses: list[Filter] = []
        if self.needs is not None:
            clauses.append(_free_or(self.needs, self.skills.get(who, ())))
        if self.blocked is not None:
            clauses.append(field(self.blocked).not_in([who]))
        if self.reserved is not None:
            clauses.append(_free_or(self.reserved, [who]))
        return AllOf(tuple(clauses))


PLAIN = {str, type(None)}
"""Types of what can be told apart by comparing it: 1 would be True."""


class Marking:
    """Numbers what items say to the rules: the same marks, the same number; a million items share the few there are.

    >>> marking = Marking(Rules(blocked="author"))
    >>> [marking.number({"author": "ann"}), marking.number({}), marking.number({"author": ["ann"]})]
    [0, 1, 0]
    >>> [sorted(blocked) for _, blocked, _ in marking.marks]
    [['ann'], []]
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.marks: list[Marks] = []
        """By number."""
        self._number: dict[Marks, int] = {}
        self._paths = [path for path in (rules.needs, rules.blocked, rules.reserved) if path is not None]
        self._flat = not any("." in path for path in self._paths)
        self._said: dict[tuple[Json, ...], int] = {}
        """Numbers by what stands in the item, where that is a name or nothing: then nobody has to read it again."""

    def number(self, attributes: Mapping[str, Json]) -> int:
        """Give the number of an item's marks."""
        said: tuple[Json, ...] = ()
        if self._flat:
            said = tuple([attributes.get(path) for path in self._paths])
            if not {*map(type, said)} - PLAIN:
                found = self._said.get(said)
                if found is not None:
                    return found
            else:
                said = ()
        marks = self.rules.marks(attributes)
        number = self._number.setdefault(marks, len(self._number))
        if number == len(self.marks):
            self.marks.append(marks)
        if said:
            self._said[said] = number
        return number


def _free_or(path: str, names: Sequence[str]) -> Filter:
    """Let items through that name nobody and nothing there, or one of these."""
    return AnyOf((field(path).empty(), field(path).is_in([*names, "", None])))


def check_rules(value: object) -> Rules | None:
    """Return rules, or None, else raise.

    Raises:
        InvalidInput: they are something else.
    """
    if value is not None and not isinstance(value, Rules):
        raise InvalidInput(
            subject="rules", must="be Rules", got=value, remedy="use Rules(needs=..., skills=...)"
        )
    return value


def _names(attributes: Mapping[str, Json], path: str) -> frozenset[str]:
    """Read one name or a list of them; what is no text is a name nobody has, for no id has a line break."""
    found: set[str] = set()
    for value in reach(dict(attributes), path):
        for part in value if isinstance(value, (list, tuple)) else [value]:
            if part not in (None, ""):
                found.add(part if isinstance(part, str) else f"{part}\n({kind(part)})")
    return frozenset(found)
