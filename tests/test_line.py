"""The line of a pulling task, compared with a slow twin after every step."""

from __future__ import annotations

from random import Random
from unittest.mock import patch

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from distribution import line as module
from distribution.line import MOST_BESIDE, Line
from distribution.testing.twins import PlainLine

PEOPLE = ("ann", "bob", "eve")
people = st.sampled_from(PEOPLE)
positions = st.integers(0, 11)
ranks = st.integers(-2, 2)
lefts = st.integers(0, 2)


class Agreement(RuleBasedStateMachine):
    """Line and twin are told the same, and must say the same."""

    @initialize(most=st.sampled_from([0, 1, 3, 32]))
    def begin(self, most: int) -> None:
        # With few that may wait, a dozen items make several runs, that swallow each other.
        self.patch = patch.object(module, "MOST_BESIDE", most)
        self.patch.start()
        self.line, self.twin = Line(), PlainLine()

    def teardown(self) -> None:
        self.patch.stop()

    @rule(rows=st.lists(st.tuples(positions, ranks, lefts), max_size=12))
    def extend(self, rows: list[tuple[int, int, int]]) -> None:
        self.line.extend(rows)
        self.twin.extend(rows)

    @rule(position=positions, left=lefts, rank=ranks)
    def put(self, position: int, left: int, rank: int) -> None:
        self.line.put(position, left, rank)
        self.twin.put(position, left, rank)

    @rule(assignee=people, position=positions)
    def had(self, assignee: str, position: int) -> None:
        self.line.had(assignee, position)
        self.twin.had(assignee, position)

    @rule(assignee=people, position=positions)
    def forgot(self, assignee: str, position: int) -> None:
        self.line.forgot(assignee, position)
        self.twin.forgot(assignee, position)

    @rule(assignee=people, n=st.integers(0, 5), gone=st.booleans())
    def pull(self, assignee: str, n: int, gone: bool) -> None:
        batch = self.line.fresh(assignee, n)
        assert batch == self.line.fresh(assignee, n) == self.twin.fresh(assignee, n)
        for position in batch:
            rank, left = self.twin.items[position]
            for one in (self.line, self.twin):
                one.had(assignee, position)
                one.put(position, 0 if gone else left - 1, rank)

    @invariant()
    def they_agree(self) -> None:
        self.line.check()
        assert len(self.line) == len(self.twin)

    @rule()
    def everybody_is_offered_the_same(self) -> None:
        for assignee in PEOPLE:
            for n in (1, 2, 20):
                assert self.line.fresh(assignee, n) == self.twin.fresh(assignee, n)


TestAgreement = Agreement.TestCase
TestAgreement.settings = settings(stateful_step_count=40, deadline=None)


@pytest.mark.parametrize("copies", [1, 3])
@pytest.mark.parametrize("seed", range(3))
def test_a_long_day_agrees_with_the_twin(copies: int, seed: int) -> None:
    dice = Random(seed)
    line, twin = Line(), PlainLine()
    rows = [(position, dice.randrange(50), copies) for position in range(300)]
    for one in (line, twin):
        one.extend(rows)
    for moment in range(1500):
        assignee = dice.choices(PEOPLE, [6, 2, 2])[0]
        batch = line.fresh(assignee, dice.choice([1, 1, 5]))
        assert batch == twin.fresh(assignee, len(batch))
        for position in batch:
            rank, left = twin.items[position]
            back = dice.random() < 0.4
            for one in (line, twin):
                one.put(position, left if back else left - 1, -moment if back else rank)
                one.had(assignee, position)
                if back and moment % 3:
                    one.forgot(assignee, position)
        if moment % 20 == 0:
            more = [(300 + moment + at, dice.randrange(60), copies) for at in range(dice.choice([3, 60]))]
            line.extend(more)
            twin.extend(more)
            line.check()
            assert all(line.fresh(one, 400) == twin.fresh(one, 400) for one in PEOPLE)
            assert len(line._runs) <= 8


def made(*rows: tuple[int, int, int]) -> Line:
    """Fill a line."""
    line = Line()
    line.extend(rows)
    return line


def test_an_empty_line_offers_nothing() -> None:
    line = made()

    line.check()
    assert (len(line), line.fresh("ann", 1), line.fresh("ann", 5)) == (0, [], [])


def test_ranks_come_first_and_positions_break_ties() -> None:
    line = made((0, 7, 1), (1, 3, 1), (2, 7, 1), (3, -(2**70), 1), (4, 2**70, 1))

    assert line.fresh("ann", 5) == [3, 1, 0, 2, 4]


def test_asking_for_none_gives_none() -> None:
    line = made((0, 0, 1))

    assert line.fresh("ann", 0) == []


def test_nobody_is_offered_what_she_has_had_however_many_copies_are_left() -> None:
    line = made((0, 0, 9), (1, 0, 9))
    line.had("ann", 0)
    line.had("ann", 0)

    assert (line.fresh("ann", 2), line.fresh("bob", 2)) == ([1], [0, 1])


def test_a_name_that_is_part_of_another_is_another_name() -> None:
    line = made((0, 0, 2))
    line.had("annabel", 0)

    assert line.fresh("ann", 1) == [0]


def test_an_item_that_comes_back_at_its_old_rank_is_found_by_those_who_have_passed_it() -> None:
    line = made((0, 0, 1), (1, 0, 1), (2, 0, 1))
    line.put(0, 0, 0)
    assert line.fresh("ann", 1) == [1]

    line.put(0, 1, 0)

    assert line.fresh("ann", 3) == [0, 1, 2]
    line.check()


def test_an_item_at_the_head_comes_first_for_all_but_who_has_had_it() -> None:
    line = made((0, 0, 1), (1, 0, 1), (2, 0, 1))
    line.had("ann", 2)
    line.put(2, 1, -1)

    assert (line.fresh("ann", 3), line.fresh("bob", 1)) == ([0, 1], [2])


def test_what_is_forgotten_is_offered_again_in_its_place() -> None:
    line = made((0, 0, 2), (1, 0, 2), (2, 0, 2))
    for position in (0, 1):
        line.had("ann", position)
    assert line.fresh("ann", 1) == [2]

    line.forgot("ann", 1)

    assert (line.fresh("ann", 3), line.fresh("bob", 3)) == ([1, 2], [0, 1, 2])
    line.check()


def test_what_nobody_has_had_or_heard_of_can_be_forgotten() -> None:
    line = made((0, 0, 1))
    line.forgot("ann", 0)
    line.forgot("ann", 5)

    assert line.fresh("ann", 1) == [0]


def test_what_is_forgotten_while_dead_is_offered_when_it_comes_back() -> None:
    line = made((0, 0, 1))
    line.had("ann", 0)
    line.put(0, 0, 0)
    line.forgot("ann", 0)
    assert line.fresh("ann", 1) == []

    line.put(0, 1, -1)

    assert line.fresh("ann", 1) == [0]


def test_she_may_have_had_an_item_before_the_line_hears_of_it() -> None:
    line = Line()
    line.had("ann", 3)
    line.extend([(3, 0, 1), (4, 0, 1)])

    assert (line.fresh("ann", 2), line.fresh("bob", 2)) == ([4], [3, 4])


def test_of_several_rows_of_one_item_the_last_counts() -> None:
    line = made((0, 0, 1), (1, 5, 1), (0, 9, 1), (2, 0, 1), (2, 0, 0))

    assert (line.fresh("ann", 3), len(line)) == ([1, 0], 2)


def test_items_after_all_others_are_appended_and_items_in_between_are_not() -> None:
    line = made(*((position, 0, 1) for position in range(100)))
    line.put(100, 1, 0)
    line.extend((position, 1, 1) for position in range(101, 200))
    assert (len(line._runs), line._beside) == (1, [])

    line.extend((position, -1, 1) for position in range(200, 240))
    line.put(240, 1, -2)

    assert (len(line._runs), line._beside) == (2, [(-2, 240)])
    assert line.fresh("ann", 241) == [240, *range(200, 240), *range(200)]
    line.check()


def test_a_run_that_is_empty_is_gone() -> None:
    line = made(*((position, 0, 1) for position in range(500)))
    line.extend((position, -1, 1) for position in range(500, 540))
    for position in range(500, 540):
        line.put(position, 0, -1)

    assert (len(line._runs), line.fresh("ann", 1)) == (1, [0])
    line.check()


def test_where_the_first_run_is_empty_the_next_takes_its_place() -> None:
    line = made(*((position, 0, 1) for position in range(500)))
    line.extend((position, -1, 1) for position in range(500, 540))
    for position in range(500):
        line.put(position, 0, 0)
    line.put(540, 1, 3)

    assert (len(line._runs), line.fresh("ann", 41)) == (1, list(range(500, 541)))
    line.check()


def test_however_many_come_back_few_runs_are_looked_at() -> None:
    line = made(*((position, 0, 1) for position in range(5000)))
    for moment in range(1, 5000):
        (position,) = line.fresh("ann", 1)
        line.had("ann", position)
        line.put(position, 0, 0)
        line.put(position, 1, -moment)

    assert len(line._runs) <= 8
    assert len(line._beside) <= MOST_BESIDE
    assert line.fresh("bob", 2) == [4998, 4997]
    line.check()


def test_a_check_tells_what_is_wrong() -> None:
    line = made((0, 0, 1), (1, 0, 1))
    line._runs[0].count = 7
    line._runs[0].cursors["ann"] = 1

    with pytest.raises(AssertionError, match="a run is counted; nothing is left before a cursor"):
        line.check()
