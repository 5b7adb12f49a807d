"""What is done with the real SDK against a server of ours; each runs in a process of its own."""

from __future__ import annotations

import http.client
import io
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from typing import Any

import attrs
import dtlpy as dl
import requests

from adapters.cli import main
from adapters.dataloop import sdk
from adapters.dataloop.client import Dataset, connected
from adapters.dataloop.deployment import Deployment
from adapters.dataloop.following import follow
from adapters.dataloop.pace import Gate, Pace
from adapters.dataloop.placing import Copy
from adapters.dataloop.platform import NewTask, Terms
from adapters.dataloop.taking_in import take_in
from adapters.dispatcher import Dispatcher
from adapters.memory import MemoryStore
from distribution import ByEffort, Overlap, Plan, Rules, Sample, Stratified, Workload, distribute, field

FIVE = [f"{name}@x.io" for name in ("ann", "bob", "eve", "max", "zoe")]
THREE = FIVE[:3]


@contextmanager
def opened(dataset: str = "photos") -> Iterator[Dataset]:
    """Reach a dataset of the project `animals`, as fast as it goes."""
    with connected("animals", dataset, per_second=10_000, quiet=True) as found:
        yield found


def state(dataset: Dataset, name: str) -> dict[str, Any]:
    """Tell what the SDK itself says of the tasks whose name begins so: who has what."""
    there = dl.projects.get(project_name="animals").datasets.get(dataset_id=dataset.id)
    found: dict[str, Any] = {}
    whose = dict[str, tuple[str, str]]()
    for task in there.tasks.list():
        if task.name == name or task.name.startswith(f"{name} ("):
            assert task.name not in found
            found[task.name] = {}
            whose |= {one.id: (task.name, one.annotator) for one in task.assignments.list()}
    for item in there.items.list(filters=dl.Filters(use_defaults=False)).all():
        for ref in item.metadata["system"]["refs"]:
            if ref["id"] in whose:
                task_name, who = whose[ref["id"]]
                found[task_name].setdefault(who, []).append(item.id)
    return found


def _applied(name: str, plan: Callable[[Dataset], Plan], dataset_name: str = "photos") -> dict[str, Any]:
    """Apply a plan, twice, and tell what came of it."""
    with opened(dataset_name) as dataset:
        made = plan(dataset)
        once = dataset.deployment(made, name).apply(at_once=3)
        again = dataset.deployment(made, name).apply()
        return {
            "as planned": bool(once) and bool(again) and bool(made.verify()),
            "again": len(again.steps),
            "state": state(dataset, name),
            "wanted": {who: sorted(map(str, made.items_of(who))) for who in made.assignees},
            "sizes": {item.id: int(item.effort) for item in dataset.items(effort="metadata.system.size")},
        }


def by_effort() -> dict[str, Any]:
    def plan(dataset: Dataset) -> Plan:
        items = dataset.items(effort="metadata.system.size")
        return distribute(items, Workload.of(dict(zip(THREE, (50, 30, 20), strict=True))), basis=ByEffort())

    return _applied("by effort", plan)


def stratified() -> dict[str, Any]:
    return _applied(
        "stratified",
        lambda dataset: distribute(dataset.items(), Workload.even(THREE), basis=Stratified("dir")),
    )


def eligible() -> dict[str, Any]:
    with opened() as dataset:
        photos = dl.datasets.get(dataset_id=dataset.id)
        for folder, language in (("/cats", "fr"), ("/dogs", "de")):
            photos.items.update(filters=dl.Filters("dir", folder), update_values={"language": language})
        german = [item.id for item in dataset.items(field("metadata.user.language").equal("de"))]
    rules = Rules(
        needs="metadata.user.language", skills={THREE[0]: ["fr"], THREE[1]: ["fr", "de"], THREE[2]: ["de"]}
    )
    even = Workload.even(THREE)
    told = _applied("eligible", lambda dataset: distribute(dataset.items(), even, rules=rules))
    return told | {"german": german}


def overlapping() -> dict[str, Any]:
    overlap = Overlap(percent=60, assignees=3)
    plans = list[Plan]()

    def plan(dataset: Dataset) -> Plan:
        plans.append(distribute(dataset.items(), Workload.even(FIVE), overlap=overlap, seed=7))
        return plans[-1]

    told = _applied("overlap", plan)
    assert plans[0].overlap is not None
    return told | {"pairs": [[*pair, count] for pair, count in plans[0].overlap.pairs.items()]}


def many() -> dict[str, Any]:
    """More items than one page or one request has."""
    with opened("many") as dataset:
        told = list[tuple[str, int, int | None]]()
        items = list(dataset.items(progress=lambda *now: told.append(now)))
        plan = distribute(items, Workload.even(THREE[:1]))
        applied = dataset.deployment(plan, "many").apply()
        return {
            "items": len(items),
            "in order": [item.id for item in items] == sorted({item.id for item in items}),
            "told": told,
            "steps": [len(step.items) for step in applied.steps],
            "as planned": bool(applied),
        }


def filtered() -> dict[str, Any]:
    with opened() as dataset:
        cats = field("dir").equal("/cats")
        of_theirs = dl.Filters(field="dir", values="/cats")
        photos = dl.datasets.get(dataset_id=dataset.id)
        first = next(iter(dataset.items(cats)))
        photos.items.get(item_id=first.id).annotations.upload(
            [dl.Annotation.new(annotation_definition=dl.Classification(label="cat"))]
        )
        of_theirs.add_join("label", "cat")
        return {
            "ours": [item.attributes["filename"] for item in dataset.items(cats)],
            "theirs": [item.attributes["filename"] for item in dataset.items(of_theirs)],
            "efforts": [int(item.effort) for item in dataset.items(effort="annotationsCount")],
            "attributes": sorted(first.attributes),
        }


def refused(where: str = "", effort: str = "") -> None:
    """Ask for what the platform, or we, refuse."""
    with opened() as dataset:
        if where == "bad query":
            list(dataset.platform.pages({"dir": {"$near": 1}}))
        list(dataset.items(None if not where else field(where).equal("*"), effort=effort or None))


def terms() -> dict[str, Any]:
    with opened() as dataset:
        (item, *_) = dataset.items()
        deployment = Deployment(
            platform=dataset.platform, key="terms", name="terms", copies=(Copy(item.id, "Ann@X.io", item.id),)
        )
        assert deployment.apply(
            Terms(due=datetime(2029, 1, 1, tzinfo=UTC), priority=3, actions=["completed", "unclear"])
        )
        task = dl.projects.get(project_name="animals").tasks.get(task_name="terms")
        return {
            "due": task.due_date,
            "priority": task.priority,
            "actions": [action.action for action in task.available_actions],
            "mark": task.metadata["distribution"],
            "type": task.spec["type"],
        }


def created_twice() -> list[Any]:
    """Two who create a task of one name get the same; it can be taken away again."""
    with opened("few") as dataset:
        platform = dataset.platform
        items = [item.id for item in dataset.items()]
        new = NewTask(
            name="twice", key="k", number=1, parent=None, assignee="ann@x.io", items=items[:1], terms=Terms()
        )
        first, second = platform.create(new), platform.create(attrs.evolve(new, items=items[1:]))
        told = [first.id == second.id, second.key, first.total, second.total]
        platform.delete(first.id)
        return [*told, [task.name for task in platform.tasks() if task.name == "twice"]]


def created_like_another() -> list[Any]:
    """A task whose name, read as a pattern, is that of another too."""
    with opened("few") as dataset:
        platform = dataset.platform
        items = [item.id for item in dataset.items()]
        new = NewTask(
            name="cats: all", key="k", number=1, parent=None, assignee="ann@x.io", items=items, terms=Terms()
        )
        first = platform.create(new)
        second = platform.create(attrs.evolve(new, name="cats*", key="other"))
        told = [first.id == second.id, second.name, second.key, second.total == len(items)]
        for task in {first.id, second.id}:
            platform.delete(task)
        return told


def meddled() -> dict[str, Any]:
    """Somebody changes the platform after a plan was applied."""
    with opened() as dataset:
        items = list(dataset.items())
        plan = distribute(items, Workload.even(THREE[:2]))
        deployment = dataset.deployment(plan, "meddled")
        assert deployment.apply()
        task = dl.projects.get(project_name="animals").tasks.get(task_name="meddled")
        mine = {assignment.annotator: assignment for assignment in task.assignments.list()}
        gone = str(plan.items_of(THREE[0])[0])
        task.remove_items(items=[dl.items.get(item_id=gone)])
        mine[THREE[1]].reassign("new@x.io")
        told = deployment.verify()
        again = deployment.apply()
        return {
            "told": told.counts(),
            "first": [str(difference) for difference in told if difference.kind == "missing"],
            "gone": gone,
            "given again": [[step.assignee, list(step.items)] for step in again.steps],
            "left": again.comparison.counts(),
            "new has": len(state(dataset, "meddled")["meddled"]["new@x.io"]),
        }


def reviewed() -> dict[str, Any]:
    """Label with overlap, follow, review a sample, and follow the review."""
    with opened() as dataset, Dispatcher(MemoryStore()) as tasks:
        items = list(dataset.items())
        overlap = Overlap(count=4, assignees=2)
        label = tasks.create("label", items, workload=Workload.even(THREE), overlap=overlap, id="label-1")
        assert dataset.deployment_of(tasks, label.id).apply()
        there = [
            t for t in dl.projects.get(project_name="animals").tasks.list() if t.name.startswith("label")
        ]
        for task in there:
            for page in task.get_items():
                task.set_status("completed", "create", [item.id for item in page])
        now = follow(dataset.deployment_of(tasks, label.id))
        first, second = take_in(now, tasks, label.id), take_in(now, tasks, label.id)
        check = tasks.create_qa(label.id, THREE, Sample(percent=100), name="check")
        review = dataset.deployment_of(tasks, check.id)
        applied = review.apply()
        qa = dl.tasks.get(task_id=applied.tasks[0].id)
        rejected = next(item.id for page in qa.get_items() for item in page)
        qa.set_status("discard", "create", [rejected])
        taken = take_in(follow(review), tasks, check.id)
        return {
            "done": [now.done, len(first.changed), len(second.changed)],
            "agreement": tasks.agreement(label.id).percent,
            "as planned": bool(applied),
            "types": [[qa.name, qa.spec]],
            "parents": sorted({task.parent or "" for task in applied.tasks}),
            "labels": sorted(task.id for task in there),
            "own": [row.item for row in tasks.items(check.id) if _author(row.attributes) in row.cells],
            "taken": [bool(taken), len(taken.changed)],
            "open again": tasks.progress(label.id).open,
            "stale": len(take_in(follow(dataset.deployment_of(tasks, label.id)), tasks, label.id).stale),
        }


def _author(attributes: Any) -> str:
    return str(attributes["qa"]["author"])


def apply_until(name: str, at: int, how: str) -> dict[str, Any]:
    """Apply a plan, and die at a request: before it goes, once it is on its way, or with its answer.

    With no such request tell which there were that change something, and how many in all.
    """
    sent = list[str]()

    def die_at(boundary: str) -> None:
        if how == boundary and len(sent) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    send, answer = requests.Session.send, http.client.HTTPConnection.getresponse

    def sending(self: Any, request: Any, **kwargs: Any) -> Any:
        sent.append(f"{request.method} {request.path_url}")
        die_at("before")
        done = send(self, request, **kwargs)
        die_at("answered")
        return done

    def answering(self: Any) -> Any:
        # The request is with the server, which goes on while nobody waits any more.
        die_at("sent")
        return answer(self)

    requests.Session.send, http.client.HTTPConnection.getresponse = sending, answering  # type: ignore[method-assign]
    with opened("few") as dataset:
        applied = deployed(dataset, name).apply(at_once=2)
    writes = [n for n, line in enumerate(sent, 1) if line.endswith(("addToTask", "/annotationtasks"))]
    return {"requests": len(sent), "writes": writes, "steps": len(applied.steps)}


def deployed(dataset: Dataset, name: str) -> Deployment:
    """Give a plan in which two of four items go to two people each."""
    plan = distribute(dataset.items(), Workload.even(THREE[:2]), overlap=Overlap(count=2), seed=1)
    return dataset.deployment(plan, name, key=f"key of {name}")


def gone_on_with(name: str) -> dict[str, Any]:
    """Apply the same plan again, tell what is there, and take it away."""
    with opened("few") as dataset:
        applied = deployed(dataset, name).apply(at_once=2)
        told = {"as planned": bool(applied), "state": state(dataset, name)}
        for task in applied.tasks:
            dataset.platform.delete(task.id)
        return told


def paced() -> dict[str, Any]:
    """Count what is sent, by a clock that only sleeping moves."""
    now, slept = [0.0], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    gate = Gate(Pace(2, burst=1, clock=lambda: now[0], sleep=sleep))
    send, sent = requests.Session.send, list[str]()

    def sending(self: Any, request: Any, **kwargs: Any) -> Any:
        sent.append(request.url)
        if len(sent) == 3:
            busy = requests.Response()
            busy.status_code, busy.headers["Retry-After"], busy.request = 429, "30", request
            return busy
        return send(self, request, **kwargs)

    requests.Session.send = sending  # type: ignore[method-assign]
    with sdk.connected("animals", "photos", gate=gate, quiet=True) as platform:
        items = sum(len(page.items) for page in platform.pages({}))
    return {
        "requests": len(sent),
        "gate": gate.sent,
        "seconds": now[0],
        "longest": max(slept),
        "items": items,
    }


def expired(path: str) -> None:
    with connected("animals", "photos", client=dl.ApiClient(cookie_filepath=path), quiet=True):
        pass


def unreachable() -> None:
    def sending(*_: Any, **__: Any) -> Any:
        raise requests.ConnectionError("connection refused")

    with opened() as dataset:
        requests.Session.send = sending  # type: ignore[method-assign]
        list(dataset.items())


def absent(project: str, dataset: str) -> None:
    with connected(project, dataset, per_second=10_000, quiet=True):
        pass


def broken_cookie() -> None:
    def client() -> None:
        print("FATAL ERROR: COOKIE is corrupted")  # noqa: T201  as the SDK does, and then it ends the program
        raise SystemExit

    dl.ApiClient = client
    absent("animals", "photos")


def own_client() -> list[bool]:
    """A client that is lent is given back as it was."""
    client = dl.ApiClient()
    before = "gen_request" in vars(client)
    with connected("animals", "photos", client=client, per_second=10_000):
        during = "gen_request" in vars(client)
    return [before, during, "gen_request" in vars(client)]


def shell(arguments: list[str], folder: str) -> list[Any]:
    """Type a command; give exit code, standard output and standard error."""
    os.chdir(folder)
    said, noted, code = io.StringIO(), io.StringIO(), None
    with redirect_stdout(said), redirect_stderr(noted):
        try:
            main(arguments)
        except SystemExit as stop:
            code = stop.code or 0
    return [code, said.getvalue(), noted.getvalue()]


def said(name: str, status: str, count: int) -> list[str]:
    """Let people on the platform say something of the first items of a task."""
    task = dl.projects.get(project_name="animals").tasks.get(task_name=name)
    items = [item.id for page in task.get_items() for item in page][:count]
    task.set_status(status, "create", items)
    return items


def moved(name: str) -> None:
    """Let somebody give one person's package of a task to another."""
    task = dl.projects.get(project_name="animals").tasks.get(task_name=name)
    task.assignments.list()[0].reassign("new@x.io")


def held(name: str) -> dict[str, Any]:
    with opened() as dataset:
        return state(dataset, name)
