"""What pages are made of: whatever text goes in stays text, whatever id goes in comes out of its address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.pages.drawing import Part, bar, heat_map, percent, widths
from adapters.pages.markup import Html, el, flat, joined
from adapters.pages.pieces import name, span_text, when
from adapters.pages.visit import part_of, read_part
from tests.reader import Sight

TEXT = st.text(
    alphabet=st.one_of(st.sampled_from("<>&\"'/=-![]#;%. \u202e\u200b"), st.characters(codec="utf-8"))
)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@given(TEXT, TEXT)
def test_text_is_never_markup(inside: str, beside: str) -> None:
    sight = Sight.of(el("p", inside, el("b", inside), title=beside, data_x=inside).text)

    assert "".join(sight.words) == inside + inside
    assert sight.tags == [("p", {"title": beside, "data-x": inside}), ("b", {})]


@given(TEXT)
def test_a_name_is_never_invisible_and_stays_what_it_is(text: str) -> None:
    shown = "".join(Sight.of(name(text or "x").text).words)

    assert shown.strip()
    assert shown == text or any(not letter.isprintable() or letter.isspace() for letter in text or " ")


@given(st.text(min_size=1, alphabet=st.one_of(st.sampled_from("./%\\?#: "), st.characters(codec="utf-8"))))
def test_an_address_names_one_id_and_never_leads_up(text: str) -> None:
    part = part_of(text)
    split = urlsplit(f"http://host/tasks/{part}/items")

    assert read_part(unquote(part)) == text
    assert split.path == f"/tasks/{part}/items"
    assert part.lower().replace("%2e", ".") not in {".", ".."}
    assert "/" not in unquote(part)


def test_nothing_is_written_for_nothing() -> None:
    assert flat([None, [], ""]) == ""
    assert el("p", None, class_=None, hidden=False).text == "<p></p>"
    assert joined([], ", ") == []
    assert isinstance(el("br"), Html)


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=4))
def test_a_bar_is_as_wide_as_its_parts_and_shows_each_that_is_there(counts: list[int]) -> None:
    parts = [Part("done", count) for count in counts]
    found = widths(parts, sum(counts))

    assert sum(found) == pytest.approx(100 if sum(counts) else 0)
    assert [width > 0.5 for width in found] == [count > 0 for count in counts]


def test_a_bar_says_in_words_what_it_shows() -> None:
    text = bar([Part("done", 1200), Part("open", 3)], "What <ann> holds", whole=2000).text

    assert 'aria-label="What &lt;ann&gt; holds: 1,200 done, 3 open"' in text
    assert '<rect x="0%" width="60%" height="100%" class="done"></rect>' in text


def test_a_map_has_a_cell_for_every_two_and_the_full_names_in_titles() -> None:
    long = "a very long name indeed"
    text = heat_map([long, "bob", "<eve>"], {(long, "bob"): 3}).text

    assert f"<title>{long} and bob: 3</title>" in text
    assert text.count("<title>bob and &lt;eve&gt;: 0</title>") == 2
    assert ">1  a very long na…</text>" in text
    assert text.count('class="self"') == 3


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(), "now"),
        (timedelta(seconds=90), "in 1m30s"),
        (-timedelta(minutes=5), "5m ago"),
        (timedelta(hours=25, minutes=59, seconds=1), "in 1d1h"),
        (-timedelta(hours=2, seconds=59), "2h ago"),
    ],
)
def test_instants_are_said_as_people_say_them(span: timedelta, text: str) -> None:
    assert "".join(Sight.of(when(NOON + span, NOON).text).words) == text
    assert span_text(abs(span)) in {text, "0s", text.removeprefix("in "), text.removesuffix(" ago")}


def test_only_all_is_everything_and_only_nothing_is_nothing() -> None:
    assert [percent(part, 1000) for part in (0, 1, 10, 999, 1000)] == ["0 %", "<1 %", "1 %", "99 %", "100 %"]
