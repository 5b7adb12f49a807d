"""How fast the platform is called, by a clock of the test's own, and when it is called again."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.dataloop.pace import Gate, Pace
from distribution.errors import InvalidInput


class Time:
    """A clock that goes on only when somebody sleeps, or is told to."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept = list[float]()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@attrs.frozen
class Answer:
    status_code: int
    headers: Mapping[str, str] = attrs.field(factory=dict)


def pace(time: Time, per_second: float = 4, burst: int = 2) -> Pace:
    return Pace(per_second, burst=burst, clock=time, sleep=time.sleep)


@given(
    idle=st.lists(st.sampled_from([0.0, 0.125, 0.25, 1.0, 10.0]), min_size=1, max_size=40),
    burst=st.integers(1, 5),
)
def test_no_second_has_more_calls_than_the_rate_and_the_burst(idle: list[float], burst: int) -> None:
    time = Time()
    slow, calls = pace(time, 4, burst), list[float]()
    for seconds in idle:
        time.now += seconds
        slow.wait()
        calls.append(time.now)

    for at in calls:
        assert sum(at <= other < at + 1 for other in calls) <= 4 + burst - 1


def test_whoever_calls_without_pause_goes_at_the_rate() -> None:
    time = Time()
    slow = pace(time)
    for _ in range(42):
        slow.wait()

    assert time.now == 10.0


def test_whoever_calls_seldom_never_waits() -> None:
    time = Time()
    slow = pace(time)
    for _ in range(5):
        slow.wait()
        time.now += 0.25

    assert time.slept == []


@pytest.mark.parametrize("rate", [0, -1, float("nan"), "often"])
def test_a_rate_that_lets_nothing_through_is_refused(rate: float) -> None:
    with pytest.raises(InvalidInput, match="requests a second must"):
        Pace(rate)


@pytest.mark.parametrize("status", [429, 503])
def test_too_many_and_not_now_are_sent_again_after_longer_and_longer_waits(status: int) -> None:
    time, left = Time(), [Answer(status), Answer(status), Answer(status), Answer(200)]
    gate = Gate(pace(time, 1000))

    assert gate(lambda: (True, left.pop(0))) == (True, Answer(200))
    assert time.slept == [1.0, 2.0, 4.0]
    assert gate.sent == 4


def test_the_wait_an_answer_asks_for_counts_as_far_as_it_is_bearable() -> None:
    time = Time()
    asked = [Answer(429, {"Retry-After": text}) for text in ("7", "3600", "Wed, 21 Oct 2026 07:28:00 GMT")]

    Gate(pace(time, 1000))(lambda: (False, asked.pop(0) if asked else Answer(200)))

    assert time.slept == [7.0, 60.0, 4.0]


def test_after_the_last_try_the_answer_is_given_as_it_is() -> None:
    time = Time()
    gate = Gate(pace(time, 1000), tries=3)

    assert gate(lambda: (False, Answer(429))) == (False, Answer(429))
    assert (gate.sent, time.slept) == (3, [1.0, 2.0])


@pytest.mark.parametrize("status", [200, 400, 401, 404, 409, 500, 502])
def test_nothing_else_is_sent_again(status: int) -> None:
    gate = Gate(pace(Time()))

    assert gate(lambda: (False, Answer(status)))[1].status_code == status
    assert gate.sent == 1
