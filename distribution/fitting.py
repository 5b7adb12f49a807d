"""Static distribution where rules keep some people from some items: exact, as fair and as mixed as can be.

Holds: which people each item goes to, from what rules say of it; how often people are to meet.
Does not hold: the rules (see rules), the flow (see matching), whose work goes to whom (see
mixing), the search for better teams (see exchange), plans (see static).
Depends on: apportion, eligibility, errors, exchange, matching, mixing, overlap, rules,
teams, values, workload.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import attrs

from distribution.apportion import apportion
from distribution.eligibility import Kind, NotEnoughRoom, Shortage, side_by_side
from distribution.errors import in_words
from distribution.exchange import Exchange
from distribution.matching import Matching, match, stretches
from distribution.mixing import mixed
from distribution.overlap import held
from distribution.rules import Marks, Rules
from distribution.teams import Team, expected_pairs
from distribution.values import AssigneeId
from distribution.workload import Workload


@attrs.frozen(kw_only=True)
class Marked:
    """Items and the rules that are to be kept to."""

    rules: Rules
    marks: Sequence[Marks]
    """What items say to them, each once."""
    which: Sequence[int]
    """Which of it each item says, by position."""


@attrs.frozen
class Lot:
    """Items alike: the same people may take them, and the same people made them."""

    kind: Kind
    authors: frozenset[str]
    """Whom they are blocked for; nobody where that does not matter."""


MOST_LOTS = 1000
"""More are not told apart by their authors."""


def bars_nobody(rules: Rules, workload: Workload, marks: Sequence[Marks]) -> bool:
    """Tell whether everybody who carries a load may take everything, also together with all others."""
    able = _able(workload)
    teams = [rules.teams[name] for name in able if name in rules.teams]
    return len(set(teams)) == len(teams) and all(
        rules.bars(name, of) is None for of in marks for name in able
    )


def fit(
    items: Marked, workload: Workload, copies: Sequence[int], slots: Sequence[int]
) -> tuple[list[Team], list[int]]:
    """Give the teams that share items, and which of them each item goes to, by position.

    Items have so many *copies*: one, or several, as many each.

    Loads: where the rules leave a way to it everybody has what she would have without
    them; else loads, measured by the shares, are as even as the rules allow (see `match`).
    That is exact. Nobody ever has what she may not, nor twice, nor with a team mate.

    Authors: where items are blocked for their authors, those of each go to all others as
    nearly as can be in proportion to the loads, also of authors who take no part (see `mixed`).

    Pairs: people then change places, loads unchanged, so that everybody meets everybody as
    often as chance would let her if there were no rules, as nearly as a local search finds
    (see `Exchange`), nobody having more or less of an author's work than her part, by an
    item or than before. Islands are joined where it finds a way: where few are barred, as soon
    as there are items enough. Of the items that overlap everybody has her part, in the same way.

    Items of the same authors that the same people may take are alike; they go around in the
    order of their slots.

    Runtime: O(items), flows between kinds and people, and a search of a second at most.

    Raises:
        NotEnoughRoom: a kind has fewer people than it needs copies; it is named.
    """
    shares, rules = _able(workload), items.rules
    teams = {name: team for name, team in rules.teams.items() if name in shares}
    # A number for each mark and whether several people share the item.
    keys = [2 * mark + (count > 1) for mark, count in zip(items.which, copies, strict=True)]
    most = max(copies, default=1)
    kinds = {
        key: Kind(
            str(key),
            size=size,
            copies=most if key % 2 else 1,
            eligible=tuple(name for name in shares if rules.bars(name, items.marks[key // 2]) is None),
        )
        for key, size in sorted(Counter(keys).items())
    }
    _check_people([(kind, _said(items.marks[key // 2])) for key, kind in kinds.items()], teams)
    lots, lot_of = _lots(kinds, {key: items.marks[key // 2][1] for key in kinds})
    table = _table(lots, workload, teams, _wanted(workload, copies))
    # Everybody alone comes first, so that there are parts where there are no items.
    parts: dict[Team, int] = {(at,): at for at in range(len(workload))}
    owners = [0] * len(keys)
    for found, rows in zip(_in_line(keys, lot_of, slots, len(lots)), table, strict=True):
        start = 0
        for team, count in rows.items():
            part = parts.setdefault(team, len(parts))
            for at in found[start : start + count]:
                owners[at] = part
            start += count
    return list(parts), owners


def _able(workload: Workload) -> dict[AssigneeId, int]:
    """Give those who carry a load, and their shares."""
    return {name: share for name, share in zip(workload.assignees, workload.shares, strict=True) if share}


def _wanted(workload: Workload, copies: Sequence[int]) -> dict[AssigneeId, int]:
    """Give how many copies everybody would have if there were no rules."""
    most = max(copies, default=1)
    free = held(workload.shares, len(copies), sum(count > 1 for count in copies), most)
    counts = [shared + alone for shared, alone in zip(free.overlapped, free.alone, strict=True)]
    return dict(zip(workload.assignees, counts, strict=True))


def _lots(
    kinds: Mapping[int, Kind], authors: Mapping[int, frozenset[str]]
) -> tuple[list[Lot], dict[int, int]]:
    """Put kinds together that are alike; give them, and where each kind is.

    Where that are more than can be evened out, authors are told apart only by who may take
    their items.
    """
    if len({(kind.eligible, kind.copies, authors[key]) for key, kind in kinds.items()}) > MOST_LOTS:
        authors = dict.fromkeys(kinds, frozenset())
    sizes: dict[tuple[tuple[AssigneeId, ...], int, frozenset[str]], int] = {}
    for key, kind in kinds.items():
        what = kind.eligible, kind.copies, authors[key]
        sizes[what] = sizes.get(what, 0) + kind.size
    number = {what: at for at, what in enumerate(sizes)}
    lots = [
        Lot(Kind(str(at), size=size, copies=copies, eligible=eligible), made_by)
        for at, ((eligible, copies, made_by), size) in enumerate(sizes.items())
    ]
    return lots, {key: number[kind.eligible, kind.copies, authors[key]] for key, kind in kinds.items()}


def _in_line(
    keys: Sequence[int], lot_of: Mapping[int, int], slots: Sequence[int], count: int
) -> list[list[int]]:
    """Give the positions of the items of each lot in the order of their slots."""
    line = [0] * len(keys)
    for at, slot in enumerate(slots):
        line[slot] = at
    found: list[list[int]] = [[] for _ in range(count)]
    for at in line:
        found[lot_of[keys[at]]].append(at)
    return found


def _table(
    lots: Sequence[Lot],
    workload: Workload,
    teams: Mapping[AssigneeId, str],
    wanted: Mapping[AssigneeId, int],
) -> list[dict[Team, int]]:
    """Say for each lot which teams share how many of its items."""
    place = {name: at for at, name in enumerate(workload.assignees)}
    kinds = [lot.kind for lot in lots]
    matching = _matched(kinds, _able(workload), teams, wanted)
    if any(lot.authors for lot in lots):
        free = [kind for kind in kinds if kind.copies == 1 or not teams]
        matching = mixed(free, matching, {lot.kind.name: lot.authors for lot in lots})
    table: list[dict[Team, int]] = []
    for lot in kinds:
        rows: dict[Team, int] = {}
        for names, count in stretches(
            matching.amounts[lot.name], size=lot.size, copies=lot.copies, teams=teams
        ):
            team = tuple(sorted([place[name] for name in names]))
            rows[team] = rows.get(team, 0) + count
        table.append(rows)
    shared = [lot for lot in kinds if lot.copies > 1]
    if shared:
        able = [{place[name] for name in lot.eligible} for lot in kinds]
        side = {name: at for at, names in enumerate(side_by_side(list(place), teams)) for name in names}
        loads = [matching.loads.get(name, 0) for name in place]
        sides, wishes = list(map(side.__getitem__, place)), _meetings(shared, place, loads)
        Exchange(able, table, sides, wishes, [lot.authors or None for lot in lots]).run()
    return table


def _meetings(
    shared: Sequence[Kind], place: Mapping[AssigneeId, int], loads: Sequence[int]
) -> list[list[float]]:
    """Say how often each two are to meet: as chance would have it, were there no rules but these loads.

    At a person herself stands how many items she is to share: her part by load, and at
    least one where that is enough to connect everybody.
    """
    sizes = [0] * len(place)
    for lot in shared:
        for name in lot.eligible:
            sizes[place[name]] += lot.size
    items, k = sum(lot.size for lot in shared), shared[0].copies
    caps = [min(load, size) for load, size in zip(loads, sizes, strict=True)]
    connected = sum(cap > 0 for cap in caps) <= items * (k - 1) + 1
    floors = [min(cap, 1) if connected else 0 for cap in caps]
    parts = apportion(loads, k * items, floors=floors, caps=caps)
    wanted = expected_pairs(parts, items, k)
    for at, part in enumerate(parts):
        wanted[at][at] = float(part)
    return wanted


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


def _check_people(
    kinds: Sequence[tuple[Kind, str]],
    teams: Mapping[AssigneeId, str],
    nobody: str = "nobody who carries a load",
) -> None:
    """Refuse items that too few people may take for their copies."""
    several = [(kind, said, len(side_by_side(kind.eligible, teams))) for kind, said in kinds]
    short = [(kind, said, people) for kind, said, people in several if people < kind.copies]
    if short:
        kind, said, _ = short[0]
        goal = "somebody" if kind.copies == 1 else f"{kind.copies} different people each"
        who = f"only {in_words(kind.eligible)}" if kind.eligible else nobody
        each = ", of each team one" if len(kind.eligible) >= kind.copies else ""
        rest = f"; so it is with {len(short) - 1} more of {len(kinds)} kinds" if len(short) > 1 else ""
        missing = sum(k.needed - people * k.size for k, _, people in short)
        lacking = "1 copy has nobody" if missing == 1 else f"{missing} copies have nobody"
        rest += f"; {lacking}" if len(short) > 1 or short[0][2] else ""
        raise NotEnoughRoom(
            what=f"{said} ({kind.size}) are to go to {goal}",
            why=f"{who} may take them{each}{rest}",
            remedy="let more people take them, ask for fewer copies, or leave them out",
            shortages=tuple(
                Shortage(kinds=(said,), needed=k.needed, room=people * k.size, people=k.eligible, full=())
                for k, said, people in short
            ),
        )


def check_people(items: Marked, people: Sequence[AssigneeId], copies: Sequence[int]) -> None:
    """Refuse items that too few of these people may ever take for their copies, as `fit` does.

    Raises:
        NotEnoughRoom: a kind has fewer people than it needs copies; it is named.
    """
    kinds = []
    for number, ((mark, count), size) in enumerate(Counter(zip(items.which, copies, strict=True)).items()):
        of = items.marks[mark]
        able = tuple(name for name in people if items.rules.bars(name, of) is None)
        kinds.append((Kind(str(number), size=size, copies=count, eligible=able), _said(of)))
    teams = {name: team for name, team in items.rules.teams.items() if name in people}
    _check_people(kinds, teams, "nobody of those who take part")


def _said(marks: Marks) -> str:
    """Say in words which items are meant."""
    needs, blocked, reserved = (in_words(sorted(part or ())) for part in marks)
    said = [f"need {needs}"] if needs else []
    said += [f"are barred to {blocked}"] if blocked else []
    said += [f"are reserved for {reserved}"] if reserved else []
    return f"items that {' and '.join(said)}" if said else "items for everybody"
