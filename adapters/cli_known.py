"""Commands about answers that are known: results, qualify, to-pause."""

from __future__ import annotations

from typing import Annotated

from typer import Option

from adapters.cli_options import OnTask, Panel
from adapters.cli_output import note, print_json, row, say, table
from adapters.cli_reviewing import PANEL as QUALITY
from distribution.gates import Gate, PauseRule
from distribution.values import Json

PANEL = Panel(QUALITY.title)
ACCURACIES = (0.5, 0.7, 0.8, 0.9)

Truth = Annotated[
    str | None,
    Option(
        help="Attribute with the known answer; of gold alone, and of gold's own attribute, if absent.",
        metavar="PATH",
        show_default=False,
    ),
]


@PANEL.command("results --task review")
def results(*, truth: Truth = None, on: OnTask) -> None:
    """Count right and wrong answers of everybody, of items whose answer is known."""
    with on.opened() as tasks:
        found = tasks.results(tasks.find(on.task).id, truth=truth)
    if on.as_json:
        print_json({who: {"correct": one.correct, "wrong": one.wrong} for who, one in found.items()})
        return
    shown = table("assignee", "right", "wrong", "right %", right=("right", "wrong", "right %"))
    for who, one in found.items():
        row(shown, who, one.correct, one.wrong, f"{100 * one.correct / one.total:.1f}")
    say(shown if found else "nobody has answered anything that is known")


@PANEL.command("qualify --task quiz --pass-at 8 --of 10")
def qualify(
    *,
    pass_at: Annotated[int, Option(help="So many right answers pass.")],
    of: Annotated[int, Option(help="Of so many.")],
    truth: Truth = None,
    on: OnTask,
) -> None:
    """Tell who has passed a gate, who has failed, and who has not answered enough; and how likely each is."""
    gate = Gate(pass_at=pass_at, of=of)
    with on.opened() as tasks:
        found = tasks.qualify(tasks.find(on.task).id, gate, truth=truth)
    chances: dict[str, Json] = {f"{accuracy:g}": gate.pass_probability(accuracy) for accuracy in ACCURACIES}
    known = sum(one.result.total for one in found.values())
    if on.as_json:
        verdicts = {who: one.state for who, one in found.items()}
        print_json({"verdicts": verdicts, "pass_probability": chances, "known": known})
        return
    if not known:
        _warn_of_nothing_known(truth)
    shown = table("assignee", "verdict", "right", "wrong", right=("right", "wrong"))
    for who, one in found.items():
        row(shown, who, one.state, one.result.correct, one.result.wrong)
    say(shown)
    likely = ", ".join(
        f"{100 * float(at):g} % right: {100 * float(str(p)):.1f} %" for at, p in chances.items()
    )
    say(f"who passes {pass_at} of {of}, by how often she is right: {likely}")


@PANEL.command("to-pause --task review --least 5 --below 80")
def to_pause(
    *,
    least: Annotated[int, Option(help="Look at nobody with fewer known answers.")],
    below: Annotated[str, Option(help="Name who is right less often than this.", metavar="PERCENT")],
    truth: Truth = None,
    on: OnTask,
) -> None:
    """Name those who should pause, for too many of their known answers are wrong; pause them with assignee pause."""
    with on.opened() as tasks:
        task_id = tasks.find(on.task).id
        found = tasks.to_pause(task_id, PauseRule(least=least, below=below), truth=truth)
        known = tasks.results(task_id, truth=truth)
    if on.as_json:
        print_json({who: str(one) for who, one in found.items()})
        return
    if not known:
        _warn_of_nothing_known(truth)
    for who, one in found.items():
        say(f"{who}: {one}")
    if not found:
        say("nobody")


def _warn_of_nothing_known(truth: str | None) -> None:
    """Say that there is nothing to go by."""
    where = "of gold, or at 'truth'" if truth is None else f"at {truth!r}"
    note(f"nobody has answered anything that is known {where}; name the known answer's attribute: --truth")
