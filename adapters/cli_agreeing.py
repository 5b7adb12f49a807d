"""Commands of people who compare answers: how far they agree, on what, and who with whom."""

from __future__ import annotations

from math import isnan
from typing import Annotated

import attrs
from rich.table import Table
from typer import Option

from adapters.cli_covered import coverage_data, warn_of_islands
from adapters.cli_options import OnTask, Panel
from adapters.cli_output import note, print_json, row, say, table
from adapters.cli_reviewing import PANEL as QUALITY
from adapters.dispatcher import Dispatcher
from adapters.wording import listed, many
from distribution.agreement import NAMES, Agreement, Disagreement, PairAgreement
from distribution.errors import InvalidInput
from distribution.intervals import in_percent
from distribution.values import Json, TaskId

PANEL = Panel(QUALITY.title)
CONTESTED = 10
"""Items on which people disagree that are shown."""


@PANEL.command("agreement --task compare --scale bad,fair,good", "agreement --task count --numbers")
def agreement(
    *,
    scale: Annotated[
        str | None,
        Option(help="The answers in their order, where they have one.", metavar="A,B,C", show_default=False),
    ] = None,
    numbers: Annotated[
        bool,
        Option("--numbers", help="Answers are numbers, read as in a CSV; how far apart they are counts."),
    ] = False,
    on: OnTask,
) -> None:
    """Tell how far people agree, on which items they do not, and who agrees with whom.

    Where items overlap, also which people share items by now, and whether some of them can
    be compared with nobody.
    """
    with on.opened() as tasks:
        task = tasks.find(on.task)
        task_id = task.id
        found = _asked(tasks, task_id, scale, numbers=numbers)
        contested, couples = tasks.disagreements(task_id), tasks.pairs(task_id)
        shared = None if task.overlap is None else tasks.coverage(task_id)
        waiting = tasks.progress(task_id).waiting
    if shared is not None:
        warn_of_islands(shared.covered, task.items, ruled=task.rules is not None, waiting=waiting)
    if on.as_json:
        data = {"agreement": _plain(found), "disagreements": contested, "pairs": couples}
        print_json(data if shared is None else data | {"coverage": coverage_data(shared)})
        return
    items = f"{many(found.items)}, {found.overlapped} with two or more answers"
    say(f"{items}; {many(found.assignees, 'assignee')}, {many(found.answers, 'answer')} on the scale")
    if shared is not None:
        say(f"overlap: {shared}; efficiency {shared.efficiency:.2f}")
    say(_coefficients_table(found))
    if contested:
        say(_contested_table(contested))
        if len(contested) > CONTESTED:
            note(f"the most contested {CONTESTED} of {many(len(contested))}; --json has all")
    if couples:
        say(_pairs_table(couples))


def _asked(tasks: Dispatcher, task_id: TaskId, scale: str | None, *, numbers: bool) -> Agreement:
    """Ask for the report.

    Raises:
        InvalidInput: an answer is not on the scale, or no number; the way out is an option.
    """
    try:
        return tasks.agreement(
            task_id, scale=None if scale is None else tuple(scale.split(",")), numbers=numbers
        )
    except InvalidInput as error:
        if error.subject == "answers as numbers":
            raise attrs.evolve(error, subject="--numbers: answers", remedy="leave it out for text") from error
        raise attrs.evolve(error, remedy="name all answers with --scale A,B,C, or leave it out") from error


def _plain(found: Agreement) -> dict[str, Json]:
    """Give the report as JSON can say it: a coefficient without a value is null, with the reason beside."""
    data: dict[str, Json] = {"items": found.items, "overlapped": found.overlapped}
    data |= {"assignees": found.assignees, "answers": found.answers}
    for name in NAMES:
        value = getattr(found, name)
        data[name] = None if value is None or isnan(value) else value
    data["undefined"] = {missing.name: missing.why for missing in found.undefined}
    return data


def _coefficients_table(found: Agreement) -> Table:
    """Show the coefficients that apply, with the words for those without a value."""
    whys = {missing.name: f"undefined: {missing.why}" for missing in found.undefined}
    shown = table("coefficient", "value", right=("value",))
    for name, title in NAMES.items():
        value = getattr(found, name)
        if value is not None:
            row(shown, title, whys.get(name, f"{value:.3f}"))
    return shown


def _contested_table(contested: tuple[Disagreement, ...]) -> Table:
    shown = table("item", "contested", "answers", right=("contested",))
    for found in contested[:CONTESTED]:
        said = "; ".join(f"{answer}: {listed(list(people))}" for answer, people in found.answers.items())
        row(shown, found.item, in_percent(float(found.contested)), said)
    return shown


def _pairs_table(couples: tuple[PairAgreement, ...]) -> Table:
    shown = table("assignees", "", "shared", "agreed", "%", right=("shared", "agreed", "%"))
    for couple in couples:
        percent = in_percent(couple.agreed / couple.shared)[:-2]
        row(shown, couple.first, couple.second, couple.shared, couple.agreed, percent)
    return shown
