"""Options of create for qualification, stopping rules, rules about people, and gold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli_shell import Shell

ROWS = "\n".join(
    json.dumps({"id": f"t{n}", "language": ["fr", "de"][n % 2], "author": ["ann", "bob"][n % 3 % 2]})
    for n in range(12)
)
GOLD = "\n".join(json.dumps({"id": f"g{n}", "truth": "cat"}) for n in range(3))
OFF = "warning: loads cannot hold, for rules keep people from items: "
BOTH = ("--assignee", "ann", "--assignee", "bob")


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    lent = Shell(tmp_path, capsys, monkeypatch)
    (tmp_path / "rows.jsonl").write_text(ROWS)
    (tmp_path / "gold.jsonl").write_text(GOLD)
    return lent


def create(*options: str) -> tuple[str, ...]:
    return ("create", "--id", "t", "--name", "t", "--jsonl", "rows.jsonl", *options)


def holders(shell: Shell) -> dict[str, set[str]]:
    rows = shell.data("items", "--task", "t")
    return {row["item"]: set(row["cells"]) for row in rows}


def test_everyone_gets_everything(shell: Shell) -> None:
    data = shell.data(*create(*BOTH, "--everyone"))

    assert (data["items"], data["copies"]) == (12, 24)
    assert set(map(len, holders(shell).values())) == {2}


def test_skills_and_conflicts_keep_people_from_items(shell: Shell) -> None:
    skills = (
        "--needs",
        "language",
        "--skill",
        "ann=fr",
        "--skill",
        "bob=fr",
        "--skill",
        "eve=de",
        "--skill",
        "eve=fr",
    )
    warning = "ann has 2 instead of 4, eve has 6 instead of 4"
    shell.ok(*create(*BOTH, "--assignee", "eve", *skills, "--blocked", "author"), said=OFF + warning + "\n")

    for line in ROWS.splitlines():
        row = json.loads(line)
        (who,) = holders(shell)[row["id"]]
        assert who != row["author"]
        assert row["language"] == "fr" or who == "eve"


def test_at_most_one_of_a_team_has_an_item(shell: Shell) -> None:
    teams = ("--team", "ann=north", "--team", "bob=north")
    warning = "ann has 6 instead of 8, bob has 6 instead of 8, eve has 12 instead of 8\n"
    shell.ok(*create(*BOTH, "--assignee", "eve", *teams, "--overlap", "100"), said=OFF + warning)

    assert all("eve" in who for who in holders(shell).values())


def test_a_kind_that_nobody_may_take_is_named(shell: Shell) -> None:
    said = shell.refused(*create(*BOTH, "--needs", "language", "--skill", "ann=fr"))

    assert said.startswith(
        "items that need 'de' (6) are to go to somebody, and nobody who carries a load may take them"
    )


def test_gold_is_extra_to_everybodys_share(shell: Shell) -> None:
    data = shell.data(*create(*BOTH, "--gold", "gold.jsonl", "--gold-share", "25"))

    assert (data["items"], data["copies"]) == (12, 12)
    given = holders(shell)
    assert {item for item in given if item.startswith("g")} <= {"g0", "g1", "g2"}
    assert [a["open"] for a in shell.data("progress", "--task", "t")["assignments"]] == [6, 6]
    assert len(given) > 12


def test_one_person_more_is_asked_until_an_answer_leads(shell: Shell) -> None:
    data = shell.data(*create(*BOTH, "--assignee", "eve", "--overlap", "100", "--until", "beat:2:3"))

    assert data["overlap"]["until"]["kind"] == "beat"


@pytest.mark.parametrize(
    "rule",
    ["beat", "beat:2", "beat:x:3", "most:1:2", "quorum:2:-1", "confidence:95:3:5", "confidence:95:x:5:80"],
)
def test_a_stopping_rule_that_is_none_says_how_to_write_one(shell: Shell, rule: str) -> None:
    said = shell.refused(*create(*BOTH, "--overlap", "100", "--until", rule))

    ways = "beat:N:MOST, quorum:N:MOST or confidence:PERCENT:CHOICES:MOST:RIGHT"
    assert said == f"--until must be {ways}, got {rule!r}; e.g. --until beat:2:5"


def test_people_are_asked_until_an_answer_is_likely_enough_by_what_is_known_of_them(shell: Shell) -> None:
    """Toloka's documented example: 70 and 90 percent agree, and the answer is right with 97.7."""
    rule = ("--overlap", "100", "--until", "confidence:97:3:3:50")
    known = ("--accuracy", "ann=70", "--accuracy", "bob=90")
    data = shell.data(*create(*BOTH, "--assignee", "eve", *rule, *known))

    until = data["overlap"]["until"]
    assert (until["kind"], until["at_least"], until["choices"], until["most"]) == ("confidence", "97", 3, 3)
    assert (until["skills"], until["unknown"]) == ({"ann": "70", "bob": "90"}, "50")
    assert "--accuracy must go with --until confidence, got 'beat:2:3'; e.g. --until conf" in shell.refused(
        *create(*BOTH, "--assignee", "eve", "--overlap", "100", "--until", "beat:2:3", *known)
    )
    assert "overlap must be one of" in shell.refused(*create(*BOTH, *known))
    assert "at_least must be above 33.33" in shell.refused(
        *create(*BOTH, "--overlap", "100", "--until", "confidence:5:3:2:50")
    )


def test_a_plan_tells_what_a_stopping_rule_costs_before_anybody_is_asked(shell: Shell) -> None:
    """By two of at most three, of twelve items: 2 + 2 p (1 - p) answers each."""
    call = (
        "plan",
        "--jsonl",
        "rows.jsonl",
        *BOTH,
        "--assignee",
        "eve",
        "--overlap",
        "100",
        "--until",
        "beat:2:3",
    )

    told = shell.ok(*call)

    assert "Expected, if people err independently, of 2 answers:" in told
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in told.splitlines() if "│" in line]
    assert ["80", "2.32", "28", "89.6"] in rows
    (eighty,) = [found for found in shell.data(*call)["expected"] if found["accuracy"] == 0.8]
    assert eighty["answers"] == pytest.approx(2 + 2 * 0.8 * 0.2)
    assert "expected" not in shell.data(*call[:-2])
    three = ("confidence:95:3:3:80",)
    assert "of 3 answers:" in shell.ok(*call[:-1], *three)


@pytest.mark.parametrize("option", ["--skill", "--team"])
def test_a_pair_that_is_none_names_its_option(shell: Shell, option: str) -> None:
    assert option in shell.refused(*create(*BOTH, "--needs", "language", option, "ann"))


def test_a_stopping_rule_without_an_overlap_is_refused(shell: Shell) -> None:
    assert "overlap" in shell.refused(*create(*BOTH, "--until", "beat:1:2"))
