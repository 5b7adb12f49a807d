"""Pieces that pages are made of: names, instants, chips, cards, tables, bars with their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from adapters.pages.drawing import Part, bar, percent, shown, swatch
from adapters.pages.markup import Content, Html, el, joined
from adapters.pages.visit import Visit
from adapters.wording import duration_text, moment
from distribution.overview import Assignment, TaskProgress
from distribution.task import Task
from distribution.values import ItemId

LABELS = {"done": "done", "open": "open", "waiting": "waiting", "skipped": "skipped"}


def name(text: str, kind: str = "name") -> Html:
    """Write a name that strangers chose: it turns no other text around, and is never invisible.

    >>> name("ann").text
    '<bdi class="name">ann</bdi>'
    """
    seen = any(letter.isprintable() and not letter.isspace() for letter in text)
    return el("bdi", text if seen else repr(text), class_=kind)


def some_names(names: Sequence[str], *, most: int) -> list[Content]:
    """Name some of many."""
    rest = len(names) - most
    named = joined((name(text, "who") for text in names[:most]), ", ")
    return [*named, f" and {rest} more"] if rest > 0 else named


def people_text(count: int) -> str:
    """Count people.

    >>> people_text(1), people_text(2)
    ('1 person', '2 people')
    """
    return "1 person" if count == 1 else f"{shown(count)} people"


def amount(task: Task) -> str:
    """Say how many items a task has, and in how many copies where some go to several people."""
    items = "1 item" if task.items == 1 else f"{shown(task.items)} items"
    return items if task.overlap is None else f"{items} in {shown(task.copies)} copies"


def item_link(visit: Visit, task: Task, item: ItemId) -> Html:
    """Write an item that leads to its story."""
    return el("a", name(item, "id"), href=visit.to("tasks", task.id, "items", item))


def task_link(visit: Visit, task: Task) -> Html:
    """Write a task that leads to its page."""
    return el("a", name(task.name), href=visit.to("tasks", task.id))


def chip(text: Content, kind: str = "") -> Html:
    """Write a word or two in a pill."""
    return el("span", text, class_=f"chip {kind}".rstrip())


def span_text(span: timedelta) -> str:
    """Write a duration by its two largest units.

    >>> span_text(timedelta(days=3, hours=2, minutes=1)), span_text(timedelta(seconds=61.5))
    ('3d2h', '1m1s')
    """
    unit = timedelta(hours=1) if span >= timedelta(days=1) else timedelta(minutes=1)
    return duration_text(span - span % (unit if span >= timedelta(hours=1) else timedelta(seconds=1)))


def when(at: datetime, now: datetime) -> Html:
    """Write an instant as people say it: so long ago, or in so long; exactly where one points at it."""
    span = at - now
    text = f"in {span_text(span)}" if span >= timedelta(seconds=1) else f"{span_text(-span)} ago"
    near = abs(span) < timedelta(seconds=1)
    return el("time", "now" if near else text, datetime=at.isoformat(), title=moment(at))


def instant(at: datetime) -> Html:
    """Write an instant exactly."""
    return el("time", moment(at), datetime=at.isoformat())


def card(title: str, *content: Content, id_: str, aside: Content = None) -> Html:
    """Put content under a heading."""
    heading = el("h2", title, id=f"{id_}-title")
    return el(
        "section",
        el("header", heading, el("small", aside) if aside is not None else None),
        content,
        class_="card",
        id=id_,
        aria_labelledby=f"{id_}-title",
    )


def table(
    heads: Sequence[str], rows: Iterable[Sequence[Content]], *, label: str, right: Sequence[str] = ()
) -> Html:
    """Make a table that scrolls by itself where it is wider than the screen."""
    kinds = ["right" if head in right else None for head in heads]
    head = [el("th", text, scope="col", class_=kind) for text, kind in zip(heads, kinds, strict=True)]
    lines = [
        el("tr", [el("td", cell, class_=kind) for cell, kind in zip(row, kinds, strict=True)]) for row in rows
    ]
    made = el("table", el("thead", el("tr", head)), el("tbody", lines))
    return el("div", made, class_="scroll", tabindex=0, role="region", aria_label=label)


def facts(pairs: Iterable[tuple[str, Content]]) -> Html:
    """List what belongs to a name, a line each."""
    return el("dl", [(el("dt", term), el("dd", text)) for term, text in pairs], class_="facts")


def empty(*content: Content) -> Html:
    """Say that there is nothing, and what could be done about it."""
    return el("p", content, class_="empty")


def progress_parts(now: TaskProgress) -> list[Part]:
    """Give the parts of a task's bar."""
    return [Part("done", now.done), Part("open", now.open), Part("waiting", now.waiting)]


def assignment_parts(found: Assignment) -> list[Part]:
    """Give the parts of an assignee's bar: what she holds, and what she skipped."""
    return [Part("done", found.done), Part("open", found.open), Part("skipped", found.skipped)]


def progress_bar(now: TaskProgress, title: str, *, tall: bool = False) -> Html:
    """Draw how far a task is."""
    return bar(progress_parts(now), title, tall=tall)


def legend(parts: Sequence[Part], *, whole: int | None = None, big: bool = False) -> Html:
    """Tell the parts of a bar in numbers, and in percent of a whole."""
    lines = []
    for part in parts:
        share = None if whole is None else el("small", percent(part.count, whole))
        lines.append(
            el("li", swatch(part.kind), el("span", el("b", shown(part.count)), " ", LABELS[part.kind]), share)
        )
    return el("ul", lines, class_="legend big" if big else "legend")


def task_chips(visit: Visit, task: Task) -> Html:
    """Tell in pills how a task stands."""
    chips = [chip(task.state, "is-open" if task.state == "open" else ""), chip(task.mode)]
    if task.qa is not None:
        chips.append(chip("review"))
    if task.priority:
        chips.append(chip(f"priority {task.priority}"))
    if task.due is not None:
        late = task.state == "open" and task.due <= visit.now
        text = ("was due " if task.due <= visit.now else "due ", when(task.due, visit.now))
        chips.append(chip(text, "late" if late else "plain"))
    return el("div", chips, class_="chips")


def pager(links: Iterable[tuple[str, str | None]]) -> Html | None:
    """Link to what comes before and after; nothing where there is nothing."""
    made = [el("a", text, href=address) for text, address in links if address is not None]
    return el("nav", made, class_="pager", aria_label="More pages") if made else None
