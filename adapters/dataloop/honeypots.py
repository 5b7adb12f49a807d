"""Honeypots: items whose answer is known, mixed into everybody's work.

On the platform they are what lies in the folder /honeypot with annotations, the known
answer. When and where somebody meets one is the core's; it calls them gold.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from adapters.dataloop.calls import Body
from adapters.dataloop.world import AT_ONCE, World
from distribution.filters import AllOf, Compare, Glob
from distribution.gold import GoldShare
from distribution.golden import TRUTH, GoldPool
from distribution.values import Item

FOLDER = "/honeypot"
KNOWN = AllOf(
    (
        Glob("filename", f"{FOLDER}/*"),
        Compare("hidden", "equal", value=False),
        Compare("annotated", "equal", value=True),
    )
)
"""What lies in the folder, with an answer."""


def honeypots(world: World, dataset_id: str, percent: Fraction) -> GoldPool | None:
    """Give the honeypots of a dataset, to be met so often; None where there are none.

    Raises:
        InvalidInput: nobody can meet them so often.
    """
    found = list(world.all("item", key=f"dataset {dataset_id}", where=KNOWN))
    if not found:
        return None
    return GoldPool([_known(world, item) for item in found], GoldShare(percent))


def _known(world: World, item: Body) -> Item:
    """Give an item with the labels of its annotations."""
    annotations = world.shelf.find("annotation", key=f"item {item['id']}", limit=AT_ONCE)
    labels = {str(annotation.body["label"]) for annotation in annotations}
    return Item(item["id"], attributes={"filename": item["filename"], TRUTH: sorted(labels)})


def without(items: Sequence[Item], pool: GoldPool) -> list[Item]:
    """Give the items that are no honeypots."""
    known = {item.id for item in pool.items}
    return [item for item in items if item.id not in known]
