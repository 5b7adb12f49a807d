"""The people of a task: what each of them holds, and what a pull would answer her now."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from starlette.responses import Response

from adapters.pages.drawing import bar, shown
from adapters.pages.frame import page
from adapters.pages.markup import Content, Html, el, joined
from adapters.pages.pieces import assignment_parts, card, chip, empty, legend, name, pager, people_text
from adapters.pages.visit import Visit
from adapters.wording import many
from distribution.outcomes import Batch
from distribution.overview import Assignment, TaskProgress
from distribution.task import Task
from distribution.values import decimal_text

HERE, WHOLE = 12, 50
"""People on the page of a task, and on a page of their own."""
NAMED = 3
"""Items of a batch that are named."""


@attrs.frozen
class Shown:
    """Some of the people of a task, beside each other."""

    visit: Visit
    task: Task
    people: Sequence[Assignment]

    def previews(self) -> list[Batch | None]:
        """Tell for each what a pull would answer now; None where nobody pulls, or she has left."""
        pulled = self.task.pull is not None
        return [
            self.visit.tasks.preview(self.task.id, found.assignee)
            if pulled and found.state != "removed"
            else None
            for found in self.people
        ]

    def listed(self, previews: Sequence[Batch | None]) -> Html:
        """List them with their bars, as long as they hold much."""
        most = max((found.total + found.skipped for found in self.people), default=0)
        lines = [
            self._line(found, preview, most) for found, preview in zip(self.people, previews, strict=True)
        ]
        return el("ul", lines, class_="rows people")

    def _line(self, found: Assignment, preview: Batch | None, most: int) -> Html:
        hers = self.visit.to("tasks", self.task.id, "items", assignee=found.assignee)
        parts = assignment_parts(found)
        if not found.skipped:
            parts = parts[:2]
        who = el(
            "div",
            el("div", el("a", name(found.assignee), href=hers), self._state(found), class_="line"),
            el("small", joined(_terms(found), " · ")),
        )
        drawn = el(
            "div", bar(parts, f"What {found.assignee} holds", whole=most), legend(parts), class_="head"
        )
        return el("li", who, drawn, self._next(found, preview))

    def _state(self, found: Assignment) -> Html | None:
        """Tell how she stands, where that is not plain; who pulls may always get more."""
        if found.state != "active":
            return chip(found.state)
        return chip("completed") if found.progress == "completed" and self.task.pull is None else None

    def _next(self, found: Assignment, preview: Batch | None) -> Html | None:
        """Say what she would get, or why nothing."""
        if preview is None:
            if found.state != "active" or found.open:
                return None
            words = "All on her list is done." if found.done else "Nothing is on her list."
            return el("p", words, class_="says")
        if preview.reason is not None:
            return el("p", el("b", "Waits:"), el("bdi", str(preview.reason)), class_="says")
        items = joined((name(item, "id") for item in preview.items[:NAMED]), ", ")
        rest = len(preview.items) - NAMED
        more = f" and {shown(rest)} more" if rest > 0 else None
        return el("p", el("b", "Next:"), f"{many(len(preview))}, ", items, more, class_="says gets")


def _terms(found: Assignment) -> list[Content]:
    """Say on which terms she takes part."""
    terms: list[Content] = [] if found.load is None else [f"load {decimal_text(found.load)} %"]
    terms += [] if found.limit is None else [f"at most {found.limit}"]
    terms += [f"{shown(found.lost)} went back from her"] if found.lost else []
    return terms


def people_card(visit: Visit, task: Task, now: TaskProgress) -> Html:
    """Show the first of the people, and how many of them a pull would give something."""
    shown_ = Shown(visit, task, now.assignments[:HERE])
    previews = shown_.previews()
    rest = len(now.assignments) - HERE
    more = el("a", f"All {len(now.assignments)} people", href=visit.to("tasks", task.id, "people"))
    return card(
        "Who has what",
        shown_.listed(previews) if now.assignments else empty("Nobody takes part yet."),
        more if rest > 0 else None,
        id_="people",
        aside=_summary(task, previews, len(now.assignments)),
    )


def _summary(task: Task, previews: Sequence[Batch | None], people: int) -> str:
    """Say whether anybody waits."""
    asked = [preview for preview in previews if preview is not None]
    if task.pull is None:
        return people_text(people)
    able = sum(preview.reason is None for preview in asked)
    return f"{able} of {people_text(len(asked))} would get work now" if asked else people_text(people)


def people_page(visit: Visit) -> Response:
    """Show everybody, a page at a time."""
    task = visit.task()
    everybody = visit.tasks.progress(task.id).assignments
    after = max(visit.number("after") or 0, 0)
    shown_ = Shown(visit, task, everybody[after : after + WHOLE])
    rest = len(everybody) - after - WHOLE
    content = [
        el("div", el("h1", "People of ", name(task.name)), class_="head"),
        card(
            f"{shown(len(everybody))} in all",
            shown_.listed(shown_.previews()) if shown_.people else empty("Nobody is here."),
            id_="people",
        ),
        pager(
            [
                ("First page", visit.here(after=None) if after else None),
                ("More people", visit.here(after=after + WHOLE) if rest > 0 else None),
            ]
        ),
    ]
    trail = ((name(task.name, "who"), visit.to("tasks", task.id)),)
    return page(visit, f"People of {task.name}", content, trail=trail)
