"""Static distribution where rules keep some people from some items: exact, and as fair as can be.

Holds: which people each item goes to, from what rules say of it.
Does not hold: the rules (see rules), the flow (see matching), plans (see static).
Depends on: eligibility, errors, matching, overlap, rules, values, workload.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from distribution.eligibility import Kind, NotEnoughRoom, Shortage, side_by_side
from distribution.errors import in_words
from distribution.matching import Matching, match, spread
from distribution.overlap import held
from distribution.rules import Marks, Rules
from distribution.values import AssigneeId
from distribution.workload import Workload


def fit(
    rules: Rules, workload: Workload, marks: Sequence[Marks], copies: Sequence[int], slots: Sequence[int]
) -> tuple[list[tuple[int, ...]], list[int]]:
    """Give the teams that share items, and which of them each item goes to, by position.

    Items with the same marks are alike; of each kind everybody gets a number. Where the
    rules leave a way to it, loads are what they would be without rules; else, measured by
    the shares, they are as even as the rules allow (see `match`). The kind's items go
    around in the order of their slots. Pairs are not balanced.

    Runtime: O(copies), and flows between kinds and people.

    Raises:
        NotEnoughRoom: a kind has fewer people than it needs copies; it is named.
    """
    kinds: dict[tuple[Marks, int], list[int]] = {}
    for at in sorted(range(len(marks)), key=slots.__getitem__):
        kinds.setdefault((marks[at], copies[at]), []).append(at)
    names, place = workload.assignees, {name: at for at, name in enumerate(workload.assignees)}
    able = {name: share for name, share in zip(names, workload.shares, strict=True) if share}
    teams = {name: team for name, team in rules.teams.items() if name in able}
    asked = [
        Kind(
            str(number),
            size=len(found),
            copies=count,
            eligible=tuple(name for name in able if rules.bars(name, of) is None),
        )
        for number, ((of, count), found) in enumerate(kinds.items())
    ]
    _check_people([(kind, _said(of)) for kind, (of, _) in zip(asked, kinds, strict=True)], teams)
    matching = _matched(asked, able, teams, _wanted(workload, copies))
    # Everybody alone comes first, so that there are parts where there are no items.
    parts: dict[tuple[int, ...], int] = {(at,): at for at in range(len(names))}
    owners = [0] * len(marks)
    for kind, found in zip(asked, kinds.values(), strict=True):
        line = spread(matching.amounts[kind.name], size=kind.size, copies=kind.copies, teams=teams)
        for at, team in zip(found, line, strict=True):
            owners[at] = parts.setdefault(tuple(sorted([place[name] for name in team])), len(parts))
    return list(parts), owners


def _wanted(workload: Workload, copies: Sequence[int]) -> dict[AssigneeId, int]:
    """Give how many copies everybody would have if there were no rules."""
    most = max(copies, default=1)
    free = held(workload.shares, len(copies), sum(count > 1 for count in copies), most)
    counts = [shared + alone for shared, alone in zip(free.overlapped, free.alone, strict=True)]
    return dict(zip(workload.assignees, counts, strict=True))


def _matched(
    kinds: Sequence[Kind],
    able: Mapping[AssigneeId, int],
    teams: Mapping[AssigneeId, str],
    wanted: Mapping[AssigneeId, int],
) -> Matching:
    """Bring everybody to what is wanted, or else as near to her share as there is a way."""
    try:
        return match(kinds, {name: wanted[name] for name in able}, teams=teams)
    except NotEnoughRoom:
        return match(kinds, dict.fromkeys(able), teams=teams, weights=able)


def _check_people(kinds: Sequence[tuple[Kind, str]], teams: Mapping[AssigneeId, str]) -> None:
    """Refuse items that too few people may take for their copies."""
    several = [(kind, said, len(side_by_side(kind.eligible, teams))) for kind, said in kinds]
    short = [(kind, said, people) for kind, said, people in several if people < kind.copies]
    if short:
        kind, said, _ = short[0]
        goal = "somebody" if kind.copies == 1 else f"{kind.copies} different people each"
        who = f"only {in_words(kind.eligible)}" if kind.eligible else "nobody who carries a load"
        each = ", of each team one" if len(kind.eligible) >= kind.copies else ""
        rest = f"; so it is with {len(short) - 1} more of {len(kinds)} kinds" if len(short) > 1 else ""
        raise NotEnoughRoom(
            what=f"{said} ({kind.size}) are to go to {goal}",
            why=f"{who} may take them{each}{rest}",
            remedy="let more people take them, ask for fewer copies, or leave them out",
            shortages=tuple(
                Shortage(kinds=(said,), needed=k.needed, room=people * k.size, people=k.eligible, full=())
                for k, said, people in short
            ),
        )


def _said(marks: Marks) -> str:
    """Say in words which items are meant."""
    needs, blocked, reserved = (in_words(sorted(part or ())) for part in marks)
    said = [f"need {needs}"] if needs else []
    said += [f"are barred to {blocked}"] if blocked else []
    said += [f"are reserved for {reserved}"] if reserved else []
    return f"items that {' and '.join(said)}" if said else "items for everybody"
