"""Commands that bring plans of ours to a Dataloop project, and back what people say there.

A plan is kept as a task of the store before anything is sent. So a command that was
stopped goes on when it is given again, also where the filter would find other items by
now, and everything else there is for tasks (agreement, samples, progress) works on what
happens on the platform.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated, Any, cast

import attrs
import typer
from typer import Option

from adapters.cli_modes import Split
from adapters.cli_options import REFUSED, Asked, OnTask, Panel
from adapters.cli_output import note, out, print_json, row, say, table, typed
from adapters.cli_quality import Overlapping, Ruling
from adapters.cli_remote import FromDataset, Named, Remote
from adapters.cli_sources import Bars
from adapters.cli_values import duration
from adapters.dispatcher import Dispatcher
from adapters.memory import MemoryStore
from adapters.wording import many
from distribution.errors import InvalidInput, NotFound
from distribution.task import Task
from distribution.values import Item

if TYPE_CHECKING:
    from adapters.dataloop.client import Dataset
    from adapters.dataloop.deployment import Applied
    from adapters.dataloop.following import Followed
    from adapters.dataloop.placing import Comparison
    from adapters.dataloop.taking_in import TakenIn

PANEL = Panel("Dataloop", prefix="dataloop ")
NOTED = "platform"
"""Under this key of its metadata a task of ours says where it was brought."""
LISTED = 20
"""Differences that are shown; with --json all are."""

DryRun = Annotated[bool, Option("--dry-run", help="Tell what would be done, and do nothing.")]


@PANEL.command(
    "items --project animals --dataset photos --where 'dir=/cats'",
    "items --project animals --dataset photos --effort metadata.system.size --lines > items.jsonl",
)
def items(
    *,
    remote: Remote,
    chosen: FromDataset,
    lines: Annotated[
        bool, Option("--lines", help="Print JSON lines, which create and plan read with --jsonl.")
    ] = False,
    as_json: Annotated[bool, Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """List items of a dataset as plans see them: id, effort, attributes; files that are not hidden."""
    with remote.opened() as dataset, Bars() as bars:
        found = dataset.items(chosen.filter(), effort=chosen.effort, progress=bars)
        if lines:
            for item in found:
                out(json.dumps(_flat(item, chosen.effort), ensure_ascii=False))
            return
        listed = list(found)
    if as_json:
        print_json([{"id": item.id, **_flat(item, chosen.effort)} for item in listed])
        return
    shown = table("item", "filename", "effort", right=("effort",))
    for item in listed:
        row(shown, item.id, item.attributes.get("filename"), item.effort)
    say(shown)
    say(many(len(listed)))


def _flat(item: Item, effort: str | None) -> dict[str, Any]:
    """Write an item as a line that `create --jsonl --effort effort` reads."""
    amount = float(item.effort) if item.effort.denominator > 1 else int(item.effort)
    return {"id": item.id, **item.attributes, **({} if effort is None else {"effort": amount})}


@PANEL.command(
    "apply --project animals --dataset photos --name label --load ann@x.io=60 --load bob@x.io=40",
    "apply --project animals --dataset photos --name label --assignee ann@x.io --assignee bob@x.io"
    " --by-effort --effort metadata.system.size --dry-run",
    "apply --name 'label: review'",
)
def apply(
    *,
    named: Named,
    remote: Remote,
    chosen: FromDataset,
    split: Split,
    overlapping: Overlapping,
    ruling: Ruling,
    dry_run: DryRun = False,
    asked: Asked,
) -> None:
    """Share items of a dataset out, and bring about on the platform that everybody has hers.

    The plan becomes a task of the store first. Where there is one of that name already,
    as after a stop in the middle, or from create or qa, its plan is what is brought about.
    Whatever is done already is found and not done again.
    """
    with _store(asked, dry_run=dry_run) as tasks, Bars() as bars:
        task = _known(tasks, named.name)
        how = {} if task is not None else _how(split, chosen, overlapping, ruling)
        if task is not None and (split.given() or chosen.where):
            note(f"task {task.name!r} is there already; its plan is what counts, not the options given now")
        with remote.opened(_noted(tasks, task)) as dataset:
            if task is None:
                found = list(dataset.items(chosen.filter(), effort=chosen.effort, progress=bars))
                deployment = dataset.deployment(tasks.plan(_some(found), **how), named.name)
                # What the platform refuses is to be known before anything is kept.
                applied = deployment.apply(dry_run=True)
                if not dry_run:
                    how |= {"id": deployment.key, "due": named.until(), **asked.by()}
                    how["metadata"] = {NOTED: {"project": dataset.project, "dataset": dataset.id}}
                    task = tasks.create(named.name, found, **how)
            if task is not None:
                deployment = dataset.deployment_of(tasks, task.id)
                applied = deployment.apply(named.terms(task), dry_run=dry_run, progress=bars)
    if asked.as_json:
        print_json(_applied_data(deployment.key, applied, dry_run=dry_run))
    else:
        _print_applied(applied, dry_run=dry_run)
        if applied and not dry_run:
            say("Go on with: " + typed("dataloop follow", task=named.name, store=asked.store))
    if not applied and not dry_run:
        raise typer.Exit(REFUSED)


def _how(split: Split, chosen: FromDataset, overlapping: Overlapping, ruling: Ruling) -> dict[str, Any]:
    """Read how items are shared out."""
    return {
        "workload": split.workload(),
        "seed": split.seed,
        "order": split.order,
        "basis": split.basis(chosen.effort),
        "overlap": overlapping.read(),
        "rules": ruling.read(),
    }


def _some(found: list[Item]) -> list[Item]:
    """Refuse to share out nothing.

    Raises:
        InvalidInput: there are no items.
    """
    if not found:
        remedy = "see distribution dataloop items with the same --where"
        raise InvalidInput(subject="items to share out", must="be at least one", got="none", remedy=remedy)
    return found


@contextmanager
def _store(asked: Asked, *, dry_run: bool) -> Iterator[Dispatcher]:
    """Open the store; a dry run makes no file where there is none."""
    absent = "://" not in asked.store and not os.path.exists(asked.store)  # noqa: PTH110  a string as typed
    with Dispatcher(MemoryStore()) if dry_run and absent else asked.opened(create=True) as tasks:
        yield tasks


def _known(tasks: Dispatcher, name: str) -> Task | None:
    try:
        return tasks.find(name)
    except NotFound:
        return None


def _noted(tasks: Dispatcher, task: Task | None) -> Mapping[str, Any] | None:
    """Tell where a task was brought; a review goes where the work is that it reviews."""
    if task is None:
        return None
    noted = task.metadata.get(NOTED)
    if noted is None and task.qa is not None:
        noted = tasks.get(task.qa.parent).metadata.get(NOTED)
    return cast("Mapping[str, Any] | None", noted)


def _applied_data(key: str, applied: Applied, *, dry_run: bool) -> dict[str, Any]:
    """Write what applying did for programs."""
    return {
        "key": key,
        "dry_run": dry_run,
        "tasks": applied.tasks,
        "steps": [
            {"task": step.number, "parent": step.parent, "assignee": step.assignee, "items": list(step.items)}
            for step in applied.steps
        ],
        **_comparison_data(applied.comparison),
    }


def _comparison_data(comparison: Comparison) -> dict[str, Any]:
    return {
        "as_planned": bool(comparison),
        "copies": comparison.copies,
        "differences": [attrs.asdict(difference) for difference in comparison],
    }


def _print_applied(applied: Applied, *, dry_run: bool) -> None:
    """Show what was done, or would be, and how it stands."""
    packages: dict[tuple[int, str | None, str], int] = {}
    for step in applied.steps:
        package = step.number, step.parent, step.assignee
        packages[package] = packages.get(package, 0) + len(step.items)
    if packages:
        shown = table("task", "assignee", "items", right=("task", "items"))
        for (number, _, assignee), count in packages.items():
            row(shown, number, assignee, count)
        say(f"{'would be' if dry_run else 'was'} given, in {many(len(applied.steps), 'request')}:")
        say(shown)
    elif not applied.comparison.counts().get("missing"):
        say("nothing is left to be given")
    if applied.tasks:
        say("on Dataloop: " + ", ".join(f"{task.name} ({task.id})" for task in applied.tasks))
    if not dry_run:
        _print_comparison(applied.comparison)


def _print_comparison(comparison: Comparison) -> None:
    say(str(comparison))
    for difference in list(comparison)[:LISTED]:
        say(f"  {difference}")
    if len(comparison) > LISTED:
        say(f"  and {len(comparison) - LISTED} more; --json lists all")


@PANEL.command("verify --task label")
def verify(*, on: OnTask, remote: Remote) -> None:
    """Compare item by item what is on the platform with what a task of the store says; exit code 1 where they differ."""
    with on.opened() as tasks, Bars() as bars:
        task = tasks.find(on.task)
        with remote.opened(_noted(tasks, task)) as dataset:
            comparison = dataset.deployment_of(tasks, task.id).verify(bars)
    if on.as_json:
        print_json(_comparison_data(comparison))
    else:
        _print_comparison(comparison)
    if not comparison:
        raise typer.Exit(REFUSED)


@PANEL.command("follow --task label", "follow --task label --every 1m")
def follow(
    *,
    on: OnTask,
    remote: Remote,
    every: Annotated[
        str | None,
        Option(help="Look again so often, until all is done or Ctrl-C, e.g. 30s.", show_default=False),
    ] = None,
) -> None:
    """Take in what people have said on the platform: statuses are set in the task of the store.

    Work that was sent back here counts again only when it is done again there. With
    --every and --json: a line for each look.
    """
    pause = None if every is None else duration(every, "--every").total_seconds()
    whole = True
    with on.opened() as tasks, Bars() as bars:
        task = tasks.find(on.task)
        with remote.opened(_noted(tasks, task)) as dataset, suppress(KeyboardInterrupt):
            # To stop looking is no failure.
            for now, taken in _looks(dataset, tasks, task, pause, bars):
                whole = bool(taken)
                if on.as_json:
                    print_json(_followed_data(now, taken), line=pause is not None)
                else:
                    _print_followed(now, taken)
                sys.stdout.flush()
    if not whole:
        raise typer.Exit(REFUSED)


def _looks(
    dataset: Dataset, tasks: Dispatcher, task: Task, pause: float | None, bars: Bars
) -> Iterator[tuple[Followed, TakenIn]]:
    """Look once, or with a pause in between until all is done."""
    from adapters.dataloop.following import follow as followed
    from adapters.dataloop.taking_in import take_in

    deployment, now = dataset.deployment_of(tasks, task.id), None
    while True:
        now = followed(deployment, now, bars)
        if not now.tasks:
            remedy = "bring it there: " + typed("dataloop apply", name=task.name)
            raise NotFound(kind="task", name=task.name, place="the dataset", remedy=remedy)
        yield now, take_in(now, tasks, task.id, bars)
        if pause is None or now.done >= len(deployment.copies):
            return
        time.sleep(pause)


def _followed_data(now: Followed, taken: TakenIn) -> dict[str, Any]:
    """Write how a plan stands for programs."""

    def listed(places: tuple[tuple[str, str], ...]) -> list[list[str]]:
        return [list(place) for place in places]

    return {
        "done": now.done,
        "copies": len(now.standings),
        "changed": listed(taken.changed),
        "cleared": listed(taken.cleared),
        "stale": listed(taken.stale),
        "refused": [
            {"item": left.item, "assignee": left.assignee, "status": left.status, "why": str(left.why)}
            for left in taken.refused
        ],
        "statuses": [
            {"item": item, "assignee": who, **attrs.asdict(standing)}
            for (item, who), standing in now.standings.items()
            if standing.status is not None
        ],
    }


def _print_followed(now: Followed, taken: TakenIn) -> None:
    """Show how a plan stands, and what of it was new."""
    news = {"set": taken.changed, "taken back": taken.cleared, "sent back here since": taken.stale}
    told = [f"{len(places)} {what}" for what, places in news.items() if places]
    say(f"{now.done} of {len(now.standings)} copies have a status; {', '.join(told) or 'nothing new'}")
    for left in taken.refused[:LISTED]:
        note(f"not taken in: {left}")
    if len(taken.refused) > LISTED:
        note(f"and {len(taken.refused) - LISTED} more; --json lists all")
