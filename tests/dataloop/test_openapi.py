"""The published description: whole, true to the table of routes, and true to the server, as schemathesis sees it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.dataloop.openapi import PROBLEMS, description
from adapters.dataloop.routes import ROUTES
from adapters.dataloop.server import API
from tests.dataloop.everything import furnish
from tests.dataloop.service import ROOT, Service

SOAKS = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
LIMITS = ("--max-time", "600") if SOAKS else ("--seed", "1", "--max-examples", "3")
"""How long each of the two runs may go on inventing requests: always the same ones, outside a soak."""


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return description(ROUTES, API, 1000)


def operations(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def pointers(part: object) -> Iterator[str]:
    """Yield every pointer to another part."""
    if isinstance(part, dict):
        yield from ([part["$ref"]] if isinstance(part.get("$ref"), str) else [])
        for value in part.values():
            yield from pointers(value)
    elif isinstance(part, list):
        for value in part:
            yield from pointers(value)


def test_every_route_is_described_once_with_a_sentence_and_a_name_of_its_own(
    described: dict[str, Any],
) -> None:
    found = dict(operations(described))

    assert len(found) == len(ROUTES)
    assert len({operation["operationId"] for operation in found.values()}) == len(ROUTES)
    for operation in found.values():
        assert operation["summary"].endswith(".")
        assert set(operation["responses"]) == {"200", *PROBLEMS}


def test_every_pointer_leads_somewhere_and_nothing_lies_unused(described: dict[str, Any]) -> None:
    led = {pointer.removeprefix("#/components/") for pointer in pointers(described)}
    there = {f"{kind}/{name}" for kind in ("schemas", "responses") for name in described["components"][kind]}

    assert led <= there
    assert there - led == set()


def test_the_server_publishes_it_to_everybody(service: Service) -> None:
    with httpx.Client(base_url=service.url, trust_env=False) as client:
        published = client.get("/openapi.json")

    assert published.headers["content-type"] == "application/json"
    assert published.json()["openapi"] == "3.1.0"
    assert set(published.json()["paths"]) == set(description(ROUTES, API, 1)["paths"])


def explored(service: Service, folder: Path, *options: str, **environment: str) -> None:
    """Let schemathesis look for requests that the server answers otherwise than it says."""
    command = [str(Path(sys.executable).with_name("st")), "run", f"{service.url}/openapi.json"]
    command += ["-H", f"Authorization: Bearer {service.token(admin=True)}", "--continue-on-failure"]
    command += [*LIMITS, "--suppress-health-check", "all", "--warnings", "off", *options]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    assert "Traceback" not in service.said()


def test_schemathesis_finds_nothing_where_it_knows_nothing(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    service = Service(tmp_path_factory.mktemp("described")).start()
    explored(service, tmp_path, *(() if SOAKS else ("--phases", "examples,coverage,fuzzing")))
    service.stop()


def test_schemathesis_finds_nothing_behind_the_doors(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    service = Service(tmp_path_factory.mktemp("furnished")).start()
    ids = furnish(service.http(), "known")
    known = {"KNOWN_IDS": json.dumps(ids.of), "SCHEMATHESIS_HOOKS": "tests.dataloop.known_ids"}
    explored(service, tmp_path, "--phases", "fuzzing", **known)
    service.stop()
