"""The same request id gives the same answer, once.

Holds: what makes a decision repeatable.
Does not hold: the decisions.
Depends on: codec, decision, errors, events, task.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any, TypeVar

import attrs

from distribution.codec import decode, encode
from distribution.decision import Decide, Decision
from distribution.errors import Refused
from distribution.events import Entry, Event, Stamp
from distribution.task import Ask, View

R = TypeVar("R")


def _always(_answer: object) -> bool:
    return True


def call_text(verb: str, *arguments: Any) -> str:
    """Name a call by its verb and a digest of its arguments.

    >>> call_text("pull", "ann") == call_text("pull", "ann") != call_text("pull", "bob")
    True
    """
    text = json.dumps([encode(argument) for argument in arguments], sort_keys=True)
    return f"{verb} {hashlib.blake2b(text.encode(), digest_size=8).hexdigest()}"


def used_before(request: object) -> Refused:
    """Build the error for a request id that was used for another call."""
    return Refused(
        f"request {request!r}", "was used for another call", "make up a new request id for each call"
    )


def answer_again(entry: Entry, verb: str, arguments: tuple[Any, ...], kind: Any) -> Any:
    """Give what a call was answered, from the entry that is kept under its request id.

    *kind* is the type of the answer, as `codec.decode` takes it.

    Raises:
        Refused: the request id was used for another call.
    """
    if entry.call != call_text(verb, *arguments):
        raise used_before(entry.stamp.request)
    return decode(kind, entry.answer)


def once(
    decide: Decide[R],
    stamp: Stamp,
    verb: str,
    arguments: tuple[Any, ...],
    kind: Any,
    *,
    final: Callable[[R], bool] = _always,
) -> Decide[R]:
    """Let a decision with a request id be made once, and be answered alike ever after.

    *kind* is the type of the answer, see `answer_again`. What is answered goes into the
    log, also where nothing changed: an empty batch stays empty for that call. What is not
    *final* is no answer to the call yet; what it changed is kept without its id.

    Raises, when decided:
        Refused: the request id was used for another call.
    """
    if stamp.request is None:
        return decide
    call = call_text(verb, *arguments)

    def repeatable(view: View) -> Decision[R] | Ask:
        if view.answered is not None:
            return Decision(result=answer_again(view.answered, verb, arguments, kind))
        decided = decide(view)
        if isinstance(decided, Ask):
            return attrs.evolve(decided, request=stamp.request)
        if not final(decided.result):
            nameless = None if decided.event is None else attrs.evolve(stamp, request=None)
            return attrs.evolve(decided, stamp=nameless)
        event = decided.event or Event(what="answered")
        return attrs.evolve(decided, event=event, stamp=stamp, call=call, answer=encode(decided.result))

    return repeatable
