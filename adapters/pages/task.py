"""The page of one task: how far it is, who has what and waits why, what is next, what happened last."""

from __future__ import annotations

import json

from starlette.responses import Response

from adapters.pace import Watched
from adapters.pages.frame import page
from adapters.pages.history import HERE, history_card
from adapters.pages.markup import Content, Html, el, joined
from adapters.pages.people import people_card
from adapters.pages.pieces import (
    amount,
    card,
    facts,
    instant,
    legend,
    name,
    progress_bar,
    progress_parts,
    task_chips,
)
from adapters.pages.queue import leases_card, queue_card
from adapters.pages.sharing import sharing_card
from adapters.pages.visit import Visit
from adapters.wording import overlap_text, pull_text
from distribution.codec import encode
from distribution.errors import NotFound
from distribution.overview import TaskProgress
from distribution.pipeline import Station
from distribution.task import Task


def task_page(visit: Visit) -> Response:
    """Show one task."""
    task = visit.task()
    now = visit.tasks.progress(task.id)
    watched = Watched(visit.tasks, task.id)
    watched.look()
    newest = list(watched.entries)[: -HERE - 1 : -1]
    waits = [queue_card(visit, task, now), leases_card(visit, task)]
    sections = [
        _progress(task, now, watched),
        people_card(visit, task, now),
        el("div", waits, class_="pair") if any(waits) else None,
        sharing_card(visit, task, now),
        history_card(visit, task, newest, watched.version),
        card("Settings", facts(_settings(visit, task)), id_="settings"),
    ]
    return page(visit, task.name, [_head(visit, task, queue=waits[0] is not None), *sections])


def _head(visit: Visit, task: Task, *, queue: bool) -> Html:
    """Name the task, and what its page holds."""
    places = ["people", *(["queue"] if queue else []), *(["pairs"] if task.overlap else [])]
    places += ["history", "settings"]
    links: list[Content] = [el("a", "Items", href=visit.to("tasks", task.id, "items"))]
    links += [el("a", place.capitalize(), href=f"#{place}") for place in places]
    return el(
        "div",
        el("h1", name(task.name)),
        task_chips(visit, task),
        el("nav", links, class_="jump", aria_label="Of this task"),
        class_="head",
    )


def _progress(task: Task, now: TaskProgress, watched: Watched) -> Html:
    """Show how far it is, and how fast it goes."""
    parts = progress_parts(now)
    outlook = watched.outlook(now)
    return card(
        "Progress",
        progress_bar(now, "Progress", tall=True),
        legend(parts, whole=now.total, big=True),
        el("p", outlook[:1].upper() + outlook[1:] + ".", class_="soft") if now.total else None,
        id_="progress",
        aside=amount(task),
    )


def _settings(visit: Visit, task: Task) -> list[tuple[str, Content]]:
    """Say how the task works."""
    lines: list[tuple[str, Content]] = [
        ("Id", name(task.id, "id")),
        ("Handed out", pull_text(task.pull)),
        ("Statuses", joined((name(action, "who") for action in task.actions), ", ")),
    ]
    if task.overlap is not None:
        lines.append(("Overlap", overlap_text(task)))
    if task.workload is not None:
        lines.append(("Split", f"{task.order}, seed {task.seed}"))
    for term, value in (("Only items", task.where), ("Rules", task.rules)):
        if value is not None:
            lines.append((term, el("code", json.dumps(encode(value, brief=True), ensure_ascii=False))))
    if task.qa is not None:
        lines.append(("Reviews", _linked(visit, task.qa.parent)))
    if task.station is not None:
        lines += _pipeline(visit, task.station)
    if task.metadata:
        lines.append(("Metadata", el("code", json.dumps(encode(task.metadata), ensure_ascii=False))))
    by = (", by ", name(task.creator, "who")) if task.creator else None
    lines.append(("Created", (instant(task.created_at), by)))
    return lines


def _pipeline(visit: Visit, station: Station) -> list[tuple[str, Content]]:
    """Say which node of which pipeline it is, and where what is finished goes."""
    lines: list[tuple[str, Content]] = [
        ("Pipeline", (name(station.pipeline, "who"), ", node ", name(station.node, "who")))
    ]
    if station.leads:
        ways = ((name(lead.status, "who"), " to ", _linked(visit, lead.task)) for lead in station.leads)
        lines.append(("Leads on", joined(ways, ", ")))
    return lines


def _linked(visit: Visit, task_id: str) -> Content:
    """Link to another task, where the reader sees it."""
    try:
        other = visit.seen(task_id)
    except NotFound:
        return "a task that you do not see"
    return el("a", name(other.name), href=visit.to("tasks", other.id))
