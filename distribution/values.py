"""Ids, numbers and items, checked once at the border.

Holds: the names of id types, what an id and a number may be, the item.
Does not hold: loads and workloads, anything about tasks.
Depends on: errors.

Every adapter sends what it is given through these checks, so all of them accept
and refuse the same values with the same words.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Rational
from typing import TypeAlias

import attrs

from distribution.errors import InvalidInput, shown

ItemId: TypeAlias = str
"""Names an item; a path, a key of the caller's own table."""
AssigneeId: TypeAlias = str
"""Names a person or model who works on items; an e-mail address, a user name."""
TaskId: TypeAlias = str
"""Names a task."""
Number: TypeAlias = int | float | str | Decimal | Fraction
"""A quantity as callers write it; inside the core it is a Fraction."""
Json: TypeAlias = str | int | float | bool | Sequence["Json"] | Mapping[str, "Json"] | None
"""What JSON can say."""

ITEM_ID_LIMIT = 4096
"""Characters an item id may have: the longest path of common systems."""
NAME_LIMIT = 256
"""Characters an assignee id, a task id or a task name may have."""
NUMBER_LIMIT = 64
"""Characters a number written as text may have; beyond it is an accident or an attack."""
BIT_LIMIT = 4096
"""Bits a whole number may have, and the parts of a fraction."""
EXPONENT_LIMIT = 400
"""Powers of ten a number may carry; every float fits."""
INTEGER_LIMIT = 2**63
"""Whole numbers inside attributes stay below it, so that every store compares them alike."""
NESTING_LIMIT = 32
"""How deep attributes may be nested."""


def check_id(value: object, subject: str, limit: int = NAME_LIMIT) -> str:
    """Return *value* if it can name something, else raise.

    An id is a string of 1 to *limit* characters without control characters and
    without lone surrogates (they cannot be written to a file or a database).

    >>> check_id("ann@example.org", "assignee id")
    'ann@example.org'

    Raises:
        InvalidInput: with *subject* and the value.
    """
    if type(value) is str and value.isprintable() and 0 < len(value) <= limit:
        # Printable text holds neither controls nor surrogates: one call in C settles nearly all ids.
        return value
    if not isinstance(value, str):
        raise InvalidInput(subject=subject, must="be a string", got=value, remedy="convert it with str()")
    if not value:
        raise InvalidInput(subject=subject, must="not be empty", got=value)
    if len(value) > limit:
        raise InvalidInput(subject=subject, must=f"have at most {limit} characters", got=value)
    for at, character in enumerate(value):
        if unicodedata.category(character) in {"Cc", "Cs"}:
            raise InvalidInput(
                subject=subject,
                must="be free of control characters and lone surrogates",
                got=value,
                detail=f"{character!r} at index {at}",
            )
    return str(value)


def check_ids(values: Iterable[object], subject: str, limit: int = NAME_LIMIT) -> tuple[str, ...]:
    """Return *values* if each can name something, else raise; see `check_id`.

    Raises:
        InvalidInput: with *subject* and the first value that cannot.
    """
    found = tuple(values)
    if set(map(type, found)) == {str}:
        ids: tuple[str, ...] = found  # type: ignore[assignment]  # no cast: it is called for every batch
        lengths = set(map(len, ids))
        if "".join(ids).isprintable() and min(lengths) > 0 and max(lengths) <= limit:
            return ids
    return tuple(check_id(value, subject, limit) for value in found)


def check_count(value: object, subject: str, least: int = 0) -> int:
    """Return *value* as an int if it is a whole number of at least *least*, else raise.

    >>> check_count(3, "n")
    3

    Raises:
        InvalidInput: it is not whole, a bool, or too small.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise InvalidInput(subject=subject, must=f"be a whole number of at least {least}", got=value)
    return _bounded(int(value), subject)


def check_index(value: object, subject: str) -> int:
    """Return *value* as an int if it is a whole number of any sign, else raise.

    Raises:
        InvalidInput: it is not whole, or a bool.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise InvalidInput(subject=subject, must="be a whole number", got=value)
    return _bounded(int(value), subject)


def _bounded(number: int, subject: str) -> int:
    """Refuse numbers that no honest caller has: they cost without end."""
    if number.bit_length() > BIT_LIMIT:
        raise InvalidInput(subject=subject, must=f"have at most {BIT_LIMIT} bits", got=number)
    return number


def check_seed(value: object) -> int:
    """Return *value* if it can seed a plan: any whole number.

    Raises:
        InvalidInput: it is not whole, or a bool.
    """
    return check_index(value, "seed")


def exact(value: object, subject: str) -> Fraction:
    """Read a number as callers write it into the Fraction they meant.

    A float is read as its shortest decimal: 33.3 means 333/10, not the binary
    neighbour of it, so that ties are not decided by dust.

    >>> exact(33.3, "load"), exact("1/3", "load"), exact("12.5", "load")
    (Fraction(333, 10), Fraction(1, 3), Fraction(25, 2))

    Raises:
        InvalidInput: it is a bool, NaN, infinite, negative or no number at all.
    """
    problem = "be a non-negative number"
    if isinstance(value, bool) or not isinstance(value, (Rational, float, str, Decimal)):
        raise InvalidInput(subject=subject, must=problem, got=value)
    if isinstance(value, Rational):
        number = Fraction(_bounded(int(value.numerator), subject), _bounded(int(value.denominator), subject))
    else:
        number = _decimal(value, subject, problem)
    if number < 0:
        raise InvalidInput(subject=subject, must="not be negative", got=value)
    return number


def _decimal(value: float | str | Decimal, subject: str, problem: str) -> Fraction:
    """Read text, a float or a Decimal, with bounds on what it may cost."""
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidInput(subject=subject, must="be a finite number", got=value)
    text = str(value).strip()
    if len(text) > NUMBER_LIMIT:
        raise InvalidInput(
            subject=subject, must=f"be written with at most {NUMBER_LIMIT} characters", got=value
        )
    if "/" in text:
        try:
            return Fraction(text)
        except (ValueError, ZeroDivisionError) as error:
            raise InvalidInput(subject=subject, must=problem, got=value) from error
    try:
        number = Decimal(text)
    except ArithmeticError as error:
        raise InvalidInput(subject=subject, must=problem, got=value) from error
    if not number.is_finite():
        raise InvalidInput(subject=subject, must="be a finite number", got=value)
    if abs(number.adjusted()) > EXPONENT_LIMIT:
        raise InvalidInput(
            subject=subject, must=f"lie between 1e-{EXPONENT_LIMIT} and 1e{EXPONENT_LIMIT}", got=value
        )
    return Fraction(number)


def decimal_text(number: Fraction) -> str:
    """Write an exact number for people: as a decimal where it ends, else as numerator/denominator.

    >>> decimal_text(Fraction(25, 2)), decimal_text(Fraction(100, 3)), decimal_text(Fraction(40))
    ('12.5', '100/3', '40')
    """
    rest = number.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        return str(number)
    text = f"{Decimal(number.numerator) / Decimal(number.denominator):f}"
    # Division rounds at 28 digits; what does not come back exactly stays a ratio.
    return text if Fraction(text) == number else str(number)


def check_attributes(value: object, subject: str, depth: int = 0) -> None:
    """Raise unless *value* is what JSON can say and every store compares alike.

    Keys are strings, whole numbers fit 64 bits, floats are finite, text holds no
    lone surrogate and no NUL, and nesting ends after 32 levels.

    Raises:
        InvalidInput: with the path to the offending part.
    """
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        if "\0" in value or not _can_be_written(value):
            raise InvalidInput(subject=subject, must="be free of NUL and lone surrogates", got=value)
    elif isinstance(value, int):
        if not -INTEGER_LIMIT <= value < INTEGER_LIMIT:
            raise InvalidInput(subject=subject, must="fit 64 bits", got=value, remedy="pass it as a string")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidInput(subject=subject, must="be finite", got=value)
    elif depth == NESTING_LIMIT:
        raise InvalidInput(subject=subject, must=f"be nested at most {NESTING_LIMIT} deep", got="more")
    else:
        _check_parts(value, subject, depth)


def _can_be_written(text: str) -> bool:
    """Tell whether *text* holds no lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_parts(value: object, subject: str, depth: int) -> None:
    """Check the parts of a list or mapping."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            if not isinstance(key, str):
                raise InvalidInput(subject=f"key of {subject}", must="be a string", got=key)
            check_attributes(key, f"key of {subject}", depth + 1)
            check_attributes(part, f"{subject}.{key}", depth + 1)
    elif isinstance(value, (list, tuple)):
        for at, part in enumerate(value):
            check_attributes(part, f"{subject}[{at}]", depth + 1)
    else:
        raise InvalidInput(
            subject=subject, must="be a string, number, bool, null, list or mapping", got=value
        )


def _attributes(value: Mapping[str, Json]) -> Mapping[str, Json]:
    """Check attributes; keep the caller's mapping as it is, he owns it."""
    if not isinstance(value, Mapping):
        raise InvalidInput(subject="attributes", must="be a mapping", got=value)
    if value:
        _check_parts(value, "attributes", 0)
    return value


def _item_id(value: ItemId) -> ItemId:
    return check_id(value, "item id", ITEM_ID_LIMIT)


PRIORITY_LIMIT = 1 << 20
"""Priorities lie between minus and plus this."""


def check_priority(value: object) -> int:
    """Return a priority, larger before smaller, else raise.

    Raises:
        InvalidInput: it is not a whole number within the limits.
    """
    if value == 0 and type(value) is int:
        return 0
    number = check_index(value, "priority")
    if abs(number) > PRIORITY_LIMIT:
        raise InvalidInput(subject="priority", must=f"be at most {PRIORITY_LIMIT} either way", got=value)
    return number


ONE = Fraction(1)
"""The effort of nearly every item: the very same object, so that a million of them are told by a look."""


def _effort(value: Number) -> Fraction:
    return ONE if value is ONE else exact(value, "effort of an item")


@attrs.frozen
class Item:
    """A thing to be worked on.

    >>> Item("img-004", effort=3, attributes={"dir": "/cats"}).effort
    Fraction(3, 1)

    Raises:
        InvalidInput: the id, the effort or an attribute cannot be used.
    """

    id: ItemId = attrs.field(converter=_item_id)
    """Unique within a task."""
    effort: Fraction = attrs.field(default=ONE, kw_only=True, converter=_effort)
    """What it costs to work on, in any unit; 0 is allowed."""
    attributes: Mapping[str, Json] = attrs.field(
        factory=dict, kw_only=True, converter=_attributes, hash=False
    )
    """What filters, strata and groups look at."""
    priority: int = attrs.field(default=0, kw_only=True, converter=check_priority)
    """Larger is worked on before smaller."""


def in_order(values: object, subject: str) -> None:
    """Raise unless *values* can be gone through in an order that is the same everywhere.

    One string is not a list of ids, and a set has another order in every process.

    Raises:
        InvalidInput: with the way out.
    """
    if isinstance(values, (tuple, list)):
        return
    if isinstance(values, (str, bytes)):
        remedy = f"for one item pass [{shown(values, 20)}]"
        raise InvalidInput(subject=subject, must="be a list of ids", got=values, remedy=remedy)
    if isinstance(values, AbstractSet):
        raise InvalidInput(subject=subject, must="be in an order", got=values, remedy="sort them first")
    if not isinstance(values, Iterable):
        raise InvalidInput(subject=subject, must="be a list of ids", got=values)


def item_ids(items: Iterable[ItemId | Item]) -> Iterator[ItemId]:
    """Give the id of each item, checked.

    >>> list(item_ids(["a", Item("b")]))
    ['a', 'b']

    Raises:
        InvalidInput: an id cannot be used, or *items* is one string instead of several.
    """
    in_order(items, "items")
    for item in items:
        yield item.id if isinstance(item, Item) else check_id(item, "item id", ITEM_ID_LIMIT)
