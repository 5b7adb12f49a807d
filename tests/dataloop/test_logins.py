"""How the SDK logs in, is pointed at the server, and tells what went wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.dataloop.sdk import ANN, BOB, Studio, cookie, fails, scenario
from tests.dataloop.service import OWNER, Service


@contextmanager
def speaking_as(studio: Studio, token: str) -> Iterator[None]:
    """Let the SDK use another token for a while."""
    api = studio.dl.client_api
    before = api.token
    api.token = token
    try:
        yield
    finally:
        api.token = before


@scenario
def test_each_error_is_the_sdks_own(studio: Studio) -> None:
    dl = studio.dl
    errors = dl.exceptions
    studio.upload(1)
    studio.project.add_member(ANN, role="annotator")

    fails(errors.BadRequest, lambda: studio.task(consensus_task_type="nonsense"))
    fails(errors.NotFound, lambda: dl.tasks.get(task_id="6" * 24))
    fails(errors.Conflict, lambda: dl.projects.create(studio.project.name))
    with speaking_as(studio, studio.signed(ANN)):
        error = fails(errors.Forbidden, studio.task)
        assert (error.status_code, "is annotator of project" in error.message) == ("403", True)
        assert dl.datasets.get(dataset_id=studio.dataset.id).items_count == 1
    with speaking_as(studio, studio.signed(BOB)):
        fails(errors.NotFound, lambda: dl.datasets.get(dataset_id=studio.dataset.id))
    with speaking_as(studio, studio.signed(OWNER)[:-3] + "abc"):
        error = fails(errors.Unauthorized, lambda: dl.datasets.get(dataset_id=studio.dataset.id))
        assert "Signature verification failed" in error.message


@scenario
def test_a_token_that_is_over_is_not_even_sent(studio: Studio) -> None:
    dl = studio.dl
    with speaking_as(studio, studio.signed(OWNER, exp=1)):
        assert dl.token_expired()
        fails(dl.exceptions.TokenExpired, lambda: dl.projects.get(project_id=studio.project.id))
    assert not dl.token_expired()
    assert dl.info()["user_email"] == OWNER


@scenario
def test_the_sdk_logs_in_with_a_token_for_a_password_and_renews_it(studio: Studio) -> None:
    dl = studio.dl
    with speaking_as(studio, ""):
        assert dl.login_m2m(email=ANN, password=studio.signed(ANN))
        assert dl.info()["user_email"] == ANN
        # A new token takes away the one that renews it, so it is put back.
        renews = dl.client_api.refresh_token
        dl.client_api.token = studio.signed(ANN, exp=1)
        dl.client_api.refresh_token = renews
        assert dl.client_api.renew_token()
        assert not dl.token_expired()
        dl.login_token(studio.signed(BOB))
        assert dl.info()["user_email"] == BOB


SCRIPT = """
import dtlpy as dl
if PREPARE: dl.setenv(PREPARE)
assert not dl.token_expired()
project = dl.projects.create(NAME)
assert dl.projects.get(project_name=NAME).id == project.id
print("done")
"""


@pytest.mark.parametrize("way", ["cookie", "custom environment", "requests elsewhere"])
def test_the_sdk_is_pointed_at_the_server_from_outside(service: Service, tmp_path: Path, way: str) -> None:
    import base64

    home, empty = tmp_path / "home", tmp_path / "empty"
    home.mkdir()
    empty.mkdir()
    kept = cookie(service.url, service.token())
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "DATALOOP_PATH": str(home)}
    environment |= {"NO_PROXY": "127.0.0.1,localhost"}
    prepare = ""
    if way == "custom environment":
        custom = {"url": service.api, "alias": "custom", "verify_ssl": "false", "gate_url": service.url}
        environment["DTLPY_CUSTOM_ENV"] = base64.b64encode(json.dumps(custom).encode()).decode()
        prepare = service.api
    if way == "requests elsewhere":
        environment["INTERNAL_REQUESTS_URL"] = service.api
        cloud = "https://gate.dataloop.ai/api/v1"
        login = kept["login_parameters"].pop(service.api)
        kept = {"url": cloud, "login_parameters": {cloud: {**login, "alias": "prod"}}}
    (home / "cookie.json").write_text(json.dumps(kept))
    script = f"PREPARE = {prepare!r}\nNAME = 'pointed by {way}'\n{SCRIPT}"

    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=empty,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.strip().endswith("done"), done.stderr[-2000:]
    names: list[Any] = [project["name"] for project in service.http().get("/projects").json()]
    assert f"pointed by {way}" in names
