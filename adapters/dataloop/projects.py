"""Projects, their members and apps."""

from __future__ import annotations

from typing import Any

from adapters.dataloop.calls import Body, Call, no_such, page_of, text
from adapters.dataloop.dql import Query
from adapters.dataloop.world import ROLES, World
from distribution.errors import InvalidInput, Refused
from distribution.filters import matches

SCORING = "scoring-and-metrics"
"""Name of the app that a project with a consensus task has."""


def create(world: World, call: Call) -> Body:
    """Create a project, with the dataset that belongs to the system."""
    name = text(call.object(), "name")
    made = world.ids() if call.attempt is None else call.attempt
    known = world.shelf.get("project", [made])
    if made in known:
        return shown(dict(known[made].body))
    if any(project["name"] == name for project in world.visible(call.who)):
        raise Refused(f"project {name!r}", "exists", "choose another name")
    at = world.now()
    project = {
        "id": made,
        "name": name,
        "creator": call.who.email,
        "createdAt": at,
        "updatedAt": at,
        "role": "owner",
        "org": {"id": None, "name": None},
        "account": {},
        "isBlocked": False,
        "featureConstraints": [],
        "members": [member(world, call.who.email, "owner")],
    }
    world.put("project", project)
    from adapters.dataloop.datasets import make

    make(world, call, "Binaries", made, system=True)
    return shown(project)


def shown(project: Body) -> Body:
    """Give a project as it goes over the wire."""
    rest = {key: value for key, value in project.items() if key != "members"}
    return {**rest, "contributors": project["members"]}


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
    return shown(world.project(call.who, call.path["project"]))


def by_name(world: World, call: Call) -> list[Body]:
    """List the projects of a name; there is at most one for each owner."""
    name = call.path["name"]
    found = [shown(project) for project in world.visible(call.who) if project["name"] == name]
    if not found:
        raise no_such("project", name)
    return found


def listed(world: World, call: Call) -> list[Body]:
    """List the projects somebody may see."""
    return [shown(project) for project in world.visible(call.who)]


def update(world: World, call: Call) -> Body:
    """Rename a project."""
    project = world.project(call.who, call.path["project"])
    world.may_run(call.who, project)
    name = text(call.object(), "name", default=project["name"])
    return shown(world.change("project", project["id"], lambda body: {**body, "name": name}))


def delete(world: World, call: Call) -> Body:
    """Delete a project with all its datasets and tasks."""
    from adapters.dataloop import datasets, tasks

    project = world.project(call.who, call.path["project"])
    world.may_run(call.who, project)
    for task in list(world.all("task", key=f"project {project['id']}")):
        tasks.remove(world, task, call)
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
    role = call.query.get("role")
    return [m for m in project["members"] if role is None or m["role"] == role]


def add_member(world: World, call: Call) -> Body:
    """Let somebody take part in a project, or give her another role."""
    project = world.project(call.who, call.path["project"])
    world.may_run(call.who, project)
    body = call.body if isinstance(call.body, dict) else {}
    new = member(world, call.path["email"], text(body, "role", default="engineer"))

    def edit(body: Body) -> Body:
        others = [m for m in body["members"] if m["email"] != new["email"]]
        return {**body, "members": [*others, new]}

    world.change("project", project["id"], edit)
    return new


def remove_member(world: World, call: Call) -> Body:
    """Let somebody leave a project; somebody has to stay."""
    project = world.project(call.who, call.path["project"])
    world.may_run(call.who, project)
    email = call.path["email"].lower()
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
    asked = Query.parse(call.object())
    found = [
        {**app, "url": f"{call.base}/apps/{app['id']}"}
        for project in world.visible(call.who)
        for app in world.all("app", key=f"project {project['id']}")
        if matches(asked.where, app)
    ]
    return page_of(found, asked.page, asked.page_size)


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
