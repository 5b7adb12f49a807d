"""Gold from the shell: who works sees nothing of it, whatever she types; who runs the task sees all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli_shell import LOADS, PULLED, Shell

T = ("--task", "t")
SHE = (*T, "--assignee", "ann")
PHOTOS = "\n".join(json.dumps({"id": f"i{at}", "size": 5, "effort": 2}) for at in range(10, 50))
QUIZ = "\n".join(
    json.dumps({"id": f"m{at}", "size": 5, "effort": 2, "truth": "tabby"}) for at in range(10, 14)
)


@pytest.fixture(params=[LOADS, PULLED], ids=["shared", "pulled"])
def shell(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Shell:
    """Begin with a task of both kinds that has gold, and ann at work on it."""
    lent = Shell(tmp_path, capsys, monkeypatch)
    (tmp_path / "quiz.jsonl").write_text(QUIZ)
    gold = ("--effort", "effort", "--gold", "quiz.jsonl", "--gold-share", "40")
    lent.ok("create", "--id", "t", "--name", "t", "--jsonl", "-", *request.param, *gold, stdin=PHOTOS)
    if request.param == PULLED:
        assert "tabby" not in lent.run("pull", *SHE, "--json").out
    return lent


def hers(shell: Shell, *more: str) -> list[str]:
    """Name what is on ann's list."""
    return [piece["item"] for piece in shell.data("worklist", *SHE, *more)]


def golden(items: Sequence[str]) -> list[str]:
    return [item for item in items if item.startswith("m")]


def test_her_list_tells_gold_by_nothing_but_what_it_is_called(shell: Shell) -> None:
    pieces = shell.data("worklist", *SHE)

    assert golden(hers(shell))
    assert all(piece.pop("item") for piece in pieces)
    assert [piece for piece in pieces if piece != pieces[0]] == []
    assert set(pieces[0]) & {"position", "rank", "assignee"} == set()
    assert pieces[0]["effort"] == "2"
    assert "truth" not in pieces[0]["attributes"]


def test_her_table_has_a_line_for_each_and_all_lines_are_alike(shell: Shell) -> None:
    lines = [line for line in shell.ok("worklist", *SHE).splitlines() if "open" in line]

    assert len(lines) == len(hers(shell))
    assert len({line.replace(item, "") for line, item in zip(lines, hers(shell), strict=True)}) == 1
    assert golden([line.split()[1] for line in lines])


def test_no_condition_and_no_page_tells_gold(shell: Shell) -> None:
    assert shell.data("worklist", *SHE, "--where", "truth=tabby") == []
    assert hers(shell, "--where", "size=5") == hers(shell)
    first = hers(shell, "--limit", "1")
    assert f"More: add --after {first[0]}\n" in shell.ok("worklist", *SHE, "--limit", "1")
    assert [*first, *hers(shell, "--after", first[0])] == hers(shell)
    assert shell.refused("items", *SHE).startswith("No such option: --assignee")


def test_what_she_finishes_is_told_of_alike(shell: Shell) -> None:
    items = hers(shell)
    done = shell.data("submit", *items, *SHE)

    assert (done["changed"], done["refused"]) == (items, [])
    assert hers(shell, "--state", "open") == []
    assert hers(shell, "--state", "done") == items
    assert len({str(piece["cell"]) for piece in shell.data("worklist", *SHE)}) == 1
    assert shell.data("results", *T)["ann"]["wrong"] == len(golden(items))


def test_gold_without_the_effort_that_all_others_have_is_refused(shell: Shell) -> None:
    (shell.folder / "light.jsonl").write_text('{"id": "m", "truth": "tabby"}')
    gold = ("--effort", "effort", "--gold", "light.jsonl")

    refused = shell.refused("create", "--name", "u", "--jsonl", "-", *LOADS, *gold, stdin=PHOTOS)

    assert refused.startswith("light.jsonl, line 1: column 'effort' must hold the effort")


def test_who_runs_the_task_sees_positions_and_answers(shell: Shell) -> None:
    rows = shell.data("items", *T, "--where", "truth=tabby")

    assert [row["position"] for row in rows] == [40, 41, 42, 43]
    assert {row["attributes"]["truth"] for row in rows} == {"tabby"}
