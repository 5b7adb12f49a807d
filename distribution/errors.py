"""What can go wrong, by guilty party.

Holds: every exception the core and its adapters raise on purpose.
Does not hold: the checks that raise them.
Depends on: nothing.

One base, and under it a leaf for each party: the caller (`InvalidInput`,
`NotFound`), the rules (`Refused`), the world (`StoreFailed`). An error carries data and
builds its sentence from it, so that a service can translate it and a test can
compare fields. All of them survive pickling. They are not frozen: frameworks pin notes
of their own on an exception that passes through them.
"""

from __future__ import annotations

from collections.abc import Collection

import attrs


def shown(value: object, limit: int = 60) -> str:
    """Give the repr of *value*, cut in the middle when it is longer than *limit*.

    A ten megabyte id must not become a ten megabyte message.

    >>> shown("ann"), shown("x" * 1000, limit=16)
    ("'ann'", "'xxxxx... (1000 characters)")
    """
    if isinstance(value, int) and value.bit_length() > 4 * limit:
        # Python refuses to print integers of many thousand digits, and nobody wants to read them.
        return f"a number of about {value.bit_length() * 3 // 10} digits"
    if isinstance(value, (str, bytes)) and len(value) > limit:
        return f"{value[: limit - 10]!r}"[:-1] + f"... ({len(value)} characters)"
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def in_words(names: Collection[str]) -> str:
    """List names as a sentence does, the first three of many; what is no text stands without quotes.

    >>> in_words(["fr"]), in_words(["fr", "de", "it", "es", "pt"])
    ("'fr'", "'fr', 'de', 'it' and 2 more")
    """
    said = [name[:50].replace("\n", " ") if "\n" in name else shown(name) for name in list(names)[:3]]
    said += [f"{len(names) - 3} more"] if len(names) > 3 else []
    return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


class DistributionError(Exception):
    """Base of everything raised on purpose; catch it to catch all of them."""


@attrs.define
class InvalidInput(DistributionError, ValueError):
    """The caller passed something no rule can work with; nothing was changed.

    >>> print(InvalidInput(subject="load of 'ann'", must="be between 0 and 100", got=140))
    load of 'ann' must be between 0 and 100, got 140
    """

    subject: str
    """What is wrong, named so that the caller finds it."""
    must: str
    """The requirement, as it continues the sentence "subject must ..."."""
    got: object
    """The offending value."""
    detail: str = ""
    """Parts of the value worth seeing, in parentheses after it."""
    remedy: str = ""
    """The way out, after a semicolon."""

    def __str__(self) -> str:
        """Build the sentence."""
        detail = f" ({self.detail})" if self.detail else ""
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{self.subject} must {self.must}, got {shown(self.got)}{detail}{remedy}"


@attrs.define
class DuplicateAssignee(DistributionError, ValueError):
    """One person was named twice where each counts once."""

    assignee: str

    def __str__(self) -> str:
        """Build the sentence."""
        return (
            f"assignee {shown(self.assignee)} appears twice in the workload; add the two loads up or drop one"
        )


@attrs.define
class Infeasible(DistributionError, ValueError):
    """No allocation can satisfy what was asked; the message says which part is short."""

    what: str
    """What was asked."""
    why: str
    """Which numbers contradict each other."""
    remedy: str

    def __str__(self) -> str:
        """Build the sentence."""
        return f"{self.what}: {self.why}; {self.remedy}"


@attrs.define
class BadRow(DistributionError, ValueError):
    """A row of a file cannot become an item; nothing of the file was kept."""

    source: str
    """The file, or `standard input`."""
    line: int
    """Line number in it, from 1."""
    problem: str

    def __str__(self) -> str:
        """Build the sentence."""
        return (
            f"{self.source}, line {self.line}: {self.problem}; nothing was kept, mend the line and try again"
        )


@attrs.define
class NotFound(DistributionError, LookupError):
    """A name leads nowhere."""

    kind: str
    """What was looked for: task, item, assignee."""
    name: object
    place: str
    """Where it was looked for."""
    remedy: str = ""

    def __str__(self) -> str:
        """Build the sentence."""
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"no {self.kind} {shown(self.name)} in {self.place}{remedy}"


@attrs.define
class Refused(DistributionError):
    """The rules say no; nothing was changed."""

    subject: str
    because: str
    remedy: str

    def __str__(self) -> str:
        """Build the sentence."""
        return f"{self.subject} {self.because}; {self.remedy}"


@attrs.define
class StoreFailed(DistributionError):
    """The world failed while a store was at work; the driver's error is the cause."""

    store: str
    """Which store, with its place."""
    doing: str
    """What it was doing, as it continues "failed while ..."."""

    def __str__(self) -> str:
        """Build the sentence."""
        cause = f": {self.__cause__}" if self.__cause__ else ""
        return f"{self.store} failed while {self.doing}{cause}"


@attrs.define
class StoreBusy(DistributionError):
    """Others held the store for longer than the caller wanted to wait; try again."""

    store: str
    seconds: float
    """How long was waited."""

    def __str__(self) -> str:
        """Build the sentence."""
        return (
            f"{self.store} stayed locked by another program for {self.seconds:g} s; try again when it is done"
        )


@attrs.define
class UnusableStore(DistributionError):
    """The place holds something this version must not touch."""

    store: str
    because: str
    remedy: str

    def __str__(self) -> str:
        """Build the sentence."""
        return f"{self.store} {self.because}; {self.remedy}"
