"""Tasks in a row: which status of which task leads to which other.

Holds: the pipeline with its nodes and links, what each of its tasks remembers of it,
where a finished item goes next.
Does not hold: how an item enters a task (see contents), who carries it there (the dispatcher).
Depends on: errors, events, overlap, pull, rules, values, workload.

A node is a task. What is finished in it leaves by its status, and the decision that
finishes it says where to: that is part of its event, so a crash between one task and
the next loses nothing. Items enter a task one by one or many at once; the split does
not depend on it. An item that comes again is opened again, at most *passes* times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

import attrs

from distribution.errors import InvalidInput
from distribution.events import Cell
from distribution.overlap import Overlap
from distribution.pull import Pull
from distribution.rules import Rules
from distribution.values import NAME_LIMIT, AssigneeId, ItemId, TaskId, check_count, check_id
from distribution.workload import Workload

NodeId: TypeAlias = str
"""Names a node within its pipeline."""
PASSES = 10
"""How often an item may be in a task of a pipeline, unless told otherwise."""
PASSES_LIMIT = 1000
NODE_LIMIT = 1000
"""Nodes of a pipeline at most, and links of a node."""


def _node_id(value: object) -> str:
    return check_id(value, "node id")


def _pipeline_id(value: object) -> str:
    return check_id(value, "pipeline id")


def _name(value: object) -> str:
    return check_id(value, "name", NAME_LIMIT)


def _status(value: object) -> str:
    return check_id(value, "status of a link")


def _texts(value: Iterable[str]) -> tuple[str, ...]:
    return tuple(value)


def _passes(value: object) -> int:
    passes = check_count(value, "passes", least=1)
    if passes > PASSES_LIMIT:
        raise InvalidInput(subject="passes", must=f"be at most {PASSES_LIMIT}", got=value)
    return passes


@attrs.frozen
class Lead:
    """A status, and the task that what has it goes to."""

    status: str = attrs.field(converter=_status)
    task: TaskId


@attrs.frozen(kw_only=True)
class Station:
    """What a task remembers of the pipeline it is a node of."""

    pipeline: str = attrs.field(converter=_pipeline_id)
    node: NodeId = attrs.field(converter=_node_id)
    leads: tuple[Lead, ...] = ()
    """One for each status that leads on; what has another has arrived."""
    repeatable: bool = True
    """Whether an item that is finished here is opened again when it comes once more."""
    passes: int = attrs.field(default=PASSES, converter=_passes)
    """How often one item may be here."""
    start: bool = False
    """Whether items enter the pipeline here."""

    def next(self, status: str) -> TaskId | None:
        """Tell where a status leads; None where it ends."""
        return next((lead.task for lead in self.leads if lead.status == status), None)


@attrs.frozen
class Departure:
    """A finished item that goes on to another task."""

    item: ItemId
    to: TaskId


def verdict(cells: Iterable[Cell], actions: Sequence[str]) -> str | None:
    """Give the status by which a finished item leaves, from all who have done it; None where nobody has.

    The one that most of them set; between equals the one that comes first among the
    *actions* of the task, and statuses that are not among them by name.

    >>> from datetime import UTC, datetime
    >>> done = [Cell("done", datetime(2026, 1, 1, tzinfo=UTC), status) for status in ("discard", "completed")]
    >>> verdict(done, ("completed", "discard"))
    'completed'
    """
    votes = Counter(cell.status for cell in cells if cell.state == "done" and cell.status is not None)
    place = {action: at for at, action in enumerate(actions)}
    return min(
        votes, key=lambda status: (-votes[status], place.get(status, len(place)), status), default=None
    )


@attrs.frozen(kw_only=True)
class Node:
    """A task to be: who works in it and how; exactly one of a workload and of people who pull.

    Raises:
        InvalidInput: something cannot be used.
    """

    id: NodeId = attrs.field(converter=_node_id)
    name: str = attrs.field(default=attrs.Factory(lambda node: node.id, takes_self=True), converter=_name)
    workload: Workload | None = None
    allowed: tuple[AssigneeId, ...] | None = attrs.field(
        default=None, converter=attrs.converters.optional(_texts)
    )
    """Who may pull."""
    pull: Pull | None = None
    overlap: Overlap | None = None
    rules: Rules | None = None
    actions: tuple[str, ...] = attrs.field(default=("completed", "discard"), converter=_texts)
    """Statuses that may be set here."""
    repeatable: bool = True
    passes: int = attrs.field(default=PASSES, converter=_passes)
    priority: int = 0

    def __attrs_post_init__(self) -> None:
        """Refuse a node that nobody, or everybody twice, would work in."""
        if (self.workload is None) == (self.pull is None) or (self.pull is None) != (self.allowed is None):
            raise InvalidInput(
                subject=f"node {self.id!r}",
                must="have a workload, or else pull settings and the allowed assignees",
                got=self.workload or self.pull,
            )


@attrs.frozen
class Link:
    """From one node to another, for what leaves the first with a status."""

    source: NodeId
    status: str = attrs.field(converter=_status)
    target: NodeId


def _nodes(value: Iterable[Node]) -> tuple[Node, ...]:
    nodes = tuple(value)
    if not 0 < len(nodes) <= NODE_LIMIT:
        raise InvalidInput(subject="nodes of a pipeline", must=f"be 1 to {NODE_LIMIT}", got=len(nodes))
    twice = [node for node, count in Counter(node.id for node in nodes).items() if count > 1]
    if twice:
        raise InvalidInput(subject="nodes of a pipeline", must="have different ids", got=twice[0])
    return nodes


def _links(value: Iterable[Link]) -> tuple[Link, ...]:
    return tuple(value)


@attrs.frozen(kw_only=True)
class Pipeline:
    """Nodes, and what leads from one to the next; the first node is where items enter.

    Links may lead back: an item goes round until somebody gives it a status that leads
    out, or until it has been in a node as often as its *passes* allow, and then it stays there.

    >>> from distribution.workload import Workload
    >>> label = Node(id="label", workload=Workload.even(["ann", "bob"]))
    >>> check = Node(id="check", workload=Workload.even(["zoe"]), actions=("approved", "discard"))
    >>> links = [Link("label", "completed", "check"), Link("check", "discard", "label")]
    >>> flow = Pipeline(id="photos", nodes=[label, check], links=links)
    >>> flow.station("check").leads
    (Lead(status='discard', task='photos.label'),)

    Raises:
        InvalidInput: a link names a node or status that is not there, or two of the same
            status lead from one node.
    """

    id: str = attrs.field(converter=_pipeline_id)
    nodes: tuple[Node, ...] = attrs.field(converter=_nodes)
    links: tuple[Link, ...] = attrs.field(default=(), converter=_links)

    def __attrs_post_init__(self) -> None:
        """Refuse links that lead nowhere, or two ways at once."""
        known = {node.id: node for node in self.nodes}
        for link in self.links:
            for end in (link.source, link.target):
                if end not in known:
                    must = f"be among {', '.join(map(repr, known))}"
                    raise InvalidInput(subject="node of a link", must=must, got=end)
            if link.status not in known[link.source].actions:
                must = f"be among {', '.join(map(repr, known[link.source].actions))}"
                subject = f"status of a link from {link.source!r}"
                raise InvalidInput(subject=subject, must=must, got=link.status)
        ways = Counter((link.source, link.status) for link in self.links)
        (source, status), most = max(ways.items(), key=lambda way: way[1], default=(("", ""), 0))
        if most > 1:
            subject = f"links from {source!r}"
            raise InvalidInput(subject=subject, must="have different statuses", got=status)

    @property
    def start(self) -> TaskId:
        """Name the task that items enter first."""
        return self.task_id(self.nodes[0].id)

    def task_id(self, node: NodeId) -> TaskId:
        """Name the task of a node."""
        return f"{self.id}.{node}"

    def station(self, node: NodeId) -> Station:
        """Give what the task of a node remembers.

        Raises:
            InvalidInput: there is no such node.
        """
        known = {each.id: each for each in self.nodes}
        if node not in known:
            raise InvalidInput(subject="node", must=f"be among {', '.join(map(repr, known))}", got=node)
        leads = (Lead(link.status, self.task_id(link.target)) for link in self.links if link.source == node)
        return Station(
            pipeline=self.id,
            node=node,
            leads=tuple(leads),
            repeatable=known[node].repeatable,
            passes=known[node].passes,
            start=node == self.nodes[0].id,
        )

    def unreached(self) -> Iterator[NodeId]:
        """Name the nodes that no item ever comes to, in their order."""
        reached, look = {self.nodes[0].id}, [self.nodes[0].id]
        while look:
            source = look.pop()
            more = {link.target for link in self.links if link.source == source} - reached
            reached |= more
            look += more
        return (node.id for node in self.nodes if node.id not in reached)
