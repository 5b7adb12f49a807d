"""Loads, batches and copies as the platform's requests say them, in the words of the core."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import attrs

from adapters.dataloop.calls import mapping, number, texts
from distribution.errors import InvalidInput
from distribution.overlap import Overlap
from distribution.pull import Pull
from distribution.values import check_count, check_id, exact
from distribution.workload import Workload

EMAIL_LIMIT = 255
PULLING = ("batchSize", "maxBatchWorkload")
CONSENSUS = ("consensusPercentage", "consensusAssignees", "consensusTaskType")
HONEYPOTS = 5
"""Percent of honeypots, unless told otherwise: what the platform recommends."""
KINDS = ("consensus", "qualification", "honeypot")
"""Types of consensus there are."""


def person(value: object) -> str:
    """Give the id of an assignee: her e-mail, in lower case.

    Raises:
        InvalidInput: it is no text that could be one.
    """
    return check_id(value, "assignee", EMAIL_LIMIT).lower()


def workload_of(units: object) -> Workload | None:
    """Read a workload; loads of one person add up, and a sum that rounds to 100 is brought to 100.

    >>> str(workload_of([{"assigneeId": "A@x.io", "load": 34}, {"assigneeId": "b@x.io", "load": 66}]))
    'a@x.io 34 %, b@x.io 66 %'

    Raises:
        InvalidInput: it is no list of units, or the loads do not sum to 100.
    """
    if units is None or units == []:
        return None
    if not isinstance(units, list) or not all(isinstance(unit, dict) for unit in units):
        raise InvalidInput(
            subject="workload", must="be a list of objects with assigneeId and load", got=units
        )
    loads: dict[str, Fraction] = {}
    for unit in units:
        name = person(unit.get("assigneeId"))
        load = exact(unit.get("load"), f"load of {name!r}")
        if load > 100:
            raise InvalidInput(subject=f"load of {name!r}", must="be between 0 and 100", got=unit.get("load"))
        loads[name] = loads.get(name, Fraction(0)) + load
    total = sum(loads.values())
    if round(float(total)) != 100:
        raise InvalidInput(subject="loads", must="sum to 100", got=float(total))
    return Workload.weights(list(loads.items()))


@attrs.frozen(kw_only=True)
class Kind:
    """How a task of the platform hands out its items."""

    allowed: tuple[str, ...] = ()
    """Who may pull, or is meant where no loads are given."""
    pull: Pull | None = None
    overlap: Overlap | None = None
    """Which items are copied for several people."""
    honeypots: Fraction | None = None
    """How often, in percent, somebody meets an item whose answer is known, where the dataset has such."""
    workload: Workload | None = None
    """Loads, where some are given."""

    def people(self, owner: str) -> tuple[str, ...]:
        """Name who works: those allowed, those with a load, or else the owner."""
        return self.allowed or (self.workload.assignees if self.workload is not None else ()) or (owner,)


def kind_of(system: Mapping[str, Any], units: object = None) -> Kind:
    """Read what `metadata.system` says of a task, and its workload; 0 and null count as not given.

    Raises:
        InvalidInput: a number is out of the platform's bounds, or both kinds are asked for.
    """
    allowed = system.get("allowedAssignees")
    workload = workload_of(units)
    people = () if allowed is None else tuple(dict.fromkeys(map(person, texts(allowed, "allowedAssignees"))))
    pulling = [key for key in PULLING if system.get(key)]
    copied = [key for key in CONSENSUS if system.get(key)]
    if pulling and copied:
        must = "be pulled from, or have consensus, not both"
        raise InvalidInput(subject="a task", must=must, got=", ".join((*pulling, *copied)))
    if pulling:
        return Kind(allowed=people, pull=_pull(system), workload=workload)
    overlap = _overlap(system) if copied else None
    honeypot = system.get("consensusTaskType") == "honeypot"
    share = exact(system.get("consensusPercentage") or HONEYPOTS, "consensusPercentage") if honeypot else None
    return Kind(allowed=people, overlap=overlap, honeypots=share, workload=workload)


def _pull(system: Mapping[str, Any]) -> Pull:
    if not system.get("batchSize"):
        raise InvalidInput(subject="batchSize", must="be given with maxBatchWorkload", got=None)
    batch = check_count(system["batchSize"], "batchSize", least=1)
    cap = system.get("maxBatchWorkload")
    most = 2 * batch if not cap else check_count(cap, "maxBatchWorkload", least=1)
    return Pull(batch_size=batch, max_batch_workload=most).checked("dataloop")


def _overlap(system: Mapping[str, Any]) -> Overlap:
    kind = system.get("consensusTaskType") or "consensus"
    if kind not in KINDS:
        raise InvalidInput(subject="consensusTaskType", must=f"be one of {', '.join(KINDS)}", got=kind)
    if kind == "qualification":
        return Overlap(everyone=True)
    percent = system.get("consensusPercentage")
    people = check_count(system.get("consensusAssignees") or 2, "consensusAssignees", least=1)
    if people < 2:
        raise InvalidInput(subject="consensusAssignees", must="be at least 2", got=people)
    return Overlap(percent=100 if not percent else exact(percent, "consensusPercentage"), assignees=people)


def due_of(value: object) -> datetime | None:
    """Read a due date in milliseconds; None where it is none that a calendar knows.

    >>> due_of("1861920000000.0")
    datetime.datetime(2029, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)
    """
    milliseconds = number(value, "dueDate")
    try:
        return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def priority_of(value: object) -> int:
    """Read a priority; medium where none is given.

    >>> priority_of("1"), priority_of(None)
    (1, 2)

    Raises:
        InvalidInput: it is none of the platform's three.
    """
    given = number(value, "priority")
    if given is None:
        return MEDIUM
    if given not in {1, 2, 3}:
        raise InvalidInput(subject="priority", must="be 1 (low), 2 (medium) or 3 (high)", got=value)
    return int(given)


def actions_of(given: object, task_type: str) -> list[dict[str, Any]]:
    """Read the actions of a task; those of its type where none are given.

    Raises:
        InvalidInput: they are no list of objects with an action.
    """
    if given is None or given == []:
        names = ("completed", "discard") if task_type == "annotation" else ("approved", "discard")
        return [action(name) for name in names]
    if not isinstance(given, list) or not all(isinstance(part, dict) for part in given):
        raise InvalidInput(subject="availableActions", must="be a list of objects", got=given)
    made = {check_id(part.get("action"), "action"): part for part in given}
    return [{**action(name), **part} for name, part in made.items()]


MEDIUM = 2
COLORS = {"completed": "#2AB26A", "approved": "#2AB26A", "discard": "#E05A5A"}


def action(name: str) -> dict[str, Any]:
    """Make an action.

    >>> action("fix-label")["displayName"]
    'Fix label'
    """
    return {
        "action": name,
        "displayName": name.replace("-", " ").replace("_", " ").capitalize(),
        "color": COLORS.get(name, "#7F8FA6"),
    }


def system_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Give `metadata.system` of a body; empty where it is missing."""
    return mapping(mapping(body, "metadata"), "system")
