"""Of many processes at one file, the one that has the lock does what the others wait for."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from adapters import sqlite_turns
from adapters.dispatcher import Dispatcher
from adapters.sqlite import SqliteStore
from adapters.sqlite_board import GIVEN, ROOM, SEATS, WAITING, WORKS, Board
from adapters.sqlite_shelf import SqliteShelf
from distribution import Pull
from distribution.errors import StoreFailed
from tests import board_crew as crew

pytestmark = pytest.mark.skipif(not WORKS, reason="the system has no locks that belong to an open file")
CREW = ("ann", "bob", "cem", "dan", "eva")
SECONDS = 30.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "work.db"
    with Dispatcher(SqliteStore(path)) as tasks:
        people = [*CREW, "doomed"]
        pull = Pull(batch_size=2, max_batch_workload=4)
        tasks.create(crew.TASK, [f"i{n}" for n in range(60)], id=crew.TASK, allowed=people, pull=pull)
    return path


class Crew:
    """Processes at one file, each with a seat and a batch; the test holds the lock until it lets them go."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.context = get_context("spawn")
        self.ends: dict[str, Connection] = {}
        self.processes: dict[str, Any] = {}
        self.first: dict[str, tuple[str, ...]] = {}
        self.gate = os.open(f"{path}.lock", os.O_RDWR)

    def join(self, who: str, act: Callable[..., Any], fate: Callable[[], None] | None = None) -> None:
        ours, theirs = self.context.Pipe()
        process = self.context.Process(
            target=crew.member, args=(self.path, who, act, fate, theirs), daemon=True
        )
        process.start()
        theirs.close()
        self.ends[who], self.processes[who] = ours, process
        assert ours.poll(SECONDS)
        self.first[who] = ours.recv()

    def shut(self) -> None:
        fcntl.flock(self.gate, fcntl.LOCK_EX)

    def release(self) -> None:
        fcntl.flock(self.gate, fcntl.LOCK_UN)

    def go(self, *people: str) -> None:
        for who in people:
            self.ends[who].send("go")

    def states(self) -> bytes:
        return (self.path.with_name("work.db.board")).read_bytes()[:SEATS]

    def until_waiting(self, number: int) -> None:
        end = time.monotonic() + SECONDS
        while self.states().count(WAITING) < number:
            assert time.monotonic() < end, "nobody put down what they wait for"
            time.sleep(0.005)

    def answer(self, who: str) -> Any:
        assert self.ends[who].poll(SECONDS), f"{who} never answered"
        return self.ends[who].recv()

    def close(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.join()
        os.close(self.gate)


@pytest.fixture
def team(path: Path) -> Iterator[Crew]:
    with closing(Crew(path)) as team:
        yield team


def served(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT number FROM served").fetchone()[0])


def once_each(path: Path, team: Crew, answers: dict[str, Any]) -> None:
    """Check that everybody's call was made exactly once, and that everybody has what she was answered."""
    with Dispatcher(SqliteStore(path)) as tasks:
        made = [e.event.assignee for e in tasks.history(crew.TASK) if e.event.what == "submitted-and-pulled"]
        assert sorted(map(str, made)) == sorted(answers)
        for who, items in answers.items():
            assert len(items) == 2
            assert tuple(p.item for p in tasks.worklist(crew.TASK, who, state="open")) == items
            assert tuple(p.item for p in tasks.worklist(crew.TASK, who, state="done")) == team.first[who]
    got = [item for items in answers.values() for item in items]
    assert len(got) == len(set(got))


def test_one_transaction_does_the_work_of_all_who_wait(path: Path, team: Crew) -> None:
    for who in CREW:
        team.join(who, crew.turn)
    team.shut()
    team.go(*CREW)
    team.until_waiting(len(CREW))
    before = served(path)

    team.release()

    answers = {who: team.answer(who) for who in CREW}
    once_each(path, team, answers)
    # Whoever came first did her own and all others'; one more if somebody looked up in between.
    assert 1 <= served(path) - before <= 2


@pytest.mark.parametrize(
    ("fate", "kept"),
    [
        (crew.die_after_two_answers, False),
        (crew.die_before_the_commit, False),
        (crew.die_before_the_disk, True),
        (crew.die_before_ringing, True),
    ],
)
def test_who_dies_at_the_work_of_others_leaves_none_of_it_undone_or_done_twice(
    path: Path, team: Crew, fate: Callable[[], None], kept: bool
) -> None:
    all_behind(path, team, fate)
    answers = {who: team.answer(who) for who in CREW}

    once_each(path, team, answers)
    team.processes["doomed"].join(SECONDS)
    assert team.processes["doomed"].exitcode == -signal.SIGKILL
    with Dispatcher(SqliteStore(path)) as tasks:
        assert ("skipped" in [entry.event.what for entry in tasks.history(crew.TASK)]) == kept
    assert set(team.states()) <= {0}


def all_behind(path: Path, team: Crew, fate: Callable[[], None]) -> None:
    """Let all wait for one, whose call nobody can make for her, and let her go."""
    for who in CREW:
        team.join(who, crew.turn)
    team.join("doomed", crew.skip, fate)
    team.shut()
    team.go(*CREW)
    team.until_waiting(len(CREW))
    team.go("doomed")
    with path.with_name("work.db.line").open("rb") as line:
        # Nobody can help her, so she stands in line; who sleeps is there for no longer than a look.
        busy, end = 0, time.monotonic() + SECONDS
        while busy < 20:
            busy = 0 if _free(line.fileno()) else busy + 1
            time.sleep(0.001)
            assert time.monotonic() < end
    team.release()


def test_where_the_disk_fails_others_have_their_answers_once_it_is_back(path: Path, team: Crew) -> None:
    all_behind(path, team, crew.find_the_disk_broken)

    assert "failed" in team.answer("doomed")
    once_each(path, team, {who: team.answer(who) for who in CREW})


def _free(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(lock, fcntl.LOCK_UN)
    return True


def test_an_error_reaches_the_one_who_made_it_and_nobody_else(path: Path, team: Crew) -> None:
    for who in CREW[1:]:
        team.join(who, crew.turn)
    team.join("ann", crew.wrong_status)
    team.shut()
    team.go(*CREW)
    team.until_waiting(len(CREW))

    team.release()

    assert team.answer("ann").startswith("status of task 't' must be one of")
    once_each(path, team, {who: team.answer(who) for who in CREW[1:]})


def test_nobody_does_the_work_of_the_dead(path: Path, team: Crew) -> None:
    for who in CREW:
        team.join(who, crew.pull)
    team.shut()
    team.go(*CREW)
    team.until_waiting(len(CREW))
    team.processes["ann"].kill()
    team.processes["ann"].join()

    team.release()

    assert all(len(team.answer(who)) == 2 for who in CREW[1:])
    with Dispatcher(SqliteStore(path)) as tasks:
        assert [len(tasks.worklist(crew.TASK, who)) for who in CREW] == [2, 4, 4, 4, 4]


def test_a_reason_travels_as_well_as_a_batch(path: Path, team: Crew) -> None:
    with Dispatcher(SqliteStore(path)) as tasks:
        for who in CREW:
            tasks.pull(crew.TASK, who)
    for who in CREW:
        team.join(who, crew.ask_in_vain)  # 4 of 4
    team.shut()
    team.go(*CREW)
    team.until_waiting(len(CREW))
    before = served(path)

    team.release()

    assert all("would pass the cap of 4" in team.answer(who) for who in CREW)
    assert served(path) > before


class Table:
    """Boards of several processes, as far as the file can tell."""

    def __init__(self, path: Path, people: int) -> None:
        self.boards = [Board(path) for _ in range(people)]
        for board in self.boards:
            board.post("nothing")
            board.clear()

    def close(self) -> None:
        for board in self.boards:
            board.close()


@pytest.fixture
def table(tmp_path: Path) -> Iterator[list[Board]]:
    with closing(Table(tmp_path / "board", 4)) as table:
        yield table.boards


def test_what_was_asked_is_answered_where_it_was_asked(table: list[Board]) -> None:
    leader, *others = table
    assert all(board.post(f"wish {n}") for n, board in enumerate(others))
    assert not others[0].post("another")

    for seat, text in list(leader.waiting()):
        assert leader.prepare(seat, 7, text.replace("wish", "answer"))
    assert leader.prepared()
    assert not any(board.given() for board in others)
    leader.conclude(7)

    assert not leader.prepared()
    assert [board.given() for board in others] == [True] * 3
    assert [board.take() for board in others] == [f"answer {n}" for n in range(3)]
    assert others[0].post("another")


def test_who_was_served_last_is_served_last_again(table: list[Board]) -> None:
    leader, *others = table
    for board in others:
        board.post("x")
    first = next(leader.waiting())[0]
    assert [seat for seat, _ in leader.waiting()][-1] == first


def give(leader: Board, *owners: Board) -> None:
    """Answer what they wish for."""
    for owner in owners:
        owner.post("x")
    for seat, _ in list(leader.waiting()):
        leader.prepare(seat, 1, "y")
    leader.conclude(1)


def test_who_is_about_to_take_an_answer_is_waited_for(
    table: list[Board], monkeypatch: pytest.MonkeyPatch
) -> None:
    leader, owner, other = table[:3]
    give(leader, owner, other)

    def take() -> None:
        (owner if owner.given() else other).take()
        if not other.given():
            other.post("more")

    monkeypatch.setattr(os, "sched_yield", take)
    assert leader.linger(SECONDS)
    assert [text for _, text in leader.waiting()] == ["more"]


def test_nobody_is_waited_for_who_is_dead_or_thinks_or_takes_too_long(
    table: list[Board], monkeypatch: pytest.MonkeyPatch
) -> None:
    leader, owner, dead = table[:3]
    give(leader, owner, dead)
    naps: list[int] = []
    monkeypatch.setattr(os, "sched_yield", lambda: naps.append(1))
    assert not leader.linger(0)
    assert not leader.linger(0.001)
    assert naps

    naps.clear()
    owner.take()
    dead.close()
    assert not leader.linger(SECONDS)
    assert not naps


def test_what_nobody_can_read_is_no_wish_to_wait_for(
    table: list[Board], monkeypatch: pytest.MonkeyPatch
) -> None:
    leader, foreign, other, owner = table
    give(leader, owner)
    foreign._form ^= 1
    foreign.post("of tomorrow")
    assert not list(leader.waiting())
    monkeypatch.setattr(os, "sched_yield", owner.take)
    assert not leader.linger(SECONDS)

    other.post("x")
    assert leader.linger(SECONDS)
    assert [text for _, text in leader.waiting()] == ["x"]


def test_what_nobody_here_can_read_keeps_nobody_waiting(path: Path, team: Crew) -> None:
    with closing(Board(path.with_name("work.db.board"))) as foreign:
        foreign._form ^= 1
        assert foreign.post("of tomorrow")
        for who in CREW:
            team.join(who, crew.turn)
        team.shut()
        team.go(*CREW)
        team.until_waiting(len(CREW) + 1)

        team.release()

        once_each(path, team, {who: team.answer(who) for who in CREW})


def test_the_answers_of_another_transaction_are_no_answers(table: list[Board]) -> None:
    leader, early, late = table[:3]
    early.post("a")
    [(seat, _)] = leader.waiting()
    leader.prepare(seat, 3, "early")
    leader.conclude(2)
    late.post("b")
    [(seat, _)] = leader.waiting()
    leader.prepare(seat, 3, "late")
    leader.conclude(3)

    assert (early.given(), late.given()) == (False, True)
    early.clear()
    assert early.post("a")


def test_what_is_too_long_or_torn_or_of_another_version_is_left_alone(table: list[Board]) -> None:
    leader, long, torn, foreign = table
    assert not long.post("x" * ROOM)
    foreign._form ^= 1
    assert foreign.post("of tomorrow")
    assert torn.post("in the middle of being written")
    at = leader._map.find(b"in the middle")
    leader._map[at : at + 2] = b"\0\0"

    assert list(leader.waiting()) == []
    leader._map[torn._own] = GIVEN
    with pytest.raises(OSError, match="damaged"):
        torn.take()


def test_a_seat_of_the_dead_is_free_once_nobody_is_at_it(tmp_path: Path) -> None:
    with closing(Table(tmp_path / "board", 2)) as table:
        leader, dead = table.boards
        dead.post("the last wish")
        seat = dead._own
        dead.close()
        early, late = Board(tmp_path / "board"), Board(tmp_path / "board")
        table.boards[1:] = [early, late]

        assert early.post("first")
        assert early._own != seat
        assert [text for _, text in leader.waiting()] == ["first"]
        assert late.post("second")
        assert late._own == seat


def test_where_there_can_be_no_board_everybody_does_his_own_work(tmp_path: Path) -> None:
    assert Board.at(tmp_path) is None
    (tmp_path / "work.db.board").mkdir()
    with Dispatcher(SqliteStore(tmp_path / "work.db")) as tasks:
        tasks.create("t", ["a"], id="t", allowed=["ann"], pull=Pull(batch_size=1, max_batch_workload=1))
        assert tasks.pull("t", "ann").items == ("a",)


def test_an_answer_is_not_given_by_a_disk_that_fails(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync = sqlite_turns.sync_file

    def broken(_: int) -> None:
        monkeypatch.setattr(sqlite_turns, "sync_file", sync)
        raise OSError(errno.EIO, "the disk is gone")

    board = path.with_name("work.db.board")
    with (
        Dispatcher(SqliteStore(path)) as tasks,
        closing(Board(board)) as dead,
        closing(Board(board)) as owner,
    ):
        owner.post("wish")
        [(seat, _)] = dead.waiting()
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE served SET number = 7")
        dead.prepare(seat, 7, "answer")
        monkeypatch.setattr(sqlite_turns, "sync_file", broken)

        with pytest.raises(StoreFailed):
            tasks.pull(crew.TASK, "ann")
        assert not owner.given()
        assert len(tasks.pull(crew.TASK, "ann")) == 2
        assert owner.take() == "answer"


def test_where_all_seats_are_taken_one_does_without(tmp_path: Path) -> None:
    with closing(Table(tmp_path / "board", SEATS)), closing(Table(tmp_path / "board", 1)) as late:
        assert not late.boards[0].post("x")


def test_whoever_is_killed_the_others_go_on_and_nothing_is_lost_or_done_twice(path: Path) -> None:
    kills = 2000 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 60
    siege = Path(__file__).with_name("board_siege.py")
    paths = os.pathsep.join([str(siege.parents[1]), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, siege, path.with_name("siege.db"), str(kills), "1"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": paths},
    )

    assert done.returncode == 0, done.stderr
    answered, served = map(int, done.stdout.split())
    assert answered > kills
    assert served > kills


def test_a_second_door_to_a_file_leaves_the_locks_of_the_first(path: Path, team: Crew) -> None:
    with Dispatcher(SqliteStore(path)) as tasks:
        first = tasks.pull(crew.TASK, "doomed").items
        with closing(SqliteShelf(path)):
            # Comes and goes, and would take the log with it if nobody else had the file.
            team.join("ann", crew.turn)
            team.go("ann")
            assert len(team.answer("ann")) == 2
            team.processes["ann"].join(SECONDS)
            assert path.with_name("work.db-wal").exists()
            second = tasks.pull(crew.TASK, "doomed").items
    with Dispatcher(SqliteStore(path)) as tasks:
        assert [piece.item for piece in tasks.worklist(crew.TASK, "doomed")] == [*first, *second]


def test_nobody_sleeps_for_long_beside_those_who_help_nobody(path: Path, team: Crew) -> None:
    team.join("ann", crew.turn)
    team.shut()
    team.go("ann")
    team.until_waiting(1)
    with path.with_name("work.db.line").open("rb") as line:
        end = time.monotonic() + SECONDS
        while _free(line.fileno()):
            assert time.monotonic() < end
        time.sleep(0.2)
        assert not _free(line.fileno())  # she stands in line by now
    team.release()

    assert len(team.answer("ann")) == 2


def test_what_another_version_kept_was_kept(table: list[Board]) -> None:
    leader, owner, other = table[:3]
    owner.post("a")
    [(seat, _)] = leader.waiting()
    leader.prepare(seat, 8, "done")
    other._form ^= 1
    other.conclude(8)

    assert owner.given()
    assert owner.take() == "done"
