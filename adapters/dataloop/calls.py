"""What a request asks, and what it is answered: plain values, so that no rule knows of HTTP.

Everything that comes from a client is checked here: who calls, what the body is, that a
text is a text. What is wrong is one `InvalidInput` with the value in it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from math import isfinite
from typing import Any, TypeAlias

import attrs

from adapters.dataloop.dql import Query
from distribution.errors import InvalidInput, NotFound
from distribution.values import Json, check_attributes, check_id, check_ids

Body: TypeAlias = dict[str, Any]
"""A JSON object as it came, or as it goes."""
JSON_DEPTH = "be nested less deep"
QUERY_LIMIT = 8000
"""Characters of one value in the query of a URL."""


@attrs.frozen(kw_only=True)
class Principal:
    """Who calls."""

    email: str
    admin: bool = False
    """Sees every project."""
    projects: frozenset[str] | None = None
    """Only these, and all of them; None for those she is a member of."""
    acting: str = "annotator"
    """The least role in a project that what she asks for needs there."""


@attrs.frozen(kw_only=True)
class Upload:
    """A file that came with a form."""

    filename: str
    content: bytes
    mimetype: str


@attrs.frozen(kw_only=True)
class Call:
    """One request, read."""

    who: Principal
    base: str
    """Where the API is for whoever called, without a slash at the end."""
    path: Mapping[str, str] = attrs.field(factory=dict)
    query: Mapping[str, str] = attrs.field(factory=dict)
    body: Any = None
    """JSON, or the fields of a form."""
    file: Upload | None = None
    peer: str | None = None
    """Over which connection it came; None where that is not known."""
    attempt: str | None = None
    """Names this call and its repetitions: whoever got no answer sends the same again."""

    def said(self, key: str) -> str | None:
        """Give what the query says of something; None where it says nothing.

        Raises:
            InvalidInput: it is no text that could name anything.
        """
        return None if key not in self.query else check_id(self.query[key], key, QUERY_LIMIT)

    def asks(self, key: str) -> bool:
        """Tell whether the query says true to something; no, where it says nothing of it.

        Raises:
            InvalidInput: it says something else.
        """
        value = self.query.get(key, "false").lower()
        if value not in {"true", "false"}:
            raise InvalidInput(subject=key, must="be true or false", got=self.query[key])
        return value == "true"

    def asked(self) -> Query:
        """Read the body as a query, which must say its filter.

        Raises:
            InvalidInput: it is none.
        """
        body = dict(self.object())
        if "filter" not in body:
            raise InvalidInput(subject="filter of a query", must="be there, if only as {}", got=None)
        if isinstance(body.get("context"), dict):
            # One id stands for a list of it here, as everywhere.
            context = body["context"].items()
            body["context"] = {key: [part] if isinstance(part, str) else part for key, part in context}
        return Query.parse(body)

    def object(self) -> Body:
        """Give the body, which must be an object.

        Raises:
            InvalidInput: it is something else.
        """
        if not isinstance(self.body, dict):
            raise InvalidInput(subject="body", must="be a JSON object", got=self.body)
        return self.body


@attrs.frozen(kw_only=True)
class Reply:
    """An answer other than plain JSON with status 200."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = attrs.field(factory=dict)
    content: bytes | None = None
    """Bytes instead of JSON."""
    mimetype: str = "application/json"


Answer: TypeAlias = Callable[[Any, Call], Any]
"""What answers a call: a function of the world and the call, to JSON or a Reply."""


def refuse_constant(text: str) -> None:
    """Refuse what Python reads as JSON and nobody else does."""
    raise InvalidInput(subject="body", must="be JSON, which knows no NaN and no infinity", got=text)


def read_float(text: str) -> float:
    """Read a number with a point or an exponent; a whole one is a whole number, as it is to JSON.

    >>> read_float("3.0"), read_float("33.3")
    (3, 33.3)

    Raises:
        InvalidInput: it is beyond what 64 bits can count.
    """
    value = float(text)
    if not -(2.0**63) <= value < 2.0**63:
        raise InvalidInput(subject="number of a body", must="fit 64 bits", got=text)
    return int(value) if value.is_integer() else value


def read_json(raw: bytes) -> Any:
    """Read a body.

    Raises:
        InvalidInput: it is no JSON, nested too deep, or holds what no JSON of ours may.
    """
    if not raw:
        return None
    try:
        value = json.loads(raw, parse_constant=refuse_constant, parse_float=read_float)
        check_attributes(value, "body")
    except (RecursionError, UnicodeDecodeError) as error:
        raise InvalidInput(subject="body", must=JSON_DEPTH, got="more") from error
    except json.JSONDecodeError as error:
        shown = raw[:80].decode("utf-8", "replace")
        raise InvalidInput(subject="body", must="be JSON", got=shown, detail=str(error)) from error
    return value


def text(body: Mapping[str, Any], key: str, *, limit: int = 255, default: str | None = None) -> str:
    """Give a text of a body.

    Raises:
        InvalidInput: it is missing, or no such text.
    """
    value = body.get(key)
    if value is None and default is not None:
        return default
    return check_id(value, key, limit)


def flag(body: Mapping[str, Any], key: str) -> bool:
    """Give a truth of a body; false where it is missing or null."""
    value = body.get(key)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise InvalidInput(subject=key, must="be true or false", got=value)
    return value


def mapping(body: Mapping[str, Any], key: str) -> Body:
    """Give an object of a body; an empty one where it is missing or null."""
    value = body.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidInput(subject=key, must="be an object", got=value)
    return value


def texts(value: object, subject: str, *, limit: int = 255) -> list[str]:
    """Give a list of texts; one text stands for a list of it.

    Raises:
        InvalidInput: it is something else.
    """
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list):
        raise InvalidInput(subject=subject, must="be a list of texts", got=value)
    return list(check_ids(value, subject, limit))


def number(value: object, subject: str) -> float | None:
    """Give a number, or None; one that is written as text counts.

    >>> number("1861920000000", "dueDate"), number(None, "dueDate")
    (1861920000000.0, None)

    Raises:
        InvalidInput: it is something else, or none that JSON can say.
    """
    if value is None:
        return None
    with suppress(ValueError, OverflowError):
        found = float(value) if isinstance(value, str) else value
        if isinstance(found, (int, float)) and not isinstance(found, bool) and isfinite(found):
            return found
    raise InvalidInput(subject=subject, must="be a number", got=value)


def merged(old: Any, new: Any) -> Any:
    """Lay the changed part of a JSON value over the old one: objects deeply, all else as a whole.

    Null takes away what was there: so the SDK says that something is gone.

    >>> merged({"a": {"b": 1, "c": 2}}, {"a": {"b": 3, "c": None}})
    {'a': {'b': 3}}

    Source: JSON merge patch, RFC 7396.
    """
    if not isinstance(new, Mapping):
        return new
    kept = dict(old) if isinstance(old, Mapping) else {}
    for key, value in new.items():
        if value is None:
            kept.pop(key, None)
        else:
            kept[key] = merged(kept.get(key), value)
    return kept


def page_of(rows: Sequence[Any], page: int, size: int, total: int | None = None) -> Body:
    """Wrap rows as the SDK expects a page; *total* says that they are one page of so many.

    >>> page_of([1, 2, 3], 1, 2)
    {'items': [3], 'totalItemsCount': 3, 'totalPagesCount': 2, 'hasNextPage': False}
    """
    count = len(rows) if total is None else total
    shown = list(rows[page * size : (page + 1) * size]) if total is None else list(rows)
    return {
        "items": shown,
        "totalItemsCount": count,
        "totalPagesCount": -(-count // size),
        "hasNextPage": (page + 1) * size < count,
    }


def no_such(kind: str, name: str, place: str = "this server") -> NotFound:
    """Build the error for something that is not there, or not for whoever asks."""
    return NotFound(kind, name, place, "check the id, and which projects the token may see")


def plain(values: Iterable[tuple[str, Json]]) -> Body:
    """Make a body of pairs, leaving out what is None."""
    return {key: value for key, value in values if value is not None}
