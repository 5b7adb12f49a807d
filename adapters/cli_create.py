"""Commands that make tasks, or think them through: create, plan, recommend."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Annotated

import attrs
from rich.table import Table
from typer import Option

from adapters.cli_covered import coverage_data, warn_of_islands
from adapters.cli_looking import task_data, warn_of_loads
from adapters.cli_modes import Pulling, Split, mode
from adapters.cli_options import AsJson, Asked, Panel
from adapters.cli_output import note, out, print_json, row, say, table, typed
from adapters.cli_quality import Golding, Overlapping, Ruling
from adapters.cli_sources import Bars, Sources
from adapters.cli_tasks import Settings
from adapters.cli_values import due, metadata
from adapters.dispatcher import Dispatcher
from adapters.memory import MemoryStore
from adapters.wording import copies_text, items_text, many, pull_text
from distribution.basis import ByEffort, Grouped
from distribution.codec import decode
from distribution.coverage import Covered
from distribution.overlap import Overlap
from distribution.plan import Plan
from distribution.pull import Pull, recommend_batch
from distribution.stopping import Confidence
from distribution.task import ACTIONS, Task
from distribution.values import Json, decimal_text
from distribution.voting import Expectation, expected
from distribution.workload import Workload

PANEL = Panel("Tasks")
ACCURACIES = (0.6, 0.7, 0.8, 0.9)
"""How often people may be right, where it is told what a stopping rule costs."""


@attrs.frozen(kw_only=True)
class NewTask(Settings):
    """What else a new task is told."""

    name: Annotated[str, Option(help="Name of the task.")]
    id: Annotated[str | None, Option(help="Id of the task; made up if absent.", show_default=False)] = None


@PANEL.command(
    "create --name review --csv rows.csv --load ann=60 --load bob=40",
    "create --name review --csv rows.csv --pull-batch 10 --cap 15 --lease 30m --allow ann --allow bob",
    "create --name review --csv rows.csv --assignee ann --assignee bob --assignee eve --overlap 30 --copies 3",
)
def create(
    *,
    new: NewTask,
    sources: Sources,
    split: Split,
    overlapping: Overlapping,
    ruling: Ruling,
    golding: Golding,
    pulling: Pulling,
    asked: Asked,
) -> None:
    """Create a task: take items in, and share them out by load, or let people pull them.

    With --overlap some of the items go to several different people each; with --needs,
    --blocked, --reserved and --team some people may not take some of them; with --gold
    everybody meets items with known answers now and then.
    """
    how, basis, where, items = (
        mode(split, pulling),
        split.basis(sources.effort),
        sources.filter(),
        sources.items(),
    )
    with asked.opened(create=True) as tasks, Bars() as bars:
        task = tasks.create(
            new.name,
            items,
            **how,
            seed=split.seed,
            order=split.order,
            basis=basis,
            overlap=overlapping.read(),
            rules=ruling.read(),
            gold=golding.read(),
            where=where,
            id=new.id,
            due=due(new.due),
            priority=new.priority or 0,
            actions=new.action or ACTIONS,
            metadata=metadata(new.meta),
            progress=bars,
            **asked.by(),
        )
        facts = tasks.history(task.id)[0].event.facts
        now = tasks.progress(task.id)
    if isinstance(how.get("pull"), Pull):
        _advise(task.copies, len(pulling.allow), how["pull"])
    covered = _covered(facts)
    if covered is not None:
        warn_of_islands(covered, task.items, ruled=task.rules is not None)
    warn_of_loads(facts)
    if asked.as_json:
        print_json(task_data(task, now))
        return
    _print_created(task, facts, pulling.allow, covered)
    skipped = facts.get("skipped")
    _print_absent(skipped if isinstance(skipped, int) else 0, items.left_out)
    say("")
    first = task.workload.assignees[0] if task.workload is not None else pulling.allow[0]
    verb = "items" if task.pull is None else "pull"
    say("Go on with: " + typed(verb, task=task.id, assignee=first, store=asked.store))


def _advise(items: int, people: int, pull: Pull) -> None:
    """Warn of a batch that does not suit the team."""
    warning = recommend_batch(items, people, chosen=pull.batch_size).warning
    if warning is not None:
        note(f"warning: {warning}; see distribution recommend")


def _covered(facts: Mapping[str, Json]) -> Covered | None:
    """Read how well pairs are covered in a task that was just shared out; None where nothing overlaps."""
    found = facts.get("covered")
    covered: Covered | None = None if found is None else decode(Covered, found)
    return covered


def _print_created(
    task: Task, facts: Mapping[str, Json], allowed: Sequence[str], covered: Covered | None
) -> None:
    """Show how a task begins."""
    head = f"{task.name} ({task.id}): {items_text(task)}, "
    if task.workload is None:
        say(head + f"{pull_text(task.pull)}; {', '.join(allowed)} may pull")
        return
    say(head + f"{task.order}, seed {task.seed}")
    counts, efforts = facts.get("counts"), facts.get("efforts")
    counted = {name: int(str(count)) for name, count in counts.items()} if isinstance(counts, dict) else {}
    summed = (
        {name: Fraction(str(sum_)) for name, sum_ in efforts.items()} if isinstance(efforts, dict) else None
    )
    say(_shares_table(task.workload, counted, summed, task.overlap))
    if covered is not None:
        say(f"overlap: {covered}")


@PANEL.command(
    "plan --folder photos --assignee ann --assignee bob --stratify dir",
    "plan --folder photos --assignee ann --assignee bob --assignee eve --overlap 30",
    "plan --csv rows.csv --assignee ann --assignee bob --assignee eve --overlap 100 --until beat:2:3",
)
def plan(
    *,
    sources: Sources,
    split: Split,
    overlapping: Overlapping,
    ruling: Ruling,
    as_json: AsJson = False,
) -> None:
    """Tell what create would share out, and do nothing. With --json, print the whole plan.

    With --until also how many answers that takes, and how many are right, by how often people are.
    """
    workload, basis, where, items = (
        split.workload(),
        split.basis(sources.effort),
        sources.filter(),
        sources.items(),
    )
    with Dispatcher(MemoryStore()) as tasks, Bars() as bars:
        made = tasks.plan(
            items,
            workload=workload,
            seed=split.seed,
            order=split.order,
            basis=basis,
            overlap=overlapping.read(),
            rules=ruling.read(),
            where=where,
            progress=bars,
        )
    if made.overlap is not None:
        warn_of_islands(made.overlap.covered, made.n, ruled=made.rules is not None)
    warn_of_loads({"counts": made.counts(), "wanted": {off.assignee: off.wanted for off in made.off_load}})
    if as_json:
        out(_plan_json(made))
    else:
        _print_plan(made)
        _print_absent(len(made.skipped), items.left_out, made.skipped[:1])


def _plan_json(made: Plan) -> str:
    """Write a plan, and what follows from it, as one JSON document that a plan can be read from."""
    if made.overlap is None:
        return made.to_json()
    more: dict[str, Json] = {"coverage": coverage_data(made.overlap)}
    if costs := _costs(made):
        more["expected"] = [
            {"accuracy": at, "answers": cost.labels, "right": cost.accuracy} for at, cost in costs.items()
        ]
    return json.dumps(json.loads(made.to_json()) | more)


def _costs(made: Plan) -> dict[float, Expectation]:
    """Tell what the rule of a plan costs and brings for each item, by how often people are right."""
    overlap = made.overlapping
    if overlap is None or overlap.until is None:
        return {}
    # Whoever has a copy from the beginning is asked whatever the others say.
    rule = attrs.evolve(overlap.until, least=max(overlap.until.least, overlap.assignees))
    return {at: expected(rule, at) for at in ACCURACIES}


def _choices(made: Plan) -> int:
    """Tell how many answers there are to choose from; two where the rule does not say."""
    until = None if made.overlapping is None else made.overlapping.until
    return until.choices if isinstance(until, Confidence) else 2


def _costs_table(made: Plan, costs: Mapping[float, Expectation]) -> Table:
    """Show what the rule of a plan costs and brings."""
    titles = ("people right %", "answers an item", "answers in all", "right %")
    shown = table(*titles, right=titles)
    items = 0 if made.overlap is None else made.overlap.items
    for at, cost in costs.items():
        whole = made.n - items + items * cost.labels
        row(shown, f"{100 * at:g}", f"{cost.labels:.2f}", f"{whole:.0f}", f"{100 * cost.accuracy:.1f}")
    return shown


@PANEL.command("recommend --items 1000 --assignees 10 --overhead 30 --seconds 20")
def recommend(
    *,
    items: Annotated[int, Option(help="Items of the task.")],
    assignees: Annotated[int, Option(help="People who pull from it.")],
    overhead: Annotated[float, Option(help="Seconds that each pull costs one of them.")] = 30,
    seconds: Annotated[float, Option(help="Seconds of work for one item.")] = 20,
    batch: Annotated[int | None, Option(help="A batch to judge.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Recommend how many items to hand out at once."""
    advice = recommend_batch(items, assignees, overhead=overhead, seconds_per_item=seconds, chosen=batch)
    if as_json:
        print_json(advice)
        return
    best = advice.recommended
    say(f"{many(best)} at once; {advice.low} to {advice.high} are as good as that")
    say(f"Create the task with: --pull-batch {best} --cap {best + (best + 1) // 2}")
    if advice.warning is not None:
        note(f"warning: {advice.warning}")


def _shares_table(
    workload: Workload,
    counts: Mapping[str, int],
    efforts: Mapping[str, Fraction] | None,
    overlap: Overlap | None,
) -> Table:
    """Show who has how much beside what she was to have."""
    held = "items" if overlap is None else "copies"
    columns = ["assignee", "load %", "exact quota", held, *(["effort"] if efforts is not None else [])]
    shown = table(*columns, right=tuple(columns[1:]))
    for name, quota in zip(workload.assignees, workload.quotas(sum(counts.values())), strict=True):
        numbers = [workload.load_of(name), quota, Fraction(counts.get(name, 0))]
        numbers += [] if efforts is None else [efforts[name]]
        row(shown, name, *(decimal_text(number) for number in numbers))
    return shown


def _print_plan(made: Plan) -> None:
    copies = "" if made.overlapping is None else f", {copies_text(sum(made.counts().values()))}"
    say(f"{many(made.n)}{copies}, {made.order}, seed {made.seed}; nothing was stored")
    say(_shares_table(made.workload, made.counts(), made.efforts(), made.overlapping))
    if made.overlap is not None:
        say(f"overlap: {made.overlap}")
    if costs := _costs(made):
        say(f"Expected, if people err independently, of {_choices(made)} answers:")
        say(_costs_table(made, costs))
    held: Mapping[str, Fraction]
    if isinstance(made.basis, ByEffort):
        held, largest = made.efforts(), Fraction(max(made.sizes or (1,)), made.scale)
    elif isinstance(made.basis, Grouped):
        groups = Counter(key for key in made.keys or () if key[0] != "null")
        held = {name: Fraction(count) for name, count in made.counts().items()}
        largest = Fraction(max(groups.values(), default=1))
    else:
        return
    shares, total = made.workload.shares, sum(held.values(), Fraction(0))
    off = max(abs(held[n] - total * s / sum(shares)) for n, s in zip(made.assignees, shares, strict=True))
    bound = largest * (1 - Fraction(1, sum(share > 0 for share in shares)))
    say(f"largest deviation from an exact share: {decimal_text(off)} of at most {decimal_text(bound)}")


def _print_absent(skipped: int, left_out: int, first: Sequence[str] = ()) -> None:
    """Tell what was given and is not in the task."""
    if skipped:
        named = f", the first is {first[0]!r}" if first else ""
        say(f"{many(skipped)} came twice and {'was' if skipped == 1 else 'were'} not doubled{named}")
    if left_out:
        say(f"{many(left_out)} {'was' if left_out == 1 else 'were'} left out by --where")
