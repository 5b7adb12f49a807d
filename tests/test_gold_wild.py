"""Gold in a task whatever happens to it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant

from distribution import Item, Pull, Workload
from distribution.gold import Gold, GoldFading, GoldShare
from distribution.golden import GoldPool
from distribution.overlap import Overlap
from distribution.stopping import Quorum
from tests.office import HALF_AN_HOUR
from tests.wild import PEOPLE, Wild

KINDS: st.SearchStrategy[Gold] = st.sampled_from([GoldShare(50), GoldShare(20), GoldFading(3)])
OVERLAPS = st.sampled_from(
    [
        None,
        None,
        Overlap(percent=50),
        Overlap(percent=100, until=Quorum(agreeing=2, most=3)),
        Overlap(everyone=True),
    ]
)


def pool(count: int, rule: Gold) -> GoldPool:
    """Make gold with ids as all others have."""
    return GoldPool([Item(f"m{at}", attributes={"truth": "completed"}) for at in range(count)], rule)


class GoldWild(Wild):
    """A task with gold."""

    @initialize(
        gold=KINDS, count=st.integers(1, 6), overlap=OVERLAPS, shared=st.booleans(), batch=st.integers(1, 3),
        skip=st.sampled_from(["others", "later", "done"]), seed=st.integers(0, 9),
    )  # fmt: skip
    def begin(  # noqa: PLR0917  Hypothesis names them
        self, gold: Gold, count: int, overlap: Overlap | None, shared: bool, batch: int, skip: Any, seed: int
    ) -> None:
        settings: dict[str, Any] = {"workload": Workload.even(PEOPLE[:3])}
        if not shared:
            pull = Pull(batch_size=batch, max_batch_workload=batch + 1, lease=HALF_AN_HOUR, skip=skip)
            settings = {"allowed": PEOPLE[:3], "pull": pull}
        self.call(
            "create",
            "mixed",
            list("abcdefgh"),
            gold=pool(count, gold),
            overlap=overlap,
            seed=seed,
            **settings,
        )

    @invariant()
    def gold_comes_once_to_everybody_and_from_nobody(self) -> None:
        """Only creation and pulls let somebody have gold; what went back is open again by an undo, or cleared by her."""
        came: Counter[tuple[int, str]] = Counter()
        for entry in self.office.history("t1") if list(self.office.all()) else ():
            task = self.office.get("t1")
            for shift in entry.event.shifts:
                golden = [position for position in shift.positions if task.is_gold(position)]
                opened = golden if shift.after is not None and shift.after.state == "open" else []
                if shift.before is None:
                    came.update((position, shift.assignee) for position in golden)
                    assert not golden or entry.event.what in {"created", "pulled", "submitted-and-pulled"}
                elif opened and shift.before.state != "open":
                    assert entry.event.what in {"undone", "cleared"}
                assert not golden or shift.after is not None
        assert set(came.values()) <= {1}


TestGoldWild = GoldWild.TestCase
