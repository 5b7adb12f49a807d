"""The states of placements, assignees and tasks, and what leads from one to the next.

Holds: the transition tables, their diagram, progress derived from counts.
Does not hold: who may take what (see taking), decisions (see work, team, course).
Depends on: errors.

Everything that changes a state asks these tables, but for an undo, which goes back along
any of these ways; only from where nothing else leads back is that drawn (`UNDONE`). A skip
that counts as done is a submission. The diagrams in the README are drawn from the tables,
and a test compares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from distribution.errors import Refused, shown

PlacementState: TypeAlias = Literal["open", "done", "skipped", "returned"]
"""Open: she works on it. Done: it has her status. Skipped, returned: she had it, and has not."""
MemberState: TypeAlias = Literal["active", "paused", "removed"]
TaskState: TypeAlias = Literal["open", "closed", "deleted", "purged"]
Table: TypeAlias = Mapping[tuple[str, str], str]
"""(state, verb) to the next state."""
Progress: TypeAlias = Literal["empty", "waiting", "in progress", "completed"]

NOWHERE = "none"
"""The state of a placement that does not exist."""

PLACEMENT: Table = {
    (NOWHERE, "grant"): "open",
    ("skipped", "grant"): "open",
    ("returned", "grant"): "open",
    ("open", "renew"): "open",
    ("open", "submit"): "done",
    ("done", "submit"): "done",
    ("skipped", "submit"): "done",
    ("returned", "submit"): "done",
    ("done", "clear"): "open",
    ("done", "reopen"): "open",
    ("done", "reject"): "returned",
    ("open", "skip"): "skipped",
    ("open", "return"): "returned",
    ("open", "withdraw"): NOWHERE,
}
"""Grant: created with it, added, pulled, moved to her. Return: released, expired, reclaimed.
Withdraw: moved to somebody else. Reopen, reject: sent back by a review, to her or to others."""

MEMBER: Table = {
    (NOWHERE, "add"): "active",
    ("removed", "add"): "active",
    ("active", "pause"): "paused",
    ("paused", "resume"): "active",
    ("active", "remove"): "removed",
    ("paused", "remove"): "removed",
}

TASK: Table = {
    (NOWHERE, "create"): "open",
    ("open", "close"): "closed",
    ("closed", "reopen"): "open",
    ("open", "delete"): "deleted",
    ("closed", "delete"): "deleted",
    ("deleted", "purge"): "purged",
}
"""Past its due date an open task hands out nothing."""

UNDONE: Mapping[str, Sequence[tuple[str, str]]] = {"task": (("deleted", "open"), ("deleted", "closed"))}
"""What only an undo leads to: a deleted task is what it was, until it is purged."""

GONE = frozenset({"deleted", "purged"})
"""States of a task that nobody finds any more."""

TABLES: Mapping[str, Table] = {"placement": PLACEMENT, "assignee": MEMBER, "task": TASK}

HELD = frozenset({"open", "done"})
"""States of a placement in which a copy of the item is used up."""
ENDED = frozenset({"skipped", "returned"})
"""States of a placement in which the item went back."""


def after(table: Table, state: str, verb: str, subject: str) -> str:
    """Give the state that *verb* leads to.

    >>> after(TASK, "open", "close", "task 'T-7'")
    'closed'

    Raises:
        Refused: the table knows no such way; the message names the verbs that are possible.
    """
    found = table.get((state, verb))
    if found is None:
        possible = sorted({verb for from_, verb in table if from_ == state})
        remedy = f"possible now: {', '.join(possible)}" if possible else "nothing leads on from there"
        raise Refused(subject, f"is {state} and cannot be changed by {shown(verb)}", remedy)
    return found


def may(table: Table, state: str, verb: str) -> bool:
    """Tell whether *verb* leads anywhere from *state*."""
    return (state, verb) in table


def progress(total: int, done: int) -> Progress:
    """Name how far a task or an assignment is, from its counts.

    >>> progress(10, 0), progress(10, 1), progress(10, 10), progress(0, 0)
    ('waiting', 'in progress', 'completed', 'empty')
    """
    if total == 0:
        return "empty"
    if done >= total:
        return "completed"
    return "in progress" if done else "waiting"


def diagram(name: str) -> str:
    """Draw one of `TABLES` as a Mermaid state diagram, with what is `UNDONE`.

    >>> print(diagram("assignee").splitlines()[1])
        [*] --> active: add
    """
    lines = ["stateDiagram-v2"]
    ways: dict[tuple[str, str], list[str]] = {}
    for (state, verb), target in TABLES[name].items():
        ends = ("[*]" if state == NOWHERE else state, "[*]" if target == NOWHERE else target)
        ways.setdefault(ends, []).append(verb)
    for ends in UNDONE.get(name, ()):
        ways.setdefault(ends, []).append("undo")
    lines += [f"    {source} --> {target}: {', '.join(verbs)}" for (source, target), verbs in ways.items()]
    return "\n".join(lines)


SKIPPED = "skipped"
"""Status of what was skipped where a skip counts as done; it is no answer."""
