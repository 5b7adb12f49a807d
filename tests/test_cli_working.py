"""People at work from the shell: pull, submit, clear, skip, release, renew, steal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli_shell import Shell

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SHE = ("--task", "t", "--assignee", "ann")
HE = ("--task", "t", "--assignee", "bob")


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, capsys, monkeypatch)


def test_a_pull_prints_the_ids_one_a_line(shell: Shell) -> None:
    shell.pulled()

    assert shell.ok("pull", *SHE) == "i0\ni1\ni2\n"


def test_a_pull_with_a_lease_tells_until_when_on_standard_error(shell: Shell) -> None:
    shell.clock = lambda: NOON
    shell.pulled(10, "--lease", "30m")

    assert shell.ok("pull", *SHE, said="3 items, reserved until 2026-11-22 12:30:00Z\n") == "i0\ni1\ni2\n"


def test_a_pull_without_work_says_why_and_ends_with_three(shell: Shell) -> None:
    shell.pulled()
    shell.ok("pull", *SHE)

    done = shell.run("pull", *SHE)
    why = "'ann' holds 3 items and with a batch of 3 would pass the cap of 5"
    assert (done.code, done.out) == (3, "")
    assert done.err == f"no work: {why}; complete some or raise max_batch_workload\n"
    batch = shell.data("pull", *SHE, code=3)
    assert (batch["items"], batch["reason"]["kind"], batch["reason"]["cap"]) == ([], "at-cap", 5)


def test_a_pull_from_all_her_tasks_takes_the_most_urgent(shell: Shell) -> None:
    pulled = ("--pull-batch", "3", "--cap", "5", "--allow", "ann", "--ids", "-")
    shell.ok("create", "--id", "slow", "--name", "slow", *pulled, stdin="a\n")
    shell.ok("create", "--id", "now", "--name", "now", *pulled, "--priority", "5", stdin="b\n")

    assert shell.ok("pull", "--assignee", "ann", said="1 item of 'now'\n") == "b\n"
    assert shell.data("pull", "--assignee", "ann")["task"] == "slow"
    done = shell.run("pull", "--assignee", "ann")
    assert (done.code, done.out) == (3, "")
    lines = done.err.splitlines()
    assert [line.split(", without end")[0] for line in lines] == [
        "no work in 'now': the only item left is reserved",
        "no work in 'slow': the only item left is reserved",
    ]


def test_a_pull_of_somebody_without_tasks_says_so(shell: Shell) -> None:
    shell.pulled()

    done = shell.run("pull", "--assignee", "max")
    assert (done.code, done.err) == (3, "no work: she takes part in no task that is pulled from\n")
    assert shell.data("pull", "--assignee", "max", code=3) == {"kind": "no-work", "batches": []}


def test_a_pull_from_a_task_shared_out_by_load_is_refused(shell: Shell) -> None:
    shell.shared()

    message = "task 'review' is distributed by load, nobody pulls from it"
    assert shell.refused("pull", *SHE).startswith(message)


def test_what_was_pulled_can_be_piped_into_submit(shell: Shell) -> None:
    shell.pulled()
    ids = shell.ok("pull", *SHE)

    assert shell.ok("submit", "-", *SHE, stdin=ids) == "3 items set to completed\n"
    assert shell.ok("submit", "-", *SHE, stdin=ids) == "0 items set to completed, 3 items so already\n"
    assert shell.ok("submit", "i0", *SHE, "--status", "discard") == "1 item set to discard\n"


def test_what_is_refused_is_named_item_by_item_and_the_rest_is_done(shell: Shell) -> None:
    shell.pulled()
    shell.ok("pull", *SHE)

    done = shell.run("submit", "i0", "i5", "nope", *SHE)
    assert (done.code, done.out) == (1, "1 item set to completed\n")
    assert done.err == (
        "refused: item 'i5' is not with 'ann'; only what she was given can be changed by her\n"
        "refused: item 'nope' is not in the task\n"
    )
    outcome = shell.data("submit", "i0", "i1", "nope", *SHE, code=1)
    assert (outcome["changed"], outcome["unchanged"]) == (["i1"], ["i0"])
    assert outcome["refused"] == [
        {"kind": "left", "item": "nope", "why": {"kind": "not-in-task", "item": "nope"}}
    ]


def test_a_status_the_task_does_not_know_is_bad_input(shell: Shell) -> None:
    shell.pulled(10, "--action", "cat", "--action", "no cat")

    message = "status of task 'label cats' must be one of 'cat', 'no cat', got 'completed'"
    assert shell.refused("submit", "i0", *SHE) == message


def test_a_cleared_status_opens_the_item_again(shell: Shell) -> None:
    shell.pulled()
    shell.ok("pull", *SHE)
    shell.ok("submit", "i0", "i1", *SHE)

    assert shell.ok("clear", "i0", *SHE) == "1 item open again\n"
    assert shell.data("progress", "--task", "t")["open"] == 2


def test_a_skipped_item_goes_to_others(shell: Shell) -> None:
    shell.pulled()
    shell.ok("pull", *SHE)

    assert shell.ok("skip", "i1", *SHE, "--reason", "blurred") == "1 item skipped\n"
    assert shell.ok("pull", *HE) == "i1\ni3\ni4\n"
    assert shell.data("history", "--task", "t")[2]["stamp"]["reason"] == "blurred"


def test_a_release_gives_back_some_or_all(shell: Shell) -> None:
    shell.pulled()
    shell.ok("pull", *SHE)

    assert shell.ok("release", "i2", *SHE) == "1 item given back\n"
    assert shell.ok("release", *SHE) == "2 items given back\n"
    assert shell.ok("pull", *HE) == "i0\ni1\ni2\n"


def test_a_renewed_lease_ends_later(shell: Shell) -> None:
    at = NOON
    shell.clock = lambda: at
    shell.pulled(10, "--lease", "30m")
    shell.run("pull", *SHE)
    at = NOON + timedelta(minutes=20)

    assert shell.ok("renew", *SHE) == "3 items renewed\n"
    ends = {row["cell"]["until"] for row in shell.data("items", *SHE)}
    assert ends == {"2026-11-22T12:50:00+00:00"}


def test_who_has_nothing_steals_half_of_what_nobody_began(shell: Shell) -> None:
    shell.shared(8, "--load", "ann=100", "--load", "bob=0")

    assert shell.ok("steal", *HE, "--limit", "2").count("\n") == 2
    done = shell.run("steal", *HE)
    assert (done.code, done.out) == (3, "")
    assert done.err == "no work: 'bob' still holds 2 items; only whoever has nothing may take over\n"
    assert shell.data("steal", *HE, code=3)["reason"] == {
        "kind": "has-open-work",
        "assignee": "bob",
        "open": 2,
    }


def test_a_call_made_again_under_its_request_id_gives_the_same_answer(shell: Shell) -> None:
    shell.pulled()
    call = ("pull", *SHE, "--request", "r-1")

    assert shell.ok(*call) == shell.ok(*call) == "i0\ni1\ni2\n"
    assert shell.versions() == ["created", "pulled"]
    message = "request 'r-1' was used for another call; make up a new request id for each call"
    assert shell.refused("pull", *HE, "--request", "r-1") == message
