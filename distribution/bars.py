"""What an item says that keeps somebody from it.

Holds: that reason, as a part of others.
Does not hold: the rules that find it (see rules), refusals (see refusals).
Depends on: errors.
"""

from __future__ import annotations

from typing import Literal

import attrs

from distribution.errors import in_words


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
