"""Known answers from the shell: results, qualify, to-pause."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli_shell import Shell

ROWS = "\n".join(json.dumps({"id": f"q{n}", "truth": "cat"}) for n in range(4))
T = ("--task", "t")


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Begin with a quiz for ann and bob: she is right three times of four, he has not begun."""
    lent = Shell(tmp_path, capsys, monkeypatch)
    quiz = ("--jsonl", "-", "--assignee", "ann", "--assignee", "bob", "--everyone")
    lent.ok("create", "--id", "t", "--name", "quiz", *quiz, stdin=ROWS)
    answers = [f"q{n}={'cat' if n else 'dog'}" for n in range(4)]
    said = [part for answer in answers for part in ("--answer", answer)]
    lent.ok("submit", "q0", "q1", "q2", "q3", *T, "--assignee", "ann", *said)
    return lent


def test_right_and_wrong_answers_are_counted(shell: Shell) -> None:
    assert shell.data("results", *T) == {"ann": {"correct": 3, "wrong": 1}}
    assert "75.0" in shell.ok("results", *T)
    assert shell.ok("results", *T, "--truth", "nothing") == "nobody has answered anything that is known\n"


def test_a_gate_says_who_has_passed_and_how_likely_that_is(shell: Shell) -> None:
    data = shell.data("qualify", *T, "--pass-at", "3", "--of", "4")

    assert (data["verdicts"], data["known"]) == ({"ann": "passed", "bob": "undecided"}, 4)
    assert data["pass_probability"]["0.5"] == pytest.approx(5 / 16)
    told = shell.ok("qualify", *T, "--pass-at", "4", "--of", "4")
    assert "failed" in told
    assert "who passes 4 of 4, by how often she is right: 50 % right: 6.2 %" in told


@pytest.mark.parametrize(
    "call", [("qualify", "--pass-at", "3", "--of", "4"), ("to-pause", "--least", "4", "--below", "80")]
)
def test_where_nothing_is_known_it_is_said_with_the_way_to_name_it(
    shell: Shell, call: tuple[str, ...]
) -> None:
    """A misspelt attribute looks like people who did not begin."""
    said = (
        "nobody has answered anything that is known at 'nosuch'; name the known answer's attribute: --truth\n"
    )
    shell.ok(*call, *T, "--truth", "nosuch", said=said)
    shell.ok("create", "--id", "u", "--name", "u", "--jsonl", "-", "--assignee", "ann", stdin='{"id": "q"}')
    shell.data(*call, *T, "--truth", "nosuch")
    said = said.replace("at 'nosuch'", "of gold, or at 'truth'")
    shell.ok(*call, "--task", "u", said=said)


def test_who_should_pause_is_named_with_the_reason(shell: Shell) -> None:
    assert shell.ok("to-pause", *T, "--least", "4", "--below", "80").startswith("ann: ")
    assert list(shell.data("to-pause", *T, "--least", "4", "--below", "80")) == ["ann"]
    assert shell.ok("to-pause", *T, "--least", "5", "--below", "80") == "nobody\n"


def test_a_gate_that_cannot_be_is_refused(shell: Shell) -> None:
    assert "pass" in shell.refused("qualify", *T, "--pass-at", "5", "--of", "4")
