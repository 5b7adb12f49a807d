"""Filters in SQL."""

from __future__ import annotations

from distribution.filters import Filter


def condition(where: Filter, record: str) -> tuple[str, list[object]]:
    """Translate a filter."""
    raise NotImplementedError(where, record)
