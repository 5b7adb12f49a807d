"""What a view must show: one test for each field of `Ask`, and for each kind of change.

Holds: that part of the contract of stores.
Does not hold: transactions and races (see store_contract), lists (see contract_pages).
Depends on: contract_scene.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs

from distribution.decision import (
    AddItems,
    AddPlacements,
    DropPlacements,
    Purge,
    PutItems,
    PutMembers,
    PutPlacements,
    PutRounds,
    PutTask,
)
from distribution.events import Cell
from distribution.filters import field
from distribution.members import Limit, Member
from distribution.ports import Page, TaskStore
from distribution.ranks import ahead
from distribution.task import EXPIRED_LIMIT, Ask, Head, Held, Row, View
from distribution.testing.contract_scene import (
    CELLS,
    LATER,
    MEMBERS,
    NOON,
    SCENE,
    SOON,
    STRANGE,
    make,
    put,
    scene,
    standing,
)

REMOVED = PutItems([(1, 1, True, 5)])
"""Takes f out of the scene."""
MOMENT = timedelta(microseconds=1)


def shown(store: TaskStore, **asked: Any) -> View:
    """Read what is asked of task "t"."""
    return store.read("t", Ask(**asked))


def plain(view: View) -> View:
    """Give a view with its rows as tuples: any sequence will do."""
    return attrs.evolve(
        view,
        fresh=tuple(view.fresh),
        again=tuple(view.again),
        recent=tuple(view.recent),
        expired=tuple(view.expired),
        rows=tuple(view.rows),
        gold=tuple(view.gold),
        members=dict(view.members),
    )


def names(rows: Any) -> list[str]:
    """Give the items of rows, in their order."""
    return [row.item for row in rows]


class ViewsContract:
    """What is asked for is shown, exactly."""

    def test_a_task_that_is_not_there_is_an_empty_view(self, store: TaskStore) -> None:
        """Absence is an answer, not an error."""
        ask = Ask(
            request="r",
            members=None,
            head=Head(assignee="ann", again=True, recent=9),
            expired=NOON,
            items=("a",),
            positions=(0,),
            held=Held(),
            waiting=True,
            known=("a",),
            whole=True,
            outlook=True,
            entry=1,
        )
        assert plain(store.read("nobody", ask)) == View(ask=ask, task=None, version=0)

    def test_what_is_not_asked_for_is_not_loaded(self, store: TaskStore) -> None:
        """A decision about one item must not pay for a million."""
        scene(store)
        assert plain(shown(store)) == View(ask=Ask(), task=SCENE, version=1)

    def test_members_are_those_asked_for_in_the_order_of_their_numbers(self, store: TaskStore) -> None:
        """Whoever never belonged to the task is left out."""
        scene(store)
        assert list(shown(store, members=None).members.items()) == [(m.id, m) for m in MEMBERS]
        assert list(shown(store, members=("eve", "nobody", "ann")).members) == ["ann", "eve"]
        assert shown(store, members=("bob",)).members == {"bob": MEMBERS[1]}

    def test_the_head_of_the_queue_stands_by_rank_then_position(self, store: TaskStore) -> None:
        """Only items with copies left that she never had, and that were not removed."""
        scene(store)
        put(store, REMOVED)
        heads = {
            who: names(shown(store, members=(who,), head=Head(assignee=who, fresh=9)).fresh)
            for who in ("ann", "bob", "eve")
        }
        assert heads == {"ann": ["b", "a"], "bob": ["b", "a"], "eve": ["e", "b", "a"]}
        assert names(shown(store, head=Head(assignee="eve")).fresh) == ["e", "b"], "a batch, members or not"
        assert names(shown(store, head=Head(assignee="eve", fresh=1)).fresh) == ["e"]
        assert names(shown(store, head=Head(assignee="stranger", fresh=9)).fresh) == ["e", "b", "a"]
        (first,) = shown(store, members=("ann",), head=Head(assignee="ann", fresh=1)).fresh
        assert (first.position, first.rank, first.left, first.removed) == (1, 3, 1, False)

    def test_the_head_passes_over_what_a_filter_keeps_away(self, store: TaskStore) -> None:
        """However much stands ahead; the rows are whole then, for rules look at attributes and holders."""
        scene(store)
        rows = [(at, f"n{at}", None, '{"dir":"/y"}', -at, 1) for at in range(7, 300)]
        put(store, REMOVED, AddItems([*rows, (300, "z", "3", '{"dir":["/x","/z"]}', 9, 2)], []))
        here, nowhere = field("dir").equal("/x"), field("dir").missing()

        def head(who: str, **asked: Any) -> list[Row]:
            return [*shown(store, members=None, head=Head(assignee=who, **asked)).fresh]

        assert names(head("eve", fresh=9, where=here)) == ["b", "z"]
        assert names(head("eve", where=here)) == ["b", "z"], "a batch"
        assert names(head("eve", fresh=1, where=here)) == ["b"]
        assert names(head("eve", fresh=9, where=nowhere)) == ["e", "a"]
        assert names(head("ann", fresh=9, where=nowhere)) == ["a"], "what she had is not fresh"
        assert names(head("stranger", fresh=1, where=nowhere)) == ["e"]
        assert names(head("eve", fresh=9, where=field("dir").equal("/none"))) == []
        assert len(head("eve", fresh=999, where=field("dir").equal("/y"))) == 293
        whole, lost = head("eve", fresh=9, where=here)[1], head("eve", fresh=9, where=nowhere)[0]
        assert whole == Row(
            position=300, item="z", rank=9, left=2, effort="3", attributes={"dir": ["/x", "/z"]}
        )
        assert lost.cells == {"ann": Cell("returned", NOON), "bob": Cell("skipped", NOON)}

    def test_the_last_items_of_somebody_are_those_at_the_end_of_her_order_of_work(
        self, store: TaskStore
    ) -> None:
        """However they stand with her, removed ones too; whole, with everybody who has or had them."""
        scene(store)
        put(store, REMOVED)

        def last(who: str, count: int) -> list[Row]:
            return [*shown(store, members=None, head=Head(assignee=who, recent=count)).recent]

        for who in ("ann", "bob", "eve", "stranger"):
            page = Page(limit=1000)
            hers = [placement.item for placement in store.placements("t", page, assignee=who)][::-1]
            for count in (0, 1, 2, 9):
                assert names(last(who, count)) == hers[:count]
        assert len(last("ann", 9)) > 1
        whole = {row.item: row for row in shown(store, whole=True, held=None).rows}
        assert [whole.get(row.item, row) for row in last("ann", 9)] == last("ann", 9)

    def test_the_head_of_a_task_nobody_pulls_from_is_empty(self, store: TaskStore) -> None:
        """There is no queue where everybody has her items from the beginning."""
        store.transact("t", Ask(), make("t")[1])
        view = shown(store, members=None, head=Head(assignee="ann", again=True))
        assert (list(view.fresh), list(view.again)) == ([], [])

    def test_an_item_of_which_copies_are_left_is_shown_to_all_who_never_had_it(
        self, store: TaskStore
    ) -> None:
        """However many hold or have done it; its copies are counted."""
        scene(store)
        done = Cell("done", NOON, "completed")
        put(store, REMOVED)
        put(store, PutItems([(2, 3, False, 1)]), AddPlacements([(1, 0, 3, done)]))
        fresh = {
            who: names(shown(store, head=Head(assignee=who, fresh=9)).fresh) for who in ("ann", "bob", "eve")
        }
        assert fresh == {"ann": ["a"], "bob": ["b", "a"], "eve": ["e", "b", "a"]}
        (row,) = shown(store, items=("b",)).rows
        assert (row.left, row.copies, row.complete, row.cells) == (2, 3, False, {"ann": done})
        put(store, PutItems([(1, 3, False, 1)]), AddPlacements([(1, 1, 3, done)]))
        assert names(shown(store, head=Head(assignee="bob", fresh=9)).fresh) == ["a"]
        assert names(shown(store, head=Head(assignee="eve", fresh=9)).fresh)[1] == "b"
        put(store, PutItems([(0, 3, False, 1)]), AddPlacements([(1, 2, 3, done)]))
        (row,) = shown(store, items=("b",)).rows
        assert (row.left, row.copies, row.complete, list(row.cells)) == (0, 3, True, ["ann", "bob", "eve"])
        assert "b" not in names(shown(store, waiting=True).rows)

    def test_what_went_back_from_her_is_shown_again_with_everybody_who_had_it(self, store: TaskStore) -> None:
        """Skipped and returned alike, as long as copies are left and it was not removed."""
        scene(store)
        for who in ("ann", "bob"):
            view = shown(store, members=None, head=Head(assignee=who, again=True))
            assert names(view.again) == ["e"]
            assert view.again[0].cells == {"ann": Cell("returned", NOON), "bob": Cell("skipped", NOON)}
        assert list(shown(store, members=None, head=Head(assignee="eve", again=True)).again) == []
        put(store, PutItems([(0, ahead(7), False, 4)]))
        assert list(shown(store, members=None, head=Head(assignee="ann", again=True)).again) == []

    def test_leases_that_have_ended_are_shown_the_first_to_end_first(self, store: TaskStore) -> None:
        """A lease has ended at its end, and not a microsecond before."""
        scene(store)
        assert names(shown(store, expired=SOON - MOMENT).expired) == []
        assert names(shown(store, expired=SOON).expired) == ["g"]
        assert names(shown(store, expired=LATER).expired) == ["g", "c"]
        assert shown(store, expired=SOON).expired[0].cells == {"bob": CELLS[4][3]}

    def test_a_hundred_ended_leases_are_shown_at_most(self, store: TaskStore) -> None:
        """No pull pays for a leaving fleet."""
        n = EXPIRED_LIMIT + 5
        items = [(at, f"i{at}", None, None, at, 0) for at in range(n)]
        cells = [(at, 0, at, Cell("open", NOON, None, LATER - at * MOMENT)) for at in range(n)]
        put(store, PutTask(SCENE), PutMembers((standing("ann", 0, open=n),)), AddItems(items, cells))
        found = shown(store, expired=LATER).expired
        assert names(found) == [f"i{at}" for at in range(n - 1, 4, -1)]

    def test_items_are_shown_by_id_and_by_position_removed_ones_too(self, store: TaskStore) -> None:
        """Each once, by rank and position, with all that is known of it."""
        scene(store)
        put(store, REMOVED)
        view = shown(store, items=("b", "f", "zzz", "c", "b"), positions=(6, 1, 99, 6))
        assert names(view.rows) == ["f", "b", "g", "c"]
        assert view.rows[1] == Row(
            position=1, item="b", rank=3, left=1, effort="1/2", attributes={"dir": "/x", "n": 1}
        )
        assert view.rows[0] == Row(
            position=5, item="f", rank=1, left=1, removed=True, attributes={"dir": "/y"}
        )
        assert view.rows[3].cells == {"ann": CELLS[0][3]}

    def test_held_placements_are_chosen_by_holder_and_state(self, store: TaskStore) -> None:
        """Their items come with everybody else who has or had them."""
        scene(store)
        assert names(shown(store, held=Held()).rows) == ["g", "c"]
        assert names(shown(store, held=Held(assignees=("bob", "nobody"))).rows) == ["g"]
        assert names(shown(store, held=Held(assignees=("bob",), states=("done", "skipped"))).rows) == [
            "e",
            "d",
        ]
        assert names(shown(store, held=Held(assignees=())).rows) == []
        found = shown(store, held=Held(assignees=("ann",), states=("returned",))).rows
        assert found[0].cells == {"ann": Cell("returned", NOON), "bob": Cell("skipped", NOON)}

    def test_held_and_waiting_items_pass_the_filter(self, store: TaskStore) -> None:
        """It looks at attributes, and answers as `matches` does."""
        scene(store)
        where = field("dir").equal("/x")
        assert names(shown(store, held=Held(where=where)).rows) == ["c"]
        assert names(shown(store, held=Held(where=where), waiting=True).rows) == ["b", "c"]
        missing = Held(assignees=("bob",), states=("open", "done"), where=field("dir").missing())
        assert names(shown(store, held=missing).rows) == ["g", "d"]

    def test_waiting_items_are_those_with_copies_left(self, store: TaskStore) -> None:
        """Removed ones wait for nobody."""
        scene(store)
        put(store, REMOVED)
        assert names(shown(store, waiting=True).rows) == ["e", "b", "a"]
        assert names(shown(store, waiting=True, held=Held(assignees=("ann",))).rows) == ["e", "b", "c", "a"]

    def test_known_items_are_those_that_are_or_were_in_the_task(self, store: TaskStore) -> None:
        """So that nothing is added twice."""
        scene(store)
        put(store, REMOVED)
        assert shown(store, known=("a", "f", "zzz")).known == {"a", "f"}

    def test_the_whole_task_is_every_item_that_is_not_removed(self, store: TaskStore) -> None:
        """With effort, attributes and everybody who has or had it."""
        scene(store)
        put(store, REMOVED)
        rows = shown(store, whole=True).rows
        assert names(rows) == ["e", "b", "g", "c", "a", "d"]
        assert {row.item: list(row.cells) for row in rows if row.cells} == {
            "e": ["ann", "bob"],
            "g": ["bob"],
            "c": ["ann"],
            "d": ["bob"],
        }

    def test_the_outlook_is_the_end_of_the_first_lease(self, store: TaskStore) -> None:
        """None where nothing is reserved, or all for ever."""
        scene(store)
        assert shown(store, outlook=True).outlook == SOON
        put(store, DropPlacements([(6, 1)]))
        assert shown(store, outlook=True).outlook == LATER
        put(store, PutPlacements([(2, 0, Cell("open", NOON))]))
        assert shown(store, outlook=True).outlook is None

    def test_an_entry_is_shown_by_its_version_and_by_its_request(self, store: TaskStore) -> None:
        """The one for undo, the other for a call that is made again."""
        scene(store)
        put(store, REMOVED, request="r-1")
        entry = shown(store, entry=2).entry
        assert entry is not None
        assert (entry.version, entry.stamp.request, entry.answer) == (2, "r-1", {"n": 1})
        assert shown(store, request="r-1").answered == entry
        assert shown(store, request="r-2").answered is None
        assert shown(store, entry=3).entry is None

    def test_a_view_shows_one_moment_and_says_what_was_asked(self, store: TaskStore) -> None:
        """Everything at once is the same as each by itself."""
        scene(store)
        ask = Ask(members=None, head=Head(assignee="eve"), expired=LATER, items=("a",), known=("b",), outlook=True)  # fmt: skip
        view = store.read("t", ask)
        assert (view.ask, view.task, view.version) == (ask, SCENE, 1)
        assert (names(view.fresh), names(view.expired), names(view.rows)) == (["e", "f"], ["g", "c"], ["a"])
        assert (view.known, view.outlook) == (frozenset({"b"}), SOON)

    def test_a_task_and_members_are_put_in_the_place_of_what_was_there(self, store: TaskStore) -> None:
        """New members are kept beside the old ones."""
        scene(store)
        task = attrs.evolve(SCENE, name="other", state="closed", due=LATER, metadata={"k": [1]})
        bob = attrs.evolve(MEMBERS[1], member=Member("bob", limit=Limit(percent="100/3")), done=7)
        put(store, PutTask(task), PutMembers((bob, standing("zoe", 3))))
        view = shown(store, members=None)
        assert view.task == task
        assert list(view.members.values()) == [MEMBERS[0], bob, MEMBERS[2], standing("zoe", 3)]

    def test_items_are_put_with_their_place_in_the_queue(self, store: TaskStore) -> None:
        """Copies left, rank and removal count from then on."""
        scene(store)
        put(store, PutItems([(0, 5, False, 0), (1, 2, False, 3), (1, 3, True, 1)]))
        assert names(shown(store, head=Head(assignee="eve", fresh=9)).fresh) == ["e", "f", "d"]
        put(store, PutItems([(1, ahead(5), False, 0), (0, 2, False, 3), (1, 3, False, 1)]))
        assert names(shown(store, head=Head(assignee="eve", fresh=9)).fresh) == ["a", "e", "f", "b"]

    def test_items_remember_which_time_they_are_in_the_task(self, store: TaskStore) -> None:
        """The first, until a pipeline brings them again; nothing else of them changes."""
        scene(store)
        before = shown(store, items=("a", "b")).rows
        put(store, PutRounds([(1, 3), (3, 2)]))
        rows = shown(store, items=("a", "b"), whole=True).rows
        assert {row.position: row.round for row in rows if row.round > 1} == {1: 3, 3: 2}
        assert [attrs.evolve(row, round=1) for row in shown(store, items=("a", "b")).rows] == [*before]

    def test_items_are_added_behind_those_that_are_there(self, store: TaskStore) -> None:
        """With the placements they come with, by the numbers of their holders."""
        scene(store)
        rows, cell = [(7, "h", "3", '{"n":[]}', 2, 1), (8, "i", None, None, 0, 0)], Cell("open", NOON)
        put(store, AddItems(iter(rows), iter([(8, 2, 0, cell)])))
        view = shown(store, items=("h", "i"), head=Head(assignee="eve", fresh=9))
        assert view.rows[0].cells == {"eve": cell}
        assert (view.rows[1].effort, view.rows[1].attributes) == ("3", {"n": []})
        assert names(view.fresh) == ["e", "f", "h", "b", "a"]

    def test_placements_are_added_put_and_dropped(self, store: TaskStore) -> None:
        """Whoever was dropped never had the item; leases follow."""
        scene(store)
        done, until = Cell("done", SOON, "completed"), LATER + MOMENT
        put(
            store,
            DropPlacements([(4, 0)]),
            PutPlacements([(6, 1, done)]),
            AddPlacements([(0, 2, 5, Cell("open", SOON, None, until))]),
        )
        view = shown(
            store, positions=(0, 4, 6), head=Head(assignee="ann", fresh=9, again=True), expired=until
        )
        assert {row.item: dict(row.cells) for row in view.rows} == {
            "e": {"bob": Cell("skipped", NOON)},
            "g": {"bob": done},
            "a": {"eve": Cell("open", SOON, None, until)},
        }
        assert names(view.fresh)[0] in {"e", "f"}
        assert "e" in names(view.fresh)
        assert list(view.again) == []
        assert names(view.expired) == ["c", "a"]
        assert [p.item for p in store.placements("t", Page(), assignee="ann")] == ["c"]

    def test_answers_are_kept_and_shown_wherever_the_placement_is(self, store: TaskStore) -> None:
        """As they were given, whatever they say; added, put, and put again without one."""
        scene(store)
        for answer in ("cat", *STRANGE, "x" * 10_000, None):
            told = Cell("done", SOON, "completed", None, answer)
            put(store, PutPlacements([(6, 1, told)]))
            assert shown(store, positions=(6,)).rows[0].cells == {"bob": told}
        added = Cell("done", SOON, "fine", None, "dog")
        put(
            store,
            AddPlacements([(0, 2, 5, added)]),
            AddItems([(7, "h", None, None, 8, 0)], [(7, 2, 8, added)]),
        )
        assert [row.cells for row in shown(store, items=("a", "h")).rows] == [{"eve": added}, {"eve": added}]
        assert [p.cell for p in store.placements("t", Page(), assignee="eve")] == [added, added]
        assert store.items("t", Page(after=6))[0].cells == {"eve": added}

    def test_a_purged_task_keeps_itself_and_its_history(self, store: TaskStore) -> None:
        """Items, placements and members are gone."""
        scene(store)
        task = attrs.evolve(SCENE, state="purged", items=0)
        put(store, Purge(), PutTask(task), request="r")
        ask = Ask(members=None, positions=tuple(range(7)), whole=True, waiting=True, known=("a",), outlook=True, request="r")  # fmt: skip
        view = store.read("t", ask)
        assert (view.task, view.version, dict(view.members), list(view.rows)) == (task, 2, {}, [])
        assert (view.known, view.outlook) == (frozenset(), None)
        assert view.answered == store.history("t", Page(after=1))[0]
        assert not store.items("t", Page())
        assert not store.placements("t", Page())
