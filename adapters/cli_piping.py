"""Commands about pipelines: `pipeline create`, `enter`, `show`, `advance`."""

from __future__ import annotations

from typing import Annotated

import attrs
import typer
from typer import Argument, Option

from adapters.cli_options import REFUSED, Asked, Common, Panel
from adapters.cli_output import note, out, print_json, row, say, table
from adapters.cli_sources import Bars, Sources
from adapters.dispatcher import Dispatcher
from adapters.flows import read_pipeline
from adapters.sentences import sentence
from adapters.wording import many
from distribution.errors import NotFound
from distribution.filters import matches
from distribution.overview import TaskProgress
from distribution.pipeline import Pipeline
from distribution.task import Task

PANEL = Panel("Pipelines", prefix="pipeline ")

Name = Annotated[str, Argument(help="Id of the pipeline.", metavar="PIPELINE", show_default=False)]


@PANEL.command("create flow.json", "create flow.json --dry-run")
def create(
    *,
    file: Annotated[str, Argument(help="JSON file with nodes and links; see the README.", metavar="FILE")],
    dry_run: Annotated[bool, Option("--dry-run", help="Only check the file.")] = False,
    asked: Asked,
) -> None:
    """Create a task for each node of a pipeline; called again it brings links up to date."""
    flow = read_pipeline(file)
    for node in flow.unreached():
        note(f"warning: no link leads to node {node!r}; items never come there")
    if dry_run:
        _tell(flow, [], as_json=asked.as_json)
        return
    with asked.opened(create=True) as tasks:
        made = tasks.create_pipeline(flow, **asked.by())
    _tell(flow, made, as_json=asked.as_json)


def _tell(flow: Pipeline, made: list[Task], *, as_json: bool) -> None:
    if as_json:
        print_json({"pipeline": flow.id, "tasks": [task.id for task in made]})
        return
    shown = table("node", "task", "who", "leads to")
    for node in flow.nodes:
        who = str(node.workload) if node.workload is not None else ", ".join(node.allowed or ())
        ways = [f"{link.status}: {link.target}" for link in flow.links if link.source == node.id]
        row(shown, node.id, flow.task_id(node.id), who, "; ".join(ways))
    say(shown)
    if made:
        out(f"Let items in with: distribution pipeline enter {flow.id} --folder ...")
    else:
        say("dry run: nothing was stored")


@PANEL.command("enter photos --folder pictures --where 'name~*.png'")
def enter(*, pipeline: Name, sources: Sources, asked: Asked) -> None:
    """Let items into a pipeline, at its first node."""
    items, where = sources.items(), sources.filter()
    with asked.opened() as tasks, Bars():
        chosen = (item for item in items if where is None or matches(where, item.attributes))
        done = tasks.enter(pipeline, chosen, **asked.by())
    if asked.as_json:
        print_json(done)
    else:
        say("nothing changes" if done.event is None else sentence(done.event))
        for left in done.refused:
            note(f"refused: {left}")
    if done.refused:
        raise typer.Exit(REFUSED)


@PANEL.command("show photos")
def show(*, pipeline: Name, common: Common) -> None:
    """Tell how far the tasks of a pipeline are."""
    with common.opened() as tasks:
        found = [(task, tasks.progress(task.id)) for task in _tasks(tasks, pipeline)]
    if common.as_json:
        print_json([{"node": _node(task), "task": task.id, **_counts(now)} for task, now in found])
        return
    shown = table(
        "node", "task", "items", "waiting", "open", "done", right=("items", "waiting", "open", "done")
    )
    for task, now in found:
        row(shown, _node(task), task.id, now.items, now.waiting, now.open, now.done)
    say(shown)


def _tasks(tasks: Dispatcher, pipeline: str) -> list[Task]:
    found = tasks.pipeline_tasks(pipeline)
    if not found:
        raise NotFound(
            "pipeline", pipeline, "the store", "create it first: distribution pipeline create FILE"
        )
    return found


def _node(task: Task) -> str:
    return "" if task.station is None else task.station.node


def _counts(now: TaskProgress) -> dict[str, int]:
    kept = attrs.asdict(now, recurse=False)
    return {name: kept[name] for name in ("items", "waiting", "open", "done")}


@PANEL.command("advance photos")
def advance(*, pipeline: Name, asked: Asked) -> None:
    """Carry on what was cut off between one task and the next; nothing is carried twice."""
    with asked.opened() as tasks:
        _tasks(tasks, pipeline)
        carried = tasks.advance(pipeline, **asked.by())
    if asked.as_json:
        print_json(carried)
    elif not carried:
        say("nothing was left behind")
    for task, count in () if asked.as_json else carried.items():
        say(f"{many(count)} carried to {task}")
