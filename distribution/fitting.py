"""Static distribution where rules keep some people from some items: exact, and as fair as can be.

Holds: which people each item goes to, from what rules say of it.
Does not hold: the rules (see rules), the flow (see matching), plans (see static).
Depends on: eligibility, matching, rules, workload.
"""

from __future__ import annotations

from collections.abc import Sequence

from distribution.eligibility import Kind
from distribution.matching import match, spread
from distribution.rules import Marks, Rules
from distribution.workload import Workload


def fit(
    rules: Rules, workload: Workload, marks: Sequence[Marks], copies: Sequence[int], slots: Sequence[int]
) -> tuple[list[tuple[int, ...]], list[int]]:
    """Give the teams that share items, and which of them each item goes to, by position.

    Items with the same marks are alike; of each kind everybody gets a number, so that
    loads, measured by the shares, are as even as the rules allow (see `match`), and the
    kind's items go around in the order of their slots. Pairs are not balanced.

    Runtime: O(copies), and a flow between kinds and people.

    Raises:
        NotEnoughRoom: a kind has fewer people than it needs copies; it is named.
    """
    kinds: dict[tuple[Marks, int], list[int]] = {}
    for at in sorted(range(len(marks)), key=slots.__getitem__):
        kinds.setdefault((marks[at], copies[at]), []).append(at)
    names, place = workload.assignees, {name: at for at, name in enumerate(workload.assignees)}
    able = [name for name, share in zip(names, workload.shares, strict=True) if share]
    asked = [
        Kind(
            _said(of) + (f", by {count} people each" if count > 1 else ""),
            size=len(found),
            copies=count,
            eligible=tuple(name for name in able if rules.bars(name, of) is None),
        )
        for (of, count), found in kinds.items()
    ]
    weights = dict(zip(names, workload.shares, strict=True))
    matching = match(
        asked, dict.fromkeys(able), teams=rules.teams, weights={name: weights[name] for name in able}
    )
    parts: dict[tuple[int, ...], int] = {}
    owners = [0] * len(marks)
    for kind, found in zip(asked, kinds.values(), strict=True):
        amounts = matching.amounts[kind.name]
        line = spread(amounts, size=kind.size, copies=kind.copies, teams=rules.teams)
        for at, team in zip(found, line, strict=True):
            owners[at] = parts.setdefault(tuple(sorted(place[name] for name in team)), len(parts))
    return list(parts), owners


def _said(marks: Marks) -> str:
    """Say in words which items are meant."""
    needs, blocked, reserved = ("; ".join(sorted(part)) if part else "" for part in marks)
    said = [f"need {needs}"] if needs else []
    said += [f"are barred to {blocked}"] if blocked else []
    said += [f"are reserved for {reserved}"] if reserved else []
    return f"items that {' and '.join(said)}" if said else "items for everybody"
