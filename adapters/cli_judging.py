"""Commands of people who judge finished work by its reviews: rates, lots, streams."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table
from typer import Option

from adapters.cli_options import REFUSED, OnTask, Panel
from adapters.cli_output import print_json, row, say, table, typed
from adapters.cli_reviewing import PANEL as QUALITY
from adapters.cli_reviewing import tally_of
from adapters.wording import many, together
from distribution.acceptance import AcceptancePlan, Severity
from distribution.error_rates import ErrorRate
from distribution.errors import InvalidInput
from distribution.inspection import Csp1, Sprt
from distribution.intervals import in_percent
from distribution.samples import Aql
from distribution.task import Task

PANEL = Panel(QUALITY.title)

Confidence = Annotated[str, Option(help="How sure the interval is, between 0 and 1.")]


@PANEL.command("quality --task 'label cats: review' --method clopper-pearson")
def quality(
    *,
    method: Annotated[
        str, Option(help="Of the interval: wilson, or clopper-pearson for a guarantee.")
    ] = "wilson",
    confidence: Confidence = "0.95",
    on: OnTask,
) -> None:
    """Tell how much of the finished work is wrong, judging by its review: in all, and of each assignee."""
    with on.opened() as tasks:
        task = tasks.find(on.task)
        found = tasks.quality(task.id, method=method, confidence=confidence)
        authors = tasks.quality_by_author(task.id, method=method, confidence=confidence)
    if on.as_json:
        print_json({"all": found, "authors": authors, "tally": tally_of(task)})
        return
    say(f"{task.name}: {found}")
    seen = sum(group.seen for group in tally_of(task).groups)
    about = "" if found.rate is None else f"; about {found.wrong:.4g} of all are wrong"
    say(f"{many(seen)} finished, {task.items} drawn{about}")
    if authors:
        say(_authors_table(authors))


def _authors_table(authors: dict[str, ErrorRate]) -> Table:
    """Show everybody whose work was reviewed."""
    shown = table("author", "reviewed", "wrong", "rate", "interval", right=("reviewed", "wrong", "rate"))
    for who, found in authors.items():
        interval = "all of it" if found.census else found.interval
        row(shown, who, found.reviewed, found.failed, in_percent(found.rate or 0), interval)
    return shown


@PANEL.command(
    "judge --task 'label cats: review'",
    "judge --task 'label cats: review' --aql 1.5 --level II --severity tightened",
)
def judge(
    *,
    aql: Annotated[
        str | None,
        Option(
            help="Acceptable quality limit in percent, of the tables of ISO 2859-1; that of qa --aql if absent.",
            metavar="PERCENT",
            show_default=False,
        ),
    ] = None,
    level: Annotated[str, Option(help="Inspection level with --aql: I, II, III, or S-1 to S-4.")] = "II",
    severity: Annotated[Severity, Option(help="How severely the lot is inspected with --aql.")] = "normal",
    on: OnTask,
) -> None:
    """Accept or refuse the lot that a review was drawn from, by its plan. Exit code 1 if refused.

    Draw the sample with qa --aql, then it has as many items as the plan asks for. Of a larger
    one so many count, in an order fixed by the draw.
    """
    asked = None if aql is None else Aql(limit=aql, level=level, severity=severity)
    with on.opened() as tasks:
        task = tasks.find(on.task)
        found = tasks.quality(task.id)
        lot = sum(group.seen for group in tally_of(task).groups)
        plan = _plan(task, asked, lot)
        judgement = tasks.judge(task.id, plan)
    if on.as_json:
        print_json({"judgement": judgement, "plan": plan, "lot": lot, "failed": found.failed})
    else:
        said = "accepted" if judgement.accepted else "refused"
        more = f" (of all {found.reviewed} reviewed {found.failed})" if found.reviewed > plan.size else ""
        count = f"{judgement.errors} of the {plan.size} that count are wrong{more}"
        say(f"{said}: {count}; of a lot of {lot} {plan}")
        parent = "" if task.qa is None else task.qa.parent
        if not judgement.accepted:
            say("Send it back with: " + typed("send-back", "--all", task=parent, store=on.store))
    if not judgement.accepted:
        raise typer.Exit(REFUSED)


def _plan(task: Task, asked: Aql | None, lot: int) -> AcceptancePlan:
    """Look up the plan of a lot, by what is asked or else by what its sample was drawn for.

    Raises:
        InvalidInput: nothing says by which, the lot is empty, or the sample smaller than the plan's.
    """
    aql = asked if asked is not None or task.qa is None else task.qa.sample.aql
    if aql is None:
        must, remedy = "be given where the review was drawn without", "e.g. --aql 1.0"
        raise InvalidInput(subject="--aql", must=must, got=None, remedy=remedy)
    if not lot:
        remedy = "draw further when work is finished: distribution qa-extend"
        raise InvalidInput(subject="a lot", must="have finished items", got=0, remedy=remedy)
    plan = aql.plan(lot)
    if plan.size > task.items:
        must = f"have {plan.size} items to judge a lot of {lot}"
        remedy = f"draw them with qa --aql {float(aql.limit):g}, or qa --count {plan.size}"
        raise InvalidInput(subject="the review", must=must, got=task.items, remedy=remedy)
    return plan


@PANEL.command(
    "inspect --task 'label cats: review' --csp 20,1/10",
    "inspect --task 'label cats: review' --sprt 0.02,0.08",
)
def inspect(
    *,
    csp: Annotated[
        str | None,
        Option(
            help="CSP-1: review all until CLEAR in a row were right, then a FRACTION, until one is wrong.",
            metavar="CLEAR,FRACTION",
            show_default=False,
        ),
    ] = None,
    sprt: Annotated[
        str | None,
        Option(
            help="Sequential test: as many as it takes to tell a GOOD share of errors from a BAD one; risks"
            " 0.05 and 0.10 if absent.",
            metavar="GOOD,BAD[,ALPHA,BETA]",
            show_default=False,
        ),
    ] = None,
    on: OnTask,
) -> None:
    """Tell of everybody, review after review, where her work stands, and how much of the next to review."""
    if (csp is None) == (sprt is None):
        got = together([name for name, text in (("--csp", csp), ("--sprt", sprt)) if text is not None])
        must, remedy = "be one of --csp and --sprt", "e.g. --csp 20,1/10"
        raise InvalidInput(subject="how to inspect", must=must, got=got, remedy=remedy)
    plan = _csp(csp) if csp is not None else _sprt(sprt or "")
    with on.opened() as tasks:
        task = tasks.find(on.task)
        found = tasks.inspect(task.id, plan)
    if on.as_json:
        print_json(found)
        return
    if not found:
        say("nothing is reviewed yet")
        return
    shown = table("author", "reviewed", "wrong", "stands", "review next", right=("reviewed", "wrong"))
    for who, stands in found.items():
        part = in_percent(float(stands.rate))
        following = "none" if stands.rate == 0 else "all" if stands.rate == 1 else part
        row(shown, who, stands.reviewed, stands.failed, stands.state, following)
    say(shown)


def _csp(text: str) -> Csp1:
    """Read a plan of CSP-1.

    >>> _csp("20,1/10")
    Csp1(clear=20, fraction=Fraction(1, 10))

    Raises:
        InvalidInput: it is none.
    """
    clear, _, fraction = text.partition(",")
    if not clear.isdecimal() or not fraction:
        remedy = "e.g. --csp 20,1/10"
        raise InvalidInput(subject="--csp", must="be written CLEAR,FRACTION", got=text, remedy=remedy)
    return Csp1(clear=int(clear), fraction=fraction)


def _sprt(text: str) -> Sprt:
    """Read a sequential test.

    >>> _sprt("0.02,0.08").h1 == _sprt("0.02,0.08,0.05,0.10").h1
    True

    Raises:
        InvalidInput: it is none.
    """
    numbers = text.split(",")
    if len(numbers) not in {2, 4}:
        must, remedy = "be written GOOD,BAD or GOOD,BAD,ALPHA,BETA", "e.g. --sprt 0.02,0.08"
        raise InvalidInput(subject="--sprt", must=must, got=text, remedy=remedy)
    good, bad, alpha, beta = [*numbers, "0.05", "0.10"][:4]
    return Sprt(p0=good, p1=bad, alpha=alpha, beta=beta)
