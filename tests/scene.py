"""What the pages are looked at with: an office in the middle of a day, and ids of a bad character."""

from __future__ import annotations

from datetime import timedelta

from distribution import Item, Limit, Overlap, Pull, Rules, Sample, Workload
from distribution.ports import TaskStore
from tests.office import Office

HOSTILE = (
    "<script>document.title='owned';window.owned=1</script>",
    '"><img src=x onerror="window.owned=2">',
    "</title></style></textarea><svg onload=window.owned=3>",
    "javascript:window.owned=4",
    "' onmouseover='window.owned=5' x='",
    "&lt;b&gt; &amp; {{7*7}} ${7*7} %s %00",
    "../../../etc/passwd",
    "..",
    "a/b?c=d#e%2Ff",
    "\u202egnp.elif\u202c",
    "\u200b",
    "   ",
    "W" * 200,
)
"""Ids of somebody who wants them to be more than ids."""


CROPS = ("north-1", "north-2", "south-1", "south-2", "west-1", "west-2")


def day(store: TaskStore) -> Office:
    """Give an office that has worked since nine; it is noon."""
    office = Office(store)
    office.wait(hours=-3)
    _contracts(office)
    _films(office)
    _crops(office)
    _streets(office)
    office.create("Bird calls", [], id="birds", workload=Workload.even(["Max Weber"]), actor="lead")
    return office


def _contracts(office: Office) -> None:
    """Share a task out by load, and review what is finished."""
    loads = {"Ann Svensson": 50, "Bob Okafor": 30, "Eve Lindqvist": 20}
    office.create(
        "Contracts, clause types",
        [Item(f"contract-{n:03}", attributes={"language": ["fr", "de"][n % 2]}) for n in range(90)],
        id="contracts",
        workload=Workload.of(loads),
        due=office.now + timedelta(hours=2),
    )
    for who, part in zip(loads, (45, 20, 18), strict=True):
        hers = [row.item for row in office.placements("contracts", assignee=who, limit=part)]
        office.set_status("contracts", who, hers, "completed")
    office.create_qa(
        "contracts", ["Zoë Martin"], Sample(percent=20, per="assignee"), name="Contracts, review"
    )
    office.close_task("contracts", actor="lead@example.org", reason="the client has what she asked for")


def _films(office: Office) -> None:
    """Let six people pull items of which many go to three of them."""
    people = [f"reader-{n}" for n in range(1, 7)]
    office.create(
        "Chest films, second reading",
        [f"film-{n:04}" for n in range(200)],
        id="films",
        allowed=people,
        pull=Pull(batch_size=10, max_batch_workload=20, lease=timedelta(hours=4)),
        overlap=Overlap(percent=60, assignees=3),
    )
    office.set_limit("films", "reader-6", Limit(count=25))
    for turn in range(6):
        office.wait(minutes=3)
        for who in people:
            batch = office.pull("films", who)
            if batch.items and turn < 5:
                office.set_status("films", who, batch.items, "completed")


def _crops(office: Office) -> None:
    """Leave two groups that share nothing, for rules keep them apart, and one person alone."""
    regions = ("north", "north", "south", "south", "west")
    people = {name: [name.partition("-")[0]] for name in CROPS}
    office.create(
        "Crop damage, drone pictures",
        [Item(f"field-{n:03}.tif", attributes={"region": regions[n % 5]}) for n in range(60)],
        id="crops",
        allowed=list(people),
        rules=Rules(needs="region", skills=people),
        pull=Pull(batch_size=10, max_batch_workload=10),
        overlap=Overlap(percent=100, assignees=2),
        actor="lead@example.org",
    )
    for who in CROPS[:5]:
        items = office.pull("crops", who).items
        office.set_status("crops", who, items[2:], "completed")


def _streets(office: Office) -> None:
    """Let people pull, skip and lose items; one of them is paused."""
    people = ["Ann Svensson", "Bob Okafor", "Eve Lindqvist", "Max Weber", "Zoë Martin"]
    cams = [
        Item(f"streets/cam{n % 4}/frame-{n:05}.jpg", attributes={"size": 1000 + 7 * n}) for n in range(480)
    ]
    office.create(
        "Street scenes, city centre",
        cams,
        id="streets",
        allowed=people,
        pull=Pull(batch_size=12, max_batch_workload=20, lease=timedelta(minutes=45)),
        priority=5,
        due=office.now + timedelta(days=2, hours=5),
        metadata={"client": "City of Uppsala", "round": 2},
        actor="lead@example.org",
    )
    for turn in range(11):
        office.wait(minutes=13)
        for at, who in enumerate(people[: 4 if turn < 5 else 3]):
            items = office.pull("streets", who).items
            if at % 2 and items:
                office.skip("streets", who, items[:1])
            done = items[at % 2 : len(items) - (turn == 10) * 3]
            if done:
                office.set_status("streets", who, done, "discard" if turn == 4 else "completed")
    office.pull("streets", "Ann Svensson")
    office.pull("streets", "Bob Okafor")
    office.wait(minutes=19)
    office.pause("streets", "Max Weber", actor="lead@example.org", reason="on leave until Monday")


def traps(store: TaskStore) -> Office:
    """Give an office in which every name is a trap."""
    office = Office(store)
    for at, text in enumerate(HOSTILE):
        office.create(
            text,
            [Item(name, attributes={"note": text}) for name in HOSTILE],
            id=text,
            allowed=HOSTILE,
            pull=Pull(batch_size=2, max_batch_workload=4, lease=timedelta(minutes=30)),
            overlap=Overlap(percent=100, assignees=2),
            actions=(text, "completed"),
            metadata={text: text},
            actor=text,
            reason=text,
        )
        for who in HOSTILE[at : at + 3]:
            items = office.pull(text, who, actor=text, reason=text).items
            office.set_status(text, who, items[:1], text, answers=dict.fromkeys(items[:1], text), actor=text)
    return office
