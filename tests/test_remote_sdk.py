"""Plans on a Dataloop project: the real SDK against a server of ours over loopback."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Any

from tests.remote_driver import CATS, DOGS, MANY, Driver, cookie


def rows(told: dict[str, Any]) -> Counter[tuple[str, str]]:
    """Give (person, item) of all tasks of a plan."""
    return Counter(
        (who, item) for held in told["state"].values() for who, items in held.items() for item in items
    )


def as_planned(told: dict[str, Any]) -> None:
    assert told["as planned"]
    assert told["again"] == 0
    assert rows(told) == Counter((who, item) for who, items in told["wanted"].items() for item in items)


def test_an_effort_balanced_plan_is_on_the_platform_item_by_item(driver: Driver) -> None:
    told = driver.run("by_effort")

    as_planned(told)
    sizes, sums = told["sizes"], Counter[str]()
    for who, item in rows(told):
        sums[who] += sizes[item]
    bound = max(sizes.values()) * 2 / 3
    assert all(
        abs(sums[who] - sum(sizes.values()) * share) <= bound
        for who, share in zip(told["wanted"], (0.5, 0.3, 0.2), strict=True)
    )


def test_a_stratified_plan_is_on_the_platform_item_by_item(driver: Driver) -> None:
    told = driver.run("stratified")

    as_planned(told)
    assert sorted(map(len, told["wanted"].values())) == [4, 4, 4]


def test_nobody_has_on_the_platform_what_she_may_not_take(driver: Driver) -> None:
    told = driver.run("eligible")

    as_planned(told)
    assert len(told["german"]) == DOGS
    assert not set(told["german"]) & set(told["wanted"]["ann@x.io"])


def test_every_two_people_share_as_many_items_as_the_plan_says(driver: Driver) -> None:
    told = driver.run("overlapping")

    as_planned(told)
    people: dict[str, list[str]] = {}
    for who, item in rows(told):
        people.setdefault(item, []).append(who)
    met = Counter(pair for team in people.values() for pair in combinations(sorted(team), 2))
    assert met == Counter({(one, other): count for one, other, count in told["pairs"] if count})
    assert sorted(told["state"]) == ["overlap", "overlap (copy 2)", "overlap (copy 3)"]


def test_more_items_than_a_page_come_in_order_and_go_in_several_requests(driver: Driver) -> None:
    assert driver.run("many") == {
        "items": MANY,
        "in order": True,
        "told": [["reading", 1000, MANY], ["reading", MANY, MANY]],
        "steps": [1000, 100],
        "as planned": True,
    }


def test_items_are_chosen_by_a_filter_of_ours_or_of_the_sdk(driver: Driver) -> None:
    told = driver.run("filtered")

    assert told["ours"] == [f"/cats/{n:04}.png" for n in range(CATS)]
    assert told["theirs"] == ["/cats/0000.png"]
    assert sorted(told["efforts"]) == [0] * (CATS + DOGS - 1) + [1]
    assert {"dir", "filename", "metadata", "annotationsCount"} <= set(told["attributes"])


def test_a_task_there_is_told_until_when_how_urgent_and_what_may_be_said(driver: Driver) -> None:
    assert driver.run("terms") == {
        "due": 1861920000000.0,
        "priority": 3,
        "actions": ["completed", "unclear"],
        "mark": {"key": "terms", "number": 1},
        "type": "annotation",
    }


def test_of_two_creates_of_one_name_the_first_counts(driver: Driver) -> None:
    assert driver.run("created_twice") == [True, "k", 1, 1, []]


def test_the_name_of_a_new_task_is_no_pattern(driver: Driver) -> None:
    assert driver.run("created_like_another") == [False, "cats*", "other", True]


def test_what_somebody_changed_there_is_told_and_left_alone(driver: Driver) -> None:
    told = driver.run("meddled")

    assert told["told"] == {"missing": 1, "elsewhere": 6}
    assert told["first"] == [f"item {told['gone']!r} should be with 'ann@x.io' and is in no task"]
    assert told["given again"] == [["ann@x.io", [told["gone"]]]]
    assert (told["left"], told["new has"]) == ({"elsewhere": 6}, 6)


def test_agreement_samples_and_rejections_work_on_what_is_said_there(driver: Driver) -> None:
    told = driver.run("reviewed")

    assert told["done"] == [16, 16, 0]
    assert told["agreement"] == 1.0
    assert told["as planned"]
    assert told["types"] == [["check", {"type": "qa", "parentTaskId": told["types"][0][1]["parentTaskId"]}]]
    assert told["parents"] == told["labels"]
    assert told["own"] == []
    assert told["taken"] == [True, 1]
    assert (told["open again"], told["stale"]) == (1, 1)


def test_killed_at_any_request_and_run_again_the_result_is_the_same(driver: Driver) -> None:
    whole = driver.run("apply_until", name="whole", at=0, how="never")
    wanted = driver.run("gone_on_with", name="whole")
    assert wanted["as planned"]
    assert len(wanted["state"]) == 2
    assert len(whole["writes"]) == whole["steps"] == 4
    # In the middle of everything that changes something, and once at every boundary of the others.
    points = [(at, "sent") for at in whole["writes"]]
    points += [(at, ("before", "answered")[at % 2]) for at in range(1, whole["requests"] + 1)]
    assert len(points) >= 20

    for at, how in points:
        name = f"killed {how} {at}"
        assert driver.end("apply_until", name=name, at=at, how=how).signal == 9
        found = driver.run("gone_on_with", name=name)
        assert found["as planned"], name
        assert {k.replace(name, "whole"): v for k, v in found["state"].items()} == wanted["state"], name


def test_requests_go_at_the_rate_and_wait_where_the_platform_asks_for_it(driver: Driver) -> None:
    told = driver.run("paced")

    # Two a second from the first on, and once thirty seconds; each of them took its turn at the gate.
    assert told["requests"] == told["gate"] == 4
    assert (told["longest"], told["items"]) == (30.0, CATS + DOGS)
    assert told["seconds"] == 31.0


def test_a_client_that_is_lent_is_given_back_as_it_was(driver: Driver) -> None:
    assert driver.run("own_client") == [False, True, False]


def test_what_goes_wrong_is_one_sentence_with_the_way_out(driver: Driver) -> None:
    past = driver.home / "past.json"
    past.write_text(cookie("http://127.0.0.1:9", expires=-10))
    for scenario, given, sentence in (
        ("expired", {"path": str(past)}, "NotLoggedIn: Dataloop at 'http://127.0.0.1:9/api/v1' accepts no token"),
        ("broken_cookie", {}, "InvalidInput: cookie of dtlpy must be readable, got 'something else'; delete ~/.dataloop"),
        ("unreachable", {}, "PlatformFailed: Dataloop failed while listing items: no answer, connection refused"),
        ("absent", {"project": "zoo", "dataset": "x"}, "NotFound: no project 'zoo' in Dataloop at "),
        ("absent", {"project": "animals", "dataset": "x"}, "NotFound: no dataset 'x' in project 'animals'; "),
        ("refused", {"where": "bad query"}, "PlatformFailed: Dataloop failed while listing items: 400, operator of"),
        ("refused", {"where": "dir"}, "InvalidInput: text to find in 'dir' must be free of * and ?"),
        ("refused", {"effort": "metadata.user.none"}, "InvalidInput: effort of '/cats/0000.png' must be a number at"),
    ):  # fmt: skip
        assert driver.end(scenario, **given).error.startswith(sentence), scenario
