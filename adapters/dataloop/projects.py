"""Projects, their members and apps."""

from __future__ import annotations

from typing import Any

from adapters.dataloop import datasets
from adapters.dataloop.access import Forbidden
from adapters.dataloop.calls import Body, Call, Principal, no_such, text
from adapters.dataloop.sorting import page_asked
from adapters.dataloop.workloads import person
from adapters.dataloop.world import ROLES, World, role_of, sees
from distribution.errors import InvalidInput, Refused
from distribution.filters import matches
from distribution.shelf import FOUND_LIMIT, Desk, Document
from distribution.values import check_id

SCORING = "scoring-and-metrics"
"""Name of the app that a project with a consensus task has."""


def create(world: World, call: Call) -> Body:
    """Create a project, with the dataset that belongs to the system."""
    name = text(call.object(), "name")
    if call.who.projects is not None:
        raise Forbidden(
            call.who.email, "let in", ", ".join(sorted(call.who.projects)), "a token for all projects"
        )
    made, binaries = call.attempt or world.ids(), world.ids()
    at = world.now()
    project: Body = {
        "id": made,
        "name": name,
        "creator": call.who.email,
        "createdAt": at,
        "updatedAt": at,
        "org": {"id": None, "name": None},
        "account": {},
        "isBlocked": False,
        "featureConstraints": [],
        "members": [member(world, call.who.email, "owner")],
    }

    def work(desk: Desk) -> Body:
        known = desk.get("project", [made])
        if made in known:
            return dict(known[made].body)
        _check_new(desk, call.who, name)
        desk.put("project", [Document(made, project, [f"name {name}"])])
        system = {"id": binaries, "name": "Binaries", "projects": [made], "system": True}
        datasets.put(desk, world, call.who.email, system)
        return project

    return shown(world.shelf.transact(work), call.who)


def _check_new(desk: Desk, who: Principal, name: str) -> None:
    """Refuse a name that a project has already which somebody sees: she would find neither by it.

    Raises:
        Refused: there is one.
    """
    alike = desk.find("project", key=f"name {name}", limit=FOUND_LIMIT)
    if any(sees(who, document.body) for document in alike):
        raise Refused(f"project {name!r}", "exists", "choose another name")


def shown(project: Body, who: Principal) -> Body:
    """Give a project as it goes over the wire, with what whoever asks may do in it."""
    rest = {key: value for key, value in project.items() if key != "members"}
    return {**rest, "role": role_of(who, project), "contributors": project["members"]}


def member(world: World, email: str, role: str) -> Body:
    """Make a member.

    Raises:
        InvalidInput: there is no such role.
    """
    if role not in ROLES:
        raise InvalidInput(subject="role", must=f"be one of {', '.join(ROLES)}", got=role)
    name = email.partition("@")[0]
    at = world.now()
    return {
        "id": email.lower(),
        "email": email.lower(),
        "username": email.lower(),
        "firstName": name,
        "lastName": "",
        "role": role,
        "type": "user",
        "org": {"id": None, "name": None},
        "avatar": None,
        "createdAt": at,
        "updatedAt": at,
    }


def get(world: World, call: Call) -> Body:
    """Give a project."""
    return shown(world.project(call.who, call.path["project"]), call.who)


def by_name(world: World, call: Call) -> list[Body]:
    """List the projects of a name; there is at most one for each owner."""
    name = check_id(call.path["name"], "name of a project", 255)
    found = [shown(project, call.who) for project in world.visible(call.who) if project["name"] == name]
    if not found:
        raise no_such("project", name)
    return found


def listed(world: World, call: Call) -> list[Body]:
    """List the projects somebody may see."""
    return [shown(project, call.who) for project in world.visible(call.who)]


def update(world: World, call: Call) -> Body:
    """Rename a project."""
    project = world.project(call.who, call.path["project"])
    name = text(call.object(), "name", default=project["name"])

    def check(desk: Desk, known: Body) -> None:
        if name != known["name"]:
            _check_new(desk, call.who, name)

    def edit(known: Body) -> Body:
        return {**known, "name": name, "updatedAt": world.now()}

    return shown(world.change("project", project["id"], edit, check=check, keys=[f"name {name}"]), call.who)


def delete(world: World, call: Call) -> Body:
    """Delete a project with all its datasets and tasks."""
    project = world.project(call.who, call.path["project"])
    for task in list(world.all("task", key=f"project {project['id']}")):
        world.delete_task(task["id"], call.who.email)
    for dataset in list(world.all("dataset", key=f"project {project['id']}")):
        datasets.remove(world, dataset["id"])
    for kind in ("pipeline", "app", "recipe", "ontology"):
        names = world.shelf.ids(kind, key=f"project {project['id']}")
        world.drop(kind, names)
    world.drop("project", [project["id"]])
    return {"ok": True}


def members(world: World, call: Call) -> list[Any]:
    """List the members of a project."""
    project = world.project(call.who, call.path["project"])
    role = call.said("role")
    return [m for m in project["members"] if role is None or m["role"] == role]


def add_member(world: World, call: Call) -> Body:
    """Let somebody take part in a project, or give her another role."""
    project = world.project(call.who, call.path["project"])
    body = {} if call.body is None else call.object()
    new = member(world, person(call.path["email"]), text(body, "role", default="engineer"))

    def edit(body: Body) -> Body:
        others = [m for m in body["members"] if m["email"] != new["email"]]
        return {**body, "members": [*others, new]}

    world.change("project", project["id"], edit)
    return new


def remove_member(world: World, call: Call) -> Body:
    """Let somebody leave a project; somebody has to stay."""
    project = world.project(call.who, call.path["project"])
    email = person(call.path["email"])
    found = next((m for m in project["members"] if m["email"] == email), None)
    if found is None:
        raise no_such("member", email, f"project {project['name']!r}")
    if not any(m["role"] == "owner" for m in project["members"] if m["email"] != email):
        raise Refused(f"member {email!r}", "is the last owner", "make somebody else an owner first")
    others = [m for m in project["members"] if m["email"] != email]
    world.change("project", project["id"], lambda body: {**body, "members": others})
    return found  # type: ignore[no-any-return]


def install_scoring(world: World, project_id: str, email: str) -> None:
    """Let a project have the app that the platform installs with a consensus task."""
    if world.shelf.ids("app", key=f"project {project_id}"):
        return
    at = world.now()
    app = {
        "id": world.ids(),
        "name": SCORING,
        "projectId": project_id,
        "dpkName": SCORING,
        "dpkVersion": "1.0.0",
        "scope": "project",
        "status": "activated",
        "creator": email,
        "createdAt": at,
        "updatedAt": at,
        "metadata": {"system": {}},
    }
    world.put("app", app, [f"project {project_id}"])


def query_apps(world: World, call: Call) -> Body:
    """List apps by a query."""
    asked = call.asked()
    found = [
        {**app, "url": f"{call.base}/apps/{app['id']}"}
        for project in world.visible(call.who)
        for app in world.all("app", key=f"project {project['id']}")
        if matches(asked.where, app)
    ]
    return page_asked(found, asked)


def get_app(world: World, call: Call) -> Body:
    """Give an app."""
    return world.of_project(call.who, "app", call.path["app"])


def delete_app(world: World, call: Call) -> Body:
    """Uninstall an app."""
    app = world.of_project(call.who, "app", call.path["app"])
    world.drop("app", [app["id"]])
    return {"ok": True}


def user(_world: World, call: Call) -> Body:
    """Give who calls."""
    return {"id": call.who.email, "email": call.who.email, "username": call.who.email, "type": "user"}
