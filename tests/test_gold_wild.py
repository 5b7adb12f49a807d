"""Gold in a task whatever happens to it: it comes once, never moves, and nobody sees what it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant

from distribution import Item, Pull, Workload
from distribution.events import PULLS
from distribution.gold import Gold, GoldFading, GoldShare
from distribution.golden import GoldPool
from distribution.lifecycle import HELD
from distribution.overlap import Overlap
from distribution.stopping import Quorum
from distribution.task import Ask
from tests.office import HALF_AN_HOUR
from tests.wild import PEOPLE, Wild

OWN = {"submitted", "submitted-and-pulled", "skipped", "released", "renewed", "cleared"}
"""What somebody does herself."""
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

    version = 0
    held: Mapping[str, int] = {}
    """What everybody held as of that version."""

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
    def nothing_but_what_it_is_called_tells_gold_from_the_rest(self) -> None:
        """Ordinary items have neither attributes nor effort of their own here, and gold shows none either."""
        if not list(self.office.all()):
            return
        for who in self.office.store.read("t1", Ask(members=None)).members:
            pieces = self.call("worklist", "t1", who)
            holds = [row for row in self.office.placements("t1", assignee=who) if row.cell.state in HELD]
            assert [(piece.item, piece.cell) for piece in pieces] == [(row.item, row.cell) for row in holds]
            assert all((piece.effort, piece.attributes) == ("1", {}) for piece in pieces)
            assert len({piece.item for piece in pieces}) == len(pieces)

    @invariant()
    def nobody_is_left_with_gold_alone_by_what_others_do(self) -> None:
        """Who had anything else to do, and did nothing herself, has something else to do or no gold."""
        if not list(self.office.all()):
            return
        view = self.office.store.read("t1", Ask(members=None))
        entry = list(self.office.history("t1"))[-1]
        held = {who: standing.holds for who, standing in view.members.items()}
        # Leases end by themselves, of each item when its own does; an undo leads back to what was.
        if entry.version != self.version and entry.event.what not in {*PULLS, "reclaimed", "undone"}:
            for who, standing in view.members.items():
                own = entry.event.what in OWN and entry.event.assignee == who
                fewer = standing.holds < self.held.get(who, 0)
                assert own or not fewer or standing.open or not standing.gold_open
        self.version, self.held = entry.version, held

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
