"""What an item says that keeps somebody from it.

Holds: that reason, as a part of others; names in a sentence.
Does not hold: the rules that find it (see rules), refusals (see refusals).
Depends on: errors.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import attrs

from distribution.errors import shown


def in_words(names: Collection[str]) -> str:
    """List names as a sentence does, the first three of many; what is no text stands without quotes.

    >>> in_words(["fr"]), in_words(["fr", "de", "it", "es", "pt"])
    ("'fr'", "'fr', 'de', 'it' and 2 more")
    """
    said = [name[:50].replace("\n", " ") if "\n" in name else shown(name) for name in list(names)[:3]]
    said += [f"{len(names) - 3} more"] if len(names) > 3 else []
    return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


@attrs.frozen
class Bar:
    """What an item says that keeps somebody from it."""

    by: Literal["skills", "blocked", "reserved"]
    names: tuple[str, ...]
    """The skills she lacks, or those who alone may take it."""

    def __str__(self) -> str:
        """Say it as the end of a sentence: it needs ..., it is ..."""
        listed = in_words(self.names)
        return {
            "skills": f"needs {listed}, which she does not have",
            "blocked": "names her among those who must not take it",
            "reserved": f"is reserved for {listed}",
        }[self.by]
