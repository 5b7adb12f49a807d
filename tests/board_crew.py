"""Processes that work on one file beside each other, and die where a test wants them to."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from adapters.dispatcher import Dispatcher
from adapters.sqlite import SqliteStore
from adapters.sqlite_board import Board
from adapters.sqlite_turns import Opened, Transaction
from distribution.errors import DistributionError

TASK = "t"


def die(*_: object) -> None:
    """End this process as a crash does."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_after_two_answers() -> None:
    """Be killed with two answers written down, and nothing committed."""
    prepare = Board.prepare

    def prepared(board: Board, seat: int, number: int, text: str) -> bool:
        done = prepare(board, seat, number, text)
        if sum(state == 2 for state in board._map[:64]) == 2:
            die()
        return done

    Board.prepare = prepared  # type: ignore[method-assign,assignment]


def die_before_the_commit() -> None:
    """Be killed with all answers written down, and nothing committed."""
    serve = Transaction.serve

    def served(turn: Transaction, do: Callable[[str], str]) -> None:
        serve(turn, do)
        die()

    Transaction.serve = served  # type: ignore[method-assign,assignment]


def die_before_the_disk() -> None:
    """Be killed when all is committed, and nobody was told."""
    Opened.sync = die  # type: ignore[method-assign,assignment]


def die_before_ringing() -> None:
    """Be killed when all answers are given, and nobody rang."""
    Board.hand_on = die  # type: ignore[method-assign,assignment]


def find_the_disk_broken() -> None:
    """Fail once to get to the disk what is committed by then."""
    sync = Opened.sync

    def broken(_: Opened) -> None:
        Opened.sync = sync  # type: ignore[method-assign]
        raise OSError(errno.EIO, "the disk is gone")

    Opened.sync = broken  # type: ignore[method-assign,assignment]


def turn(tasks: Dispatcher, who: str, items: tuple[str, ...]) -> Any:
    """Hand in a batch and get the next."""
    return tasks.submit_and_pull(TASK, who, items, "completed").batch.items


def pull(tasks: Dispatcher, who: str, _items: tuple[str, ...]) -> Any:
    """Get a batch more."""
    return tasks.pull(TASK, who).items


def ask_in_vain(tasks: Dispatcher, who: str, _items: tuple[str, ...]) -> Any:
    """Ask for more than the cap; give the reason."""
    return str(tasks.pull(TASK, who).reason)


def wrong_status(tasks: Dispatcher, who: str, items: tuple[str, ...]) -> Any:
    """Hand in what cannot be handed in."""
    return tasks.set_status(TASK, who, items, "no such status")


def skip(tasks: Dispatcher, who: str, items: tuple[str, ...]) -> Any:
    """Skip a batch, which nobody can do for another."""
    return tasks.skip(TASK, who, items).changed


def member(
    path: Path, who: str, act: Callable[..., Any], fate: Callable[[], None] | None, told: Connection
) -> None:
    """Pull a batch, say so, and act when told to; tell what came of it."""
    with Dispatcher(SqliteStore(path)) as tasks:
        items = tasks.pull(TASK, who).items
        if fate is not None:
            fate()
        told.send(items)
        told.recv()
        try:
            told.send(act(tasks, who, items))
        except DistributionError as error:
            told.send(str(error))
