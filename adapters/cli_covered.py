"""How well pairs of people are covered, for people and for programs; shared by create, plan and agreement."""

from __future__ import annotations

from adapters.cli_output import note
from adapters.wording import listed, many
from distribution.coverage import Coverage, Covered
from distribution.values import Json

SHOWN = 8
"""Islands that are named."""


def warn_of_islands(covered: Covered, items: int, *, ruled: bool, waiting: int = 0) -> None:
    """Warn where some people cannot be compared, and say what would help.

    *items* is how many the task has, *ruled* whether rules keep some people from some of
    them; *waiting* are copies that nobody has yet.
    """
    if covered.islands < 2:
        return
    ways = []
    if covered.items < items and not waiting:
        ways.append("let more items overlap")
    elif not ruled and not waiting:
        ways.append("let more people share an item")
    if ruled:
        ways.append("let the rules keep fewer people from items")
    if waiting:
        ways.append(f"wait until more of the {many(waiting, 'copy', 'copies')} left are handed out")
    named = " | ".join(listed(list(group)) for group in covered.groups[:SHOWN])
    rest = covered.islands - SHOWN
    note(
        f"warning: {many(covered.islands, 'island')} that no overlapped item connects: {named}"
        f"{f' | and {rest} more' if rest > 0 else ''}; to compare everybody with everybody {' or '.join(ways)}"
    )


def coverage_data(coverage: Coverage) -> dict[str, Json]:
    """Write how well pairs are covered for programs."""
    pairs: list[Json] = [{"assignees": list(pair), "items": count} for pair, count in coverage.pairs.items()]
    return {
        "items": coverage.items,
        "copies": coverage.copies,
        "least": coverage.least,
        "most": coverage.most,
        "islands": [list(group) for group in coverage.groups],
        "efficiency": round(coverage.efficiency, 4),
        "capped": list(coverage.capped),
        "pairs": pairs,
    }
