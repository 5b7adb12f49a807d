"""Options for several people on one item, for rules about who may take what, and for gold.

Holds the options and how they are read; what they mean is in `overlap`, `rules` and `golden`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import attrs
from typer import Option

from adapters import files
from adapters.cli_values import conditions, pair
from adapters.wording import together
from distribution.errors import InvalidInput
from distribution.gold import GoldShare
from distribution.golden import TRUTH, GoldPool
from distribution.overlap import Overlap
from distribution.rules import Rules
from distribution.stopping import Beat, Confidence, Quorum, StoppingRule

OVERLAPS = "Which items go to several people (one kind of these), so that answers can be compared"
RULED = "Who may take which items"
GOLDEN = "Items with known answers among the others"


@attrs.frozen(kw_only=True)
class Overlapping:
    """Which items go to several people, and to how many."""

    overlap: Annotated[
        str | None,
        Option(
            help="So many percent of the items.",
            metavar="PERCENT",
            show_default=False,
            rich_help_panel=OVERLAPS,
        ),
    ] = None
    overlap_count: Annotated[
        int | None,
        Option(help="So many items.", show_default=False, rich_help_panel=OVERLAPS),
    ] = None
    overlap_where: Annotated[
        list[str],
        Option(
            help="The items that pass: a condition as for --where; several must all hold.",
            metavar="CONDITION",
            show_default=False,
            rich_help_panel=OVERLAPS,
        ),
    ] = attrs.field(factory=list)
    copies: Annotated[
        int | None,
        Option(
            help="How many different people get each of them; 2 if absent.",
            show_default=False,
            rich_help_panel=OVERLAPS,
        ),
    ] = None

    everyone: Annotated[
        bool,
        Option("--everyone", help="All items to everybody, newcomers too.", rich_help_panel=OVERLAPS),
    ] = False
    until: Annotated[
        str | None,
        Option(
            help="Then one person more at a time: beat:2:5 until an answer leads by 2, quorum:3:5 until 3"
            " agree, at most 5 people; confidence:95:3:5:80 until one of 3 answers is right with 95 percent"
            " if people are right with 80. plan tells what that costs.",
            metavar="RULE",
            show_default=False,
            rich_help_panel=OVERLAPS,
        ),
    ] = None
    accuracy: Annotated[
        list[str],
        Option(
            help="How often she is right, for --until confidence; one for each of whom it is known.",
            metavar="NAME=PERCENT",
            show_default=False,
            rich_help_panel=OVERLAPS,
        ),
    ] = attrs.field(factory=list)

    def read(self) -> Overlap | None:
        """Read the overlap; None where every item goes to one person.

        Raises:
            InvalidInput: two ways say which items, or none and yet a number of copies.
        """
        ways = {"--overlap": self.overlap is not None, "--overlap-count": self.overlap_count is not None}
        ways |= {"--overlap-where": bool(self.overlap_where), "--everyone": self.everyone}
        given = [name for name, said in ways.items() if said]
        if not given and self.copies is None and self.until is None and not self.accuracy:
            return None
        if len(given) != 1:
            raise InvalidInput(
                subject="overlap",
                must=f"be one of {', '.join(ways)}",
                got=together(given),
                remedy="e.g. --overlap 30 --copies 3",
            )
        copies = 2 if self.copies is None else self.copies
        try:
            where = conditions(self.overlap_where)
        except InvalidInput as error:
            raise attrs.evolve(error, subject="--overlap-where") from error
        return Overlap(
            percent=self.overlap,
            count=self.overlap_count,
            where=where,
            everyone=self.everyone,
            assignees=copies,
            until=self._rule(),
        )

    def _rule(self) -> StoppingRule | None:
        """Read the stopping rule, with what is known of people.

        Raises:
            InvalidInput: it is none, or looks at nobody's accuracy.
        """
        rule = None if self.until is None else _rule(self.until)
        if not self.accuracy:
            return rule
        if not isinstance(rule, Confidence):
            must, remedy = "go with --until confidence", "e.g. --until confidence:95:3:5:80"
            raise InvalidInput(subject="--accuracy", must=must, got=self.until, remedy=remedy)
        return attrs.evolve(rule, skills=dict(_pairs(self.accuracy, "--accuracy")))


def _rule(text: str) -> StoppingRule:
    """Read a rule that says when answers are enough.

    >>> _rule("beat:2:5")
    Beat(most=5, least=1, by=2)

    Raises:
        InvalidInput: it is none.
    """
    name, *parts = text.split(":")
    whole = [int(part) if part.isdecimal() and part.isascii() else -1 for part in parts]
    if name == "beat" and len(whole) == 2 and min(whole) >= 0:
        return Beat(by=whole[0], most=whole[1])
    if name == "quorum" and len(whole) == 2 and min(whole) >= 0:
        return Quorum(agreeing=whole[0], most=whole[1])
    if name == "confidence" and len(whole) == 4 and min(whole[1:3]) >= 0:
        return Confidence(at_least=parts[0], choices=whole[1], most=whole[2], unknown=parts[3])
    raise InvalidInput(
        subject="--until",
        must="be beat:N:MOST, quorum:N:MOST or confidence:PERCENT:CHOICES:MOST:RIGHT",
        got=text,
        remedy="e.g. --until beat:2:5",
    )


@attrs.frozen(kw_only=True)
class Ruling:
    """Which item attributes say who may take an item, and what people can."""

    needs: Annotated[
        str | None,
        Option(
            help="Attribute that names the skill an item needs, or a list of skills.",
            metavar="PATH",
            show_default=False,
            rich_help_panel=RULED,
        ),
    ] = None
    skill: Annotated[
        list[str],
        Option(
            help="She has a skill, e.g. ann=fr; one for each.",
            metavar="NAME=SKILL",
            show_default=False,
            rich_help_panel=RULED,
        ),
    ] = attrs.field(factory=list)
    blocked: Annotated[
        str | None,
        Option(
            help="Attribute that names who must not take an item, e.g. its author.",
            metavar="PATH",
            show_default=False,
            rich_help_panel=RULED,
        ),
    ] = None
    reserved: Annotated[
        str | None,
        Option(
            help="Attribute that names who alone may take an item.",
            metavar="PATH",
            show_default=False,
            rich_help_panel=RULED,
        ),
    ] = None
    team: Annotated[
        list[str],
        Option(
            help="She is of a team, e.g. ann=north; at most one of a team has an item.",
            metavar="NAME=TEAM",
            show_default=False,
            rich_help_panel=RULED,
        ),
    ] = attrs.field(factory=list)

    def read(self) -> Rules | None:
        """Read the rules; None where there are none.

        Raises:
            InvalidInput: a pair is none, or a rule lacks its other side.
        """
        if not any((self.needs, self.skill, self.blocked, self.reserved, self.team)):
            return None
        skills: dict[str, list[str]] = {}
        for who, skill in _pairs(self.skill, "--skill"):
            skills.setdefault(who, []).append(skill)
        return Rules(
            needs=self.needs,
            skills=skills,
            blocked=self.blocked,
            reserved=self.reserved,
            teams=dict(_pairs(self.team, "--team")),
        )


def _pairs(texts: Iterable[str], option: str) -> list[tuple[str, str]]:
    """Read NAME=VALUE of an option."""
    try:
        return [pair(text) for text in texts]
    except InvalidInput as error:
        raise attrs.evolve(error, subject=option) from error


@attrs.frozen(kw_only=True)
class Golding:
    """Items whose answers are known, and how often somebody meets one."""

    gold: Annotated[
        Path | None,
        Option(
            help="JSON lines of items with known answers; extra to everybody's share.",
            show_default=False,
            rich_help_panel=GOLDEN,
        ),
    ] = None
    gold_share: Annotated[
        str,
        Option(help="So many percent of what one is handed.", metavar="PERCENT", rich_help_panel=GOLDEN),
    ] = "5"
    gold_truth: Annotated[
        str,
        Option(help="Attribute with the known answer.", metavar="PATH", rich_help_panel=GOLDEN),
    ] = TRUTH

    def read(self) -> GoldPool | None:
        """Read the gold; None where there is none.

        Raises:
            InvalidInput: an item has no answer, or the share is none.
            BadRow: a line of the file cannot become an item.
        """
        if self.gold is None:
            return None
        return GoldPool(
            tuple(files.json_lines(str(self.gold))), GoldShare(self.gold_share), truth=self.gold_truth
        )
