"""What people type, read as values: durations, instants, conditions, pairs, limits.

Whatever cannot be read ends with one line that has the value and an example.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Sequence
from datetime import datetime, timedelta

from adapters import files
from distribution.codec import decode
from distribution.errors import InvalidInput
from distribution.filters import AllOf, Filter, Not, field
from distribution.members import Limit
from distribution.pull import LEASE_LIMIT
from distribution.task import instant_text
from distribution.values import ItemId, Json

DURATION = re.compile(
    r"(?:(\d{1,9})w)?(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?\Z", re.ASCII
)
WHERE = (
    "Only items with this: size>1000, dir=/a, name~*.py, name!~test*, tag!=x, flag=true; several must all hold."
    " Or a filter as JSON."
)
"""Help of conditions on items."""
NONE = "none"
"""How one says that there is to be none: no limit, no lease, no due date."""
SIGNS = {"!=": "not_equal", ">=": "at_least", "<=": "at_most", "=": "equal", ">": "greater", "<": "less"}


def duration(text: str, subject: str) -> timedelta:
    """Read a duration.

    >>> duration("1h30m", "--lease"), duration("7d", "--idle")
    (datetime.timedelta(seconds=5400), datetime.timedelta(days=7))

    Raises:
        InvalidInput: it is none.
    """
    found = DURATION.match(text)
    if found is None or not text:
        raise InvalidInput(
            subject=subject, must="be a duration", got=text, remedy="write it like 45s, 30m, 2h, 7d or 1h30m"
        )
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    try:
        span = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        span = timedelta.max
    if span > LEASE_LIMIT:
        raise InvalidInput(subject=subject, must="be at most ten years", got=text)
    return span


def instant(text: str, subject: str) -> datetime:
    """Read an instant in ISO 8601, which has to name its time zone.

    >>> instant("2026-12-24T18:00+01:00", "--due").isoformat()
    '2026-12-24T18:00:00+01:00'

    Raises:
        InvalidInput: it is none, or leaves open where on earth it is that time.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        remedy = "write it like 2026-12-24T18:00+01:00"
        raise InvalidInput(
            subject=subject, must="be an instant in ISO 8601", got=text, remedy=remedy
        ) from error
    if at.tzinfo is None:
        zoned = at.isoformat(timespec="minutes")
        remedy = f"write {zoned}Z for UTC, or {zoned}+01:00"
        raise InvalidInput(subject=subject, must="name its time zone", got=text, remedy=remedy)
    return at


def due(text: str | None) -> datetime | None:
    """Read when a task is due; none and nothing are no time.

    Raises:
        InvalidInput: it is no instant.
    """
    return None if text in {None, NONE} else instant(str(text), "--due")


def pair(text: str) -> tuple[str, str]:
    """Read ann=50; the id may itself contain an equals sign.

    Raises:
        InvalidInput: there is no equals sign.
    """
    name, sign, number = text.rpartition("=")
    if not sign:
        raise InvalidInput(subject="share", must="be written ann=50", got=text)
    return name, number


def answers(texts: Iterable[str]) -> dict[ItemId, str]:
    """Read item=answer as often as given; the id may itself contain an equals sign.

    >>> answers(["img=4.png=cat", "img-7=dog"])
    {'img=4.png': 'cat', 'img-7': 'dog'}

    Raises:
        InvalidInput: there is no equals sign, or an item has two answers.
    """
    found: dict[ItemId, str] = {}
    for text in texts:
        item, sign, answer = text.rpartition("=")
        if not sign:
            remedy = "e.g. --answer img-004=cat"
            raise InvalidInput(subject="--answer", must="be written ITEM=ANSWER", got=text, remedy=remedy)
        if item in found:
            raise InvalidInput(subject="--answer", must="be given once for each item", got=item)
        found[item] = answer
    return found


def metadata(texts: Iterable[str]) -> dict[str, Json]:
    """Read key=value as often as given; a value is JSON where it is JSON, else text.

    >>> metadata(["client=acme", "round=2", 'tags=["a"]'])
    {'client': 'acme', 'round': 2, 'tags': ['a']}

    Raises:
        InvalidInput: there is no equals sign, or no key.
    """
    found: dict[str, Json] = {}
    for text in texts:
        key, sign, value = text.partition("=")
        if not sign or not key:
            raise InvalidInput(subject="--meta", must="be written key=value", got=text)
        try:
            found[key] = json.loads(value, parse_constant=str)
        except (ValueError, RecursionError):
            found[key] = value
    return found


def limit(text: str) -> Limit | None:
    """Read how many items somebody may have: a number, a percentage, both, or none.

    >>> limit("50"), str(limit("50,30%")), limit("none")
    (Limit(count=50, percent=None), '50 items and 30 % of the items', None)

    Raises:
        InvalidInput: it is nothing of that.
    """
    if text == NONE:
        return None
    counts = [part for part in text.split(",") if not part.endswith("%")]
    percents = [part[:-1] for part in text.split(",") if part.endswith("%")]
    plain = all(re.fullmatch(r"[0-9]{1,18}", part) for part in counts)
    if not plain or len(counts) > 1 or len(percents) > 1:
        remedy = "write 50 for so many items, 30% for a part of the task, 50,30% for both, or none"
        raise InvalidInput(
            subject="limit", must="be a number of items or a percentage", got=text, remedy=remedy
        )
    return Limit(count=int(counts[0]) if counts else None, percent=percents[0] if percents else None)


def item_list(items: Sequence[str]) -> list[ItemId]:
    """Give the ids that were typed, or with - those on standard input, one a line.

    Raises:
        BadRow: a line cannot be an id.
    """
    return [item.id for item in files.ids("-")] if list(items) == ["-"] else list(items)


def conditions(texts: Sequence[str], instants: Container[str] = ()) -> Filter | None:
    """Read conditions, all of which must hold; None where there are none. See `condition`."""
    clauses = [condition(text, instants) for text in texts]
    return clauses[0] if len(clauses) == 1 else AllOf(tuple(clauses)) if clauses else None


def condition(text: str, instants: Container[str] = ()) -> Filter:
    """Read a condition as people type it, or a filter as JSON; *instants* are fields that hold one.

    >>> condition("size>=1000")
    Compare(path='size', relation='at_least', value=1000)
    >>> condition("name~*.py")
    Glob(path='name', pattern='*.py')

    A word may be a text or a value of JSON, and is both; in quotes it is a text.

    >>> condition("flag=true")
    OneOf(path='flag', values=(True, 'true'), negated=False)

    Raises:
        InvalidInput: it is neither.
    """
    if text.lstrip().startswith("{"):
        return _filter(text)
    found = min(
        ((text.index(sign), -len(sign), sign) for sign in [*SIGNS, "~", "!~"] if sign in text), default=None
    )
    if found is None:
        must = "be a field, one of = != > >= < <= ~ !~, and a value"
        raise InvalidInput(subject="--where", must=must, got=text, remedy="e.g. size>1000")
    sign = found[2]
    path, value = (part.strip() for part in text.split(sign, 1))
    if sign in {"~", "!~"}:
        like = field(path).like(value)
        return Not(like) if sign == "!~" else like
    read = instant_text(instant(value, f"--where {path}")) if path in instants else _value(value)
    if sign in {"=", "!="} and not isinstance(read, str) and files.plain_number(value) is value:
        # true, null or 1e5: in a CSV that is text.
        return field(path).is_in([read, value]) if sign == "=" else field(path).not_in([read, value])
    made: Filter = getattr(field(path), SIGNS[sign])(read)
    return made


def _filter(text: str) -> Filter:
    """Read a filter in the form in which it is kept."""
    try:
        made: Filter = decode(Filter, json.loads(text))
    except InvalidInput:
        raise
    except (ValueError, RecursionError) as error:
        raise InvalidInput(subject="--where", must="be JSON", got=text, detail=str(error)) from error
    return made


def _value(text: str) -> Json:
    """Read a value: JSON where it is JSON, else text."""
    try:
        value: Json = json.loads(text, parse_constant=str)
    except (ValueError, RecursionError):
        return text
    return value if not isinstance(value, (list, dict)) else text
