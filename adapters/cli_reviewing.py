"""Commands of people who look after quality: review a sample, draw further, send work back."""

from __future__ import annotations

from typing import Annotated, Any

import attrs
from rich.table import Table
from typer import Argument, Option

from adapters.cli_change import Change
from adapters.cli_looking import task_data, warn_of_loads
from adapters.cli_modes import lease
from adapters.cli_options import Asked, Chosen, Panel, TaskName
from adapters.cli_output import note, print_json, row, say, table, typed
from adapters.cli_values import item_list, pair
from adapters.dispatcher import Dispatcher
from adapters.reviewing import REVIEWED
from adapters.wording import many, together
from distribution.acceptance import Severity
from distribution.errors import InvalidInput
from distribution.filters import AllOf, Filter, field
from distribution.overlap import Overlap
from distribution.pull import Pull
from distribution.qa import SendTo
from distribution.samples import Allocation, Aql, Method, Per, Risk, Sample
from distribution.sampling import Record, Tally
from distribution.task import Task
from distribution.values import Json, TaskId
from distribution.workload import Workload

PANEL = Panel("Quality")
SIZE = "How much is reviewed (one of percent, count, risk, aql)"
WHO = "Who reviews (even, or by load)"

To = Annotated[SendTo, Option("--to", help="To her, or to somebody who has not had it.")]


@attrs.frozen(kw_only=True)
class Drawing:
    """How large the sample is, and how it is drawn."""

    percent: Annotated[
        str | None, Option(help="Of all that is finished.", show_default=False, rich_help_panel=SIZE)
    ] = None
    count: Annotated[
        int | None,
        Option(help="So many, however much is finished.", show_default=False, rich_help_panel=SIZE),
    ] = None
    risk: Annotated[
        str | None,
        Option(
            help="Of each assignee so much that at most TARGET percent of errors go out, and LEAST percent.",
            metavar="TARGET,LEAST",
            show_default=False,
            rich_help_panel=SIZE,
        ),
    ] = None
    aql: Annotated[
        str | None,
        Option(
            help="As many as the plan of ISO 2859-1 asks for at this limit in percent; go on with judge.",
            metavar="PERCENT",
            show_default=False,
            rich_help_panel=SIZE,
        ),
    ] = None
    level: Annotated[
        str, Option(help="Inspection level with --aql: I, II, III, or S-1 to S-4.", rich_help_panel=SIZE)
    ] = "II"
    severity: Annotated[
        Severity, Option(help="How severely the lot is inspected with --aql.", rich_help_panel=SIZE)
    ] = "normal"
    per: Annotated[
        Per | None, Option(help="Each of these gets its part.", show_default=False, rich_help_panel=SIZE)
    ] = None
    stratum: Annotated[
        str | None,
        Option(
            help="Each value of this attribute gets its part.",
            metavar="KEY",
            show_default=False,
            rich_help_panel=SIZE,
        ),
    ] = None
    minimum: Annotated[
        int | None,
        Option(
            help="So many of each group at least; one if absent.", show_default=False, rich_help_panel=SIZE
        ),
    ] = None
    allocation: Annotated[
        Allocation | None,
        Option(help="How a count is divided among groups.", show_default=False, rich_help_panel=SIZE),
    ] = None
    method: Annotated[
        Method,
        Option(help="By chance, at even steps, one of each block, or by effort.", rich_help_panel=SIZE),
    ] = "simple"

    def sample(self) -> Sample:
        """Read the sample.

        Raises:
            InvalidInput: it says too little, or too much.
        """
        sizes = {"--percent": self.percent, "--count": self.count, "--risk": self.risk, "--aql": self.aql}
        given = [name for name, value in sizes.items() if value is not None]
        if len(given) != 1:
            must = f"be given as one of {', '.join(sizes)}"
            raise InvalidInput(subject="a sample", must=must, got=together(given), remedy="e.g. --percent 10")
        per = "stratum" if self.stratum is not None else self.per
        if self.allocation is not None and (self.count is None or per is None):
            must, remedy = "divide a --count among groups", "add --count, and --per assignee or --stratum KEY"
            raise InvalidInput(subject="--allocation", must=must, got=self.allocation, remedy=remedy)
        if self.aql is None and (self.level, self.severity) != ("II", "normal"):
            must, remedy = "go with --aql", "e.g. --aql 1.0 --level III"
            raise InvalidInput(
                subject="--level and --severity", must=must, got=together(given), remedy=remedy
            )
        if self.risk is not None:
            per = per or "assignee"
        return Sample(
            percent=self.percent,
            count=self.count,
            risk=None if self.risk is None else _risk(self.risk),
            aql=None if self.aql is None else Aql(limit=self.aql, level=self.level, severity=self.severity),
            per=per,
            key=self.stratum,
            minimum=self.minimum,
            allocation=self.allocation,
            method=self.method,
        )


def _risk(text: str) -> Risk:
    """Read the errors that may go out, and the least to review, both in percent."""
    target, sign, least = text.partition(",")
    if not sign:
        remedy = "e.g. --risk 2,5"
        raise InvalidInput(subject="--risk", must="be written TARGET,LEAST", got=text, remedy=remedy)
    return Risk(target=target, least=least)


@attrs.frozen(kw_only=True)
class Reviewers:
    """Who reviews, and how they get the work."""

    reviewer: Annotated[
        list[str],
        Option(help="She reviews as much as the others; one for each.", metavar="NAME", rich_help_panel=WHO),
    ] = attrs.field(factory=list)
    load: Annotated[
        list[str],
        Option(
            help="She reviews so much in percent; one for each.", metavar="NAME=PERCENT", rich_help_panel=WHO
        ),
    ] = attrs.field(factory=list)
    pull_batch: Annotated[
        int | None,
        Option(help="Let reviewers pull, so many at once.", show_default=False, rich_help_panel=WHO),
    ] = None
    cap: Annotated[
        int | None,
        Option(help="Open reviews one may have at most.", show_default=False, rich_help_panel=WHO),
    ] = None
    lease_: Annotated[
        str | None,
        Option(
            "--lease",
            help="How long reviews are reserved, e.g. 30m.",
            show_default=False,
            rich_help_panel=WHO,
        ),
    ] = None
    copies: Annotated[
        int, Option(help="So many reviewers look at each item.", rich_help_panel=WHO, min=1)
    ] = 1
    own: Annotated[bool, Option("--own", help="Let people review their own work.", rich_help_panel=WHO)] = (
        False
    )

    def read(self) -> dict[str, Any]:
        """Give what `create_qa` wants to know of it.

        Raises:
            InvalidInput: nobody is named, or in two ways; or a pull is told in half.
        """
        if bool(self.reviewer) == bool(self.load):
            must, given = (
                "be given with --reviewer zoe, or else --load zoe=60",
                "both" if self.load else "none",
            )
            raise InvalidInput(subject="reviewers", must=must, got=given)
        if (self.pull_batch is None) != (self.cap is None) or (self.pull_batch is None and self.lease_):
            must, remedy = "have --pull-batch and --cap", "e.g. --pull-batch 10 --cap 15"
            raise InvalidInput(subject="reviews to pull", must=must, got="one of them", remedy=remedy)
        how: dict[str, Any] = {"reviewers": self.reviewer, "own": self.own}
        if self.load:
            loads = [pair(text) for text in self.load]
            how |= {"reviewers": [name for name, _ in loads], "workload": Workload.of(loads)}
        if self.pull_batch is not None and self.cap is not None:
            how["pull"] = Pull(
                batch_size=self.pull_batch, max_batch_workload=self.cap, lease=lease(self.lease_)
            )
        if self.copies > 1:
            how["overlap"] = Overlap(percent=100, assignees=self.copies)
        return how


@attrs.frozen(kw_only=True)
class NewReview:
    """What else is told to a review."""

    task: TaskName
    status: Annotated[
        list[str],
        Option(help="Only work with this; one for each. All that is finished if absent.", show_default=False),
    ] = attrs.field(factory=list)
    send: Annotated[
        SendTo, Option(help="Rejected work goes to its author, or to somebody who has not had it.")
    ] = "author"
    action: Annotated[
        list[str],
        Option(
            help=f"A status of a review; one for each. {' and '.join(REVIEWED)} if absent.",
            metavar="STATUS",
            show_default=False,
        ),
    ] = attrs.field(factory=list)
    rejecting: Annotated[
        list[str],
        Option(
            help="A status that sends the work back; one for each. discard if absent.",
            metavar="STATUS",
            show_default=False,
        ),
    ] = attrs.field(factory=list)
    seed: Annotated[int, Option(help="The same seed draws the same.")] = 0
    contested: Annotated[
        bool, Option("--contested", help="Only items about which people disagree; see agreement.")
    ] = False
    record: Annotated[
        str | None,
        Option(
            help="Another review of the task, whose errors --risk and --allocation neyman go by.",
            metavar="REVIEW",
            show_default=False,
        ),
    ] = None
    name: Annotated[str | None, Option(help="Name of the review.", show_default=False)] = None
    id: Annotated[str | None, Option(help="Id of the review; made up if absent.", show_default=False)] = None

    def lot(self, tasks: Dispatcher, task_id: TaskId, where: Filter | None) -> Filter | None:
        """Say what is drawn from."""
        if not self.contested:
            return where
        items: list[Json] = [found.item for found in tasks.disagreements(task_id)]
        disputed = field("qa.item").is_in(items)
        return disputed if where is None else AllOf((where, disputed))

    def errors(self, tasks: Dispatcher) -> Record | None:
        """Give what another review found."""
        return None if self.record is None else tasks.quality(tasks.find(self.record).id).record


@PANEL.command(
    "qa --task review --reviewer zoe --reviewer max --percent 10 --per assignee",
    "qa --task review --reviewer zoe --risk 2,5 --where qa.author=ann",
    "qa --task review --reviewer zoe --aql 1.0",
)
def qa(*, new: NewReview, drawing: Drawing, reviewers: Reviewers, chosen: Chosen, asked: Asked) -> None:
    """Create a task in which a sample of the finished work of another is reviewed.

    Nobody reviews her own work, and everybody's is spread over all reviewers. --where also
    knows qa.item, qa.author, qa.finished, qa.status, qa.answer. With --aql a lot is drawn from
    as its acceptance plan wants it; when it is reviewed, judge accepts or refuses it.
    """
    sample, who = drawing.sample(), reviewers.read()
    with asked.opened() as tasks:
        parent = tasks.find(new.task).id
        task = tasks.create_qa(
            parent,
            sample=sample,
            record=new.errors(tasks),
            statuses=new.status,
            rejecting=new.rejecting or ("discard",),
            actions=new.action or REVIEWED,
            sends=new.send,
            where=new.lot(tasks, parent, chosen.filter()),
            seed=new.seed,
            name=new.name,
            id=new.id,
            **who,
            **asked.by(),
        )
        now, facts = tasks.progress(task.id), tasks.history(task.id)[0].event.facts
    warn_of_loads(facts)
    if not task.items:
        how = "qa-extend draws when there is: " + typed("qa-extend", task=task.id, store=asked.store)
        note(f"warning: nothing that is finished could be drawn; {how}")
    if asked.as_json:
        print_json(task_data(task, now))
        return
    shares = ", ".join(f"{found.assignee} {found.open}" for found in now.assignments)
    pulled = f"; {', '.join(who['reviewers'])} may pull" if task.pull is not None else f": {shares}"
    say(f"{task.name} ({task.id}): {many(task.items)} to review{pulled}")
    say(tally_table(tally_of(task)))
    verb = "items" if task.pull is None else "pull"
    say("Go on with: " + typed(verb, task=task.id, assignee=who["reviewers"][0], store=asked.store))


def tally_of(task: Task) -> Tally:
    """Give what a review was drawn from."""
    return Tally(per=None) if task.qa is None else task.qa.tally


def tally_table(tally: Tally) -> Table:
    """Show what was drawn from, and how much was drawn."""
    shown = table(tally.per or "all", "finished", "drawn", right=("finished", "drawn"))
    for group in tally.groups:
        row(shown, group.group or ("" if tally.per is None else "(none)"), group.seen, group.drawn)
    return shown


@PANEL.command("qa-extend --task 'label cats: review' --dry-run", name="qa-extend")
def qa_extend(*, change: Change) -> None:
    """Draw further from what was finished since; what was drawn before stays drawn."""
    change.make(lambda tasks, task_id, **how: tasks.extend_qa(task_id, **how))


@PANEL.command(
    "send-back --task review --assignee ann --to others",
    "send-back img-004 img-007 --task review",
)
def send_back(
    *,
    items: Annotated[
        list[str] | None,
        Argument(help="Ids of items; - reads them from standard input.", metavar="ITEM", show_default=False),
    ] = None,
    assignee: Annotated[str | None, Option(help="Only what she finished.", show_default=False)] = None,
    all_: Annotated[bool, Option("--all", help="All that is finished.")] = False,
    rejected: Annotated[
        bool, Option("--rejected", help="Of a review: what it rejected and that is not back yet.")
    ] = False,
    to: To = "author",
    change: Change,
) -> None:
    """Reopen finished work: of somebody, of some items, or all; for its author, or for others."""
    given = {"items, --assignee": items or assignee, "--all": all_, "--rejected": rejected}
    if len(ways := [way for way, value in given.items() if value]) != 1:
        must = "be named by items or --assignee, or else by --all or --rejected"
        raise InvalidInput(subject="what goes back", must=must, got=together(ways))
    if rejected:
        change.make(lambda tasks, task_id, **how: tasks.send_rejected(task_id, **how))
        return
    ids = item_list(items) if items else None
    change.make(
        lambda tasks, task_id, **how: tasks.send_back(task_id, assignee=assignee, items=ids, sends=to, **how)
    )
