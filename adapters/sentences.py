"""What happened to a task, each in one sentence that a person understands.

Counts are of items; an item that moves from one person to another counts once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from adapters.wording import listed, many, moment
from distribution.codec import decode
from distribution.events import Entry, Event, SettingChange
from distribution.workload import Workload


def sentence(event: Event) -> str:
    """Say what happened.

    >>> sentence(Event(what="created", facts={"items": 10, "skipped": 0}))
    'created with 10 items to pull from'
    """
    return SENTENCES[event.what](event)


def line(entry: Entry) -> str:
    """Say when, what, by whom and why."""
    stamp = entry.stamp
    actor = f", by {stamp.actor}" if stamp.actor else ""
    why = f" ({stamp.reason})" if stamp.reason else ""
    return f"{moment(stamp.at)}  {sentence(entry.event)}{actor}{why}"


def finished(event: Event) -> int:
    """Count the placements that became done, less those that are done no more."""
    gained = 0
    for shift in event.shifts:
        before = shift.before is not None and shift.before.state == "done"
        after = shift.after is not None and shift.after.state == "done"
        gained += (after - before) * len(shift.positions)
    return gained


def _touched(event: Event) -> int:
    return len({position for shift in event.shifts for position in shift.positions})


def _gained(event: Event) -> Counter[str]:
    """Count the items that each one has open now and had not before."""
    found: Counter[str] = Counter()
    for shift in event.shifts:
        if _open(shift.after) and not _open(shift.before):
            found[shift.assignee] += len(shift.positions)
    return found


def _given_up(event: Event) -> Counter[str]:
    """Count the items that each one had open and has not any more, neither open nor finished."""
    found: Counter[str] = Counter()
    for shift in event.shifts:
        away = shift.after is None or shift.after.state == "returned"
        if _open(shift.before) and away:
            found[shift.assignee] += len(shift.positions)
    return found


def _open(cell: object) -> bool:
    return getattr(cell, "state", None) == "open"


def _each(counts: Mapping[str, int]) -> str:
    return listed([f"{name} {count}" for name, count in counts.items()])


def _named(counts: Mapping[str, int]) -> str:
    """Name those who are counted; a single one without her number."""
    return _each(counts) if len(counts) > 1 else "".join(counts)


def _fact(event: Event, name: str) -> int:
    found = event.facts.get(name, 0)
    return found if isinstance(found, int) else 0


def _created(event: Event) -> str:
    counts = event.facts.get("counts")
    items = many(_fact(event, "items"))
    if copies := _fact(event, "copies"):
        items += f" in {copies} {'copy' if copies == 1 else 'copies'}"
    if not isinstance(counts, dict):
        return f"created with {items} to pull from"
    wanted = event.facts.get("wanted")
    rules = f"; by load, without rules: {_each(wanted)}" if isinstance(wanted, dict) else ""
    return f"created with {items}, shared out: {_each(counts)}{rules}"


def _changed(event: Event) -> str:
    return "changed: " + "; ".join(_setting(change) for change in event.settings)


def _setting(change: SettingChange) -> str:
    """Say how one setting changed."""
    if change.name == "workload":
        return f"loads are {decode(Workload, change.after)}"
    before, after = change.before, change.after
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
        parts = (f"{key} from {before.get(key)!r} to {after.get(key)!r}" for key in keys)
        return f"{change.name}: " + ", ".join(parts)
    return f"{change.name} from {before!r} to {after!r}"


def _added(event: Event) -> str:
    back, twice = _fact(event, "restored"), _fact(event, "skipped")
    text = f"{many(_fact(event, 'added'))} added"
    text += f", {back} of old came back" if back else ""
    text += f", {len(event.rounds)} once more" if event.rounds else ""
    text += f", {twice} in it already" if twice else ""
    gets = _gained(event)
    return text + (f": {_each(gets)}" if gets else "")


def _removed(event: Event) -> str:
    kept = _fact(event, "kept")
    return f"{many(len(event.removed))} removed" + (f", {kept} with a status stayed" if kept else "")


def _pulled(event: Event) -> str:
    ended = sum(_given_up(event).values())
    # What she gets back whose lease has just ended was hers before, and is handed out anew.
    hers = [shift for shift in event.shifts if shift.assignee == event.assignee and _open(shift.after)]
    got = sum(len(shift.positions) for shift in hers)
    ended += sum(len(shift.positions) for shift in hers if _open(shift.before))
    text = f"{event.assignee} pulled {many(got)}" if got else f"{event.assignee} asked for work"
    return text + (f"; {many(ended, 'lease')} ended" if ended else "")


def _submitted_and_pulled(event: Event) -> str:
    said = [_submitted(event)] if any(s.after and s.after.status for s in event.shifts) else []
    return "; ".join([*said, _pulled(event)])


def _submitted(event: Event) -> str:
    statuses = Counter[str]()
    for shift in event.shifts:
        if shift.after is not None and shift.after.status is not None:
            statuses[shift.after.status] += len(shift.positions)
    set_ = " and ".join(f"{many(count)} to {status}" for status, count in statuses.items())
    return f"{event.assignee} set {set_}"


def _work(text: str) -> Callable[[Event], str]:
    """Make a sentence of who did something with how many items."""
    return lambda event: text.format(who=event.assignee, items=many(_touched(event)))


def _reclaimed(event: Event) -> str:
    counts = _given_up(event)
    return f"{many(sum(counts.values()))} taken back from {_named(counts)}" + _went(event)


def _stolen(event: Event) -> str:
    counts = _given_up(event)
    return f"{event.assignee} took over {many(_touched(event))} from {_named(counts)}"


def _went(event: Event) -> str:
    """Say to whom items went."""
    gets = _gained(event)
    return f"; to others: {_each(gets)}" if gets else ""


def _loads(event: Event) -> str:
    changes = [change for change in event.settings if change.name == "workload"]
    return "".join(f"; {_setting(change)}" for change in changes)


def _team(text: str) -> Callable[[Event], str]:
    """Make a sentence of a change of the team, and what became of the work."""

    def tell(event: Event) -> str:
        gave, gets = sum(_given_up(event).values()), _gained(event)
        text_ = f"{event.assignee} {text}{_loads(event)}"
        if gets:
            return f"{text_}; {many(sum(gets.values()))} moved to {_named(gets)}"
        return text_ + (f"; {many(gave)} went back" if gave else "")

    return tell


def _limited(event: Event) -> str:
    gets = _gained(event)
    more = f"; {many(sum(gets.values()))} that waited went to {_named(gets)}" if gets else ""
    if not event.members:
        return f"{event.assignee} may have as many items as before{more}"
    limit = event.members[0].after.limit
    most = "as many items as she likes" if limit is None else f"{limit} at most"
    return f"{event.assignee} may have {most}{more}"


def _reassigned(event: Event) -> str:
    moved = sum(_gained(event).values())
    return f"{many(moved)} moved from {event.assignee} to {event.facts.get('to')}"


def _redistributed(event: Event) -> str:
    gets = _gained(event)
    moved = f"{many(sum(gets.values()))} moved to {_named(gets)}" if gets else "nothing moved"
    return f"redistributed{_loads(event)}; {moved}"


def _sent_back(event: Event) -> str:
    """Say whose work is open again, and what went to others."""
    hers, gone = Counter[str](), Counter[str]()
    for shift in event.shifts:
        if shift.before is not None and shift.before.state == "done":
            (hers if _open(shift.after) else gone)[shift.assignee] += len(shift.positions)
    said = [f"to {_each(hers)}"] if hers else []
    gets = _gained(event) - hers
    said += [f"from {_each(gone)}" + (f", to others: {_each(gets)}" if gets else "")] if gone else []
    return f"{many(sum(hers.values()) + sum(gone.values()))} sent back {'; '.join(said)}"


def _undone(event: Event) -> str:
    text = f"version {event.facts.get('version')} ({event.facts.get('what')}) was undone"
    count = _touched(event) or len({*event.removed, *event.restored})
    states = [change.after for change in event.settings if change.name == "state"]
    text += f"; the task is {states[0]}" if states else ""
    return text + (f"; {many(count)} set back" if count else "")


SENTENCES: Mapping[str, Callable[[Event], str]] = {
    "created": _created,
    "deleted": lambda _: "deleted",
    "purged": lambda event: f"purged: its {many(_fact(event, 'items'))} are gone for good",
    "closed": lambda _: "closed",
    "reopened": lambda _: "reopened",
    "changed": _changed,
    "items-added": _added,
    "items-removed": _removed,
    "pulled": _pulled,
    "submitted-and-pulled": _submitted_and_pulled,
    "submitted": _submitted,
    "cleared": _work("{who} took her status off {items}"),
    "skipped": _work("{who} skipped {items}"),
    "renewed": _work("{who} renewed {items}"),
    "released": _work("{who} gave {items} back"),
    "reclaimed": _reclaimed,
    "stolen": _stolen,
    "assignee-added": _team("joined"),
    "assignee-paused": _team("was paused"),
    "assignee-resumed": _team("goes on"),
    "assignee-removed": _team("left"),
    "assignee-limited": _limited,
    "assignment-deleted": _team("has no assignment any more"),
    "reassigned": _reassigned,
    "redistributed": _redistributed,
    "sent-back": _sent_back,
    "undone": _undone,
    "answered": lambda _: "a call with a request id changed nothing",
}
