"""Who shares how many items with whom, and who cannot be compared with the others."""

from __future__ import annotations

from adapters.pages.drawing import heat_map, shown
from adapters.pages.markup import Content, Html, el, joined
from adapters.pages.pieces import card, empty, name, table
from adapters.pages.visit import Visit
from adapters.watching import Sharing
from adapters.wording import many
from distribution.coverage import Coverage
from distribution.overview import TaskProgress
from distribution.task import Task

DRAWN, BESIDE = 24, 12
"""People on the map, and those of a map that leaves room for words beside it."""
COUNTED = 300
"""People whose pairs are counted."""
LOOKED = 10_000
"""Copies that are looked at, by their order: some hundredths of a second."""
LISTED = 60
"""Pairs that are listed."""


def sharing_card(visit: Visit, task: Task, now: TaskProgress) -> Html | None:
    """Show pair coverage of a task with overlap, as far as it has gone."""
    if task.overlap is None:
        return None
    if len(now.assignments) > COUNTED:
        words = f"{shown(len(now.assignments))} people make too many pairs to be counted here."
        return card("Who shares items with whom", empty(words), id_="pairs")
    found = visit.tasks.sharing(task.id, most=LOOKED)
    coverage = found.coverage
    if len(coverage.assignees) < 2:
        nothing = empty("Fewer than two people have anything yet.")
        return card("Who shares items with whom", nothing, id_="pairs", aside=str(task.overlap))
    names = coverage.assignees[:DRAWN]
    drawn = el(
        "div", heat_map(names, coverage.pairs), class_="scroll", tabindex=0, role="region", aria_label="Map"
    )
    rest = len(coverage.assignees) - DRAWN
    told = [
        el("p", _summary(coverage)),
        _islands(coverage),
        el("small", f"The map shows the first {DRAWN} people, {rest} more are in the list.")
        if rest > 0
        else None,
        _bound(found),
        _listed(coverage),
    ]
    return card(
        "Who shares items with whom",
        el("div", el("div", told), el("div", drawn), class_="split" if len(names) <= BESIDE else "stack"),
        id_="pairs",
        aside=str(task.overlap),
    )


def _summary(coverage: Coverage) -> str:
    """Say how evenly people meet."""
    begun = "1 item is" if coverage.items == 1 else f"{shown(coverage.items)} items are"
    begun += " with two people or more"
    if coverage.least:
        span = (
            f"{shown(coverage.least)}"
            if coverage.least == coverage.most
            else f"{shown(coverage.least)} to {shown(coverage.most)}"
        )
        return f"{begun}; every two share {span}."
    return f"{begun}; {shown(coverage.met)} of {many(len(coverage.pairs), 'pair')} share any."


def _islands(coverage: Coverage) -> Content:
    """Name the islands, where there are several."""
    if coverage.islands < 2:
        return el("p", "One group: a chain of shared items connects everybody.")
    groups = [
        el("li", el("span", joined((name(who, "who") for who in group), ", "))) for group in coverage.groups
    ]
    words = f"{coverage.islands} islands: nobody of one can be compared with anybody of another."
    return [el("p", el("b", words)), el("ol", groups, class_="rows islands")]


def _listed(coverage: Coverage) -> Html:
    """List the pairs that share the most, and say so where there are more."""
    pairs = sorted(coverage.pairs.items(), key=lambda pair: -pair[1])
    rows = [(name(one, "who"), name(other, "who"), shown(count)) for (one, other), count in pairs[:LISTED]]
    title = f"The {LISTED} pairs that share most" if len(pairs) > LISTED else "As a list"
    return el(
        "details",
        el("summary", title),
        table(["One", "Other", "Share"], rows, label="Pairs", right=("Share",)),
    )


def _bound(found: Sharing) -> Html | None:
    if found.whole:
        return None
    words = (
        f"Counted over the first {shown(found.placements)} copies that somebody has or had, by their order."
    )
    return el("small", words)
