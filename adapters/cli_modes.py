"""How a new task hands out its items, by shares or by pulling, to one or several people: options, and what is made of them."""

from __future__ import annotations

from datetime import timedelta
from types import EllipsisType
from typing import Annotated, Any

import attrs
from typer import Option

from adapters.cli_values import NONE, duration, pair
from adapters.wording import together
from distribution.basis import Basis, ByCount, ByEffort, Grouped, Stratified
from distribution.errors import InvalidInput
from distribution.pull import Pull, SkipPolicy
from distribution.ranks import QueueOrder
from distribution.task import Task
from distribution.workload import Workload

SHARES = "Who works, and how much (one kind of these)"
HOW = "How the items are split"
PULLED = "Or: who may pull, and how much at once"
REPULLED = "How it is pulled from"


@attrs.frozen(kw_only=True)
class Shares:
    """Who works, and how much."""

    load: Annotated[
        list[str],
        Option(
            help="Her load in percent; one for each, which sum to 100.",
            metavar="NAME=PERCENT",
            rich_help_panel=SHARES,
        ),
    ] = attrs.field(factory=list)
    weight: Annotated[
        list[str],
        Option(help="Her weight, of any size; one for each.", metavar="NAME=NUMBER", rich_help_panel=SHARES),
    ] = attrs.field(factory=list)
    assignee: Annotated[
        list[str],
        Option(
            help="She carries as much as the others; one for each.", metavar="NAME", rich_help_panel=SHARES
        ),
    ] = attrs.field(factory=list)

    def given(self) -> list[str]:
        """Name the kinds of shares that were given."""
        kinds = {"--load": self.load, "--weight": self.weight, "--assignee": self.assignee}
        return [name for name, value in kinds.items() if value]

    def workload(self, remedy: str = "") -> Workload:
        """Read the shares."""
        given = self.given()
        if len(given) != 1:
            must = "be given as one of --load ann=50, --weight ann=2, --assignee ann"
            raise InvalidInput(subject="shares", must=must, got=together(given), remedy=remedy)
        if self.assignee:
            return Workload.even(self.assignee)
        shares = [pair(text) for text in self.load or self.weight]
        if self.weight:
            return Workload.weights(shares)
        try:
            return Workload.of(shares)
        except InvalidInput as error:
            if error.subject != "loads":
                raise
            remedy = "for shares of any sum use --weight, for equal ones --assignee"
            raise attrs.evolve(error, remedy=remedy) from error


@attrs.frozen(kw_only=True)
class Split(Shares):
    """Who works, how much, and by which rule."""

    order: Annotated[
        str, Option(help="shuffled, contiguous, interleaved, random or spread.", rich_help_panel=HOW)
    ] = "shuffled"
    seed: Annotated[int, Option(help="The same seed gives the same split.", rich_help_panel=HOW)] = 0
    by_effort: Annotated[
        bool,
        Option(
            "--by-effort", help="Balance the sum of effort, not the number of items.", rich_help_panel=HOW
        ),
    ] = False
    stratify: Annotated[
        str | None,
        Option(help="Divide the items of every value of this attribute by the loads.", rich_help_panel=HOW),
    ] = None
    group: Annotated[
        str | None,
        Option(help="Keep items with the same value of this attribute together.", rich_help_panel=HOW),
    ] = None

    def basis(self, effort: str | None) -> Basis:
        """Read what is shared out; *effort* is where it comes from."""
        given = [("--by-effort", self.by_effort), ("--stratify", self.stratify), ("--group", self.group)]
        chosen = [name for name, value in given if value]
        if len(chosen) > 1:
            raise InvalidInput(
                subject="split", must="be one of --by-effort, --stratify, --group", got=together(chosen)
            )
        if self.by_effort:
            if effort is None:
                raise InvalidInput(
                    subject="--by-effort", must="know the effort", got=None, remedy="add --effort"
                )
            return ByEffort()
        if self.stratify:
            return Stratified(self.stratify)
        return Grouped(self.group) if self.group else ByCount()

    def only_for_shares(self) -> list[str]:
        """Name the options that mean nothing where items are pulled."""
        given = {"--by-effort": self.by_effort, "--stratify": self.stratify, "--group": self.group}
        given["--order"] = self.order != "shuffled"
        return [*self.given(), *(name for name, value in given.items() if value)]


@attrs.frozen(kw_only=True)
class Pulling:
    """Who may pull, and how much at once."""

    allow: Annotated[
        list[str], Option(help="She may pull; one for each.", metavar="NAME", rich_help_panel=PULLED)
    ] = attrs.field(factory=list)
    pull_batch: Annotated[
        int | None,
        Option(help="Items handed out at once (batch_size).", show_default=False, rich_help_panel=PULLED),
    ] = None
    cap: Annotated[
        int | None,
        Option(
            help="Open items one assignee may have at most (max_batch_workload).",
            show_default=False,
            rich_help_panel=PULLED,
        ),
    ] = None
    lease: Annotated[
        str | None,
        Option(
            help="How long items are reserved, e.g. 30m; for ever if absent.",
            show_default=False,
            rich_help_panel=PULLED,
        ),
    ] = None
    queue: Annotated[
        QueueOrder, Option(help="Who comes first: items as they came, or by chance.", rich_help_panel=PULLED)
    ] = "fifo"
    skip: Annotated[
        SkipPolicy,
        Option(
            help="What a skip means: others get the item, or she herself later, or it counts as done.",
            rich_help_panel=PULLED,
        ),
    ] = "others"

    def pull(self) -> Pull | None:
        """Read how items are handed out; None where they are not pulled.

        Raises:
            InvalidInput: something is missing, or cannot be used.
        """
        needed = {"--pull-batch": self.pull_batch, "--cap": self.cap, "--allow": self.allow or None}
        others = {"--lease": self.lease is not None, "--queue": self.queue != "fifo"}
        others["--skip"] = self.skip != "others"
        given = [name for name, value in needed.items() if value is not None]
        given += [name for name, said in others.items() if said]
        if not given:
            return None
        if self.pull_batch is None or self.cap is None or not self.allow:
            raise InvalidInput(
                subject="a task to pull from",
                must="have --pull-batch, --cap and --allow",
                got=together(given),
                remedy="e.g. --pull-batch 10 --cap 15 --allow ann --allow bob",
            )
        return Pull(
            batch_size=self.pull_batch,
            max_batch_workload=self.cap,
            lease=lease(self.lease),
            order=self.queue,
            skip=self.skip,
        )


def lease(text: str | None) -> timedelta | None:
    """Read how long items are reserved; none and nothing are for ever.

    Raises:
        InvalidInput: it is no duration, or no time at all.
    """
    if text in {None, NONE}:
        return None
    text = str(text)
    span = duration(text, "--lease")
    if not span:
        raise InvalidInput(subject="--lease", must="be longer than nothing", got=text)
    return span


@attrs.frozen(kw_only=True)
class Repull:
    """What may be changed about how a task is pulled from."""

    pull_batch: Annotated[
        int | None,
        Option(help="Items handed out at once (batch_size).", show_default=False, rich_help_panel=REPULLED),
    ] = None
    cap: Annotated[
        int | None,
        Option(
            help="Open items one assignee may have at most (max_batch_workload).",
            show_default=False,
            rich_help_panel=REPULLED,
        ),
    ] = None
    lease: Annotated[
        str | None,
        Option(
            help="How long items are reserved from now on, e.g. 30m; none for ever.",
            show_default=False,
            rich_help_panel=REPULLED,
        ),
    ] = None
    skip: Annotated[
        SkipPolicy | None,
        Option(help="What a skip means from now on.", show_default=False, rich_help_panel=REPULLED),
    ] = None

    def pull(self, task: Task) -> Pull | EllipsisType:
        """Give the task's settings with what is given here; ... where nothing is.

        Raises:
            InvalidInput: the task is not pulled from, or the settings cannot be used together.
        """
        given = {"batch_size": self.pull_batch, "max_batch_workload": self.cap, "skip": self.skip}
        changed: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        changed |= {} if self.lease is None else {"lease": lease(self.lease)}
        if not changed:
            return ...
        if task.pull is None:
            raise InvalidInput(
                subject="--pull-batch, --cap, --lease and --skip",
                must="be of a task that is pulled from",
                got=task.name,
            )
        made: Pull = attrs.evolve(task.pull, **changed)
        return made


def mode(split: Split, pulling: Pulling) -> dict[str, Any]:
    """Give what makes a task one of shares, or one that is pulled from.

    Raises:
        InvalidInput: it would be both, or neither.
    """
    pull = pulling.pull()
    if pull is None:
        return {"workload": split.workload("or let people pull, with --pull-batch 10 --cap 15 --allow ann")}
    if stray := split.only_for_shares():
        remedy = "leave them out, or leave out --pull-batch"
        raise InvalidInput(
            subject="a task to pull from", must="have no shares", got=together(stray), remedy=remedy
        )
    return {"allowed": pulling.allow, "pull": pull}
