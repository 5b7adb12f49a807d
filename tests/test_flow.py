"""As many items move as can, whoever cannot take which."""

from __future__ import annotations

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from distribution.flow import fewest_moves

OVER, UNDER = ("ann", "bob"), ("eve", "max", "zoe")


def most(sources, banned, surplus, deficit) -> int:
    """Try every way."""

    @cache
    def best(at: int, given: tuple[int, ...], wanted: tuple[int, ...]) -> int:
        if at == len(sources):
            return 0
        found, source = best(at + 1, given, wanted), sources[at]
        if source is not None and not given[OVER.index(source)]:
            return found
        less = tuple(n - (who == source) for who, n in zip(OVER, given, strict=True))
        for who, n in zip(UNDER, wanted, strict=True):
            if n and who not in banned[at]:
                rest = tuple(m - (other == who) for other, m in zip(UNDER, wanted, strict=True))
                found = max(found, 1 + best(at + 1, less, rest))
        return found

    return best(0, tuple(surplus[who] for who in OVER), tuple(deficit.get(who, 0) for who in UNDER))


@given(data=st.data())
def test_no_other_way_comes_nearer_to_the_targets(data: st.DataObject) -> None:
    rows = data.draw(
        st.lists(st.tuples(st.sampled_from([None, *OVER]), st.frozensets(st.sampled_from(UNDER))), max_size=6)
    )
    sources, banned = [row[0] for row in rows], [row[1] for row in rows]
    surplus = {who: data.draw(st.integers(0, sources.count(who))) for who in OVER}
    deficit = data.draw(st.dictionaries(st.sampled_from(UNDER), st.integers(1, 3)))

    moves = fewest_moves(sources, banned, surplus, deficit)

    assert len({at for at, _ in moves}) == len(moves) == most(sources, banned, surplus, deficit)
    assert all(who not in banned[at] for at, who in moves)
    assert all(sum(sources[at] == who for at, _ in moves) <= surplus[who] for who in OVER)
    assert all(sum(target == who for _, target in moves) <= count for who, count in deficit.items())


def test_what_waits_may_all_go_though_some_of_it_not_to_everybody() -> None:
    banned = [frozenset({"max"}), frozenset(), frozenset()]

    assert len(fewest_moves([None] * 3, banned, {}, {"eve": 2, "max": 1})) == 3
