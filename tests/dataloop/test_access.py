"""Tokens: which are accepted, how they are renewed, and what an open door still keeps out."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest

from adapters.dataloop.access import Access, Unauthorized, is_loopback
from adapters.dataloop.calls import Principal
from adapters.dataloop.server import application
from adapters.dataloop.world import World
from adapters.deciding import now
from adapters.dispatcher import Dispatcher
from adapters.memory import MemoryStore
from adapters.memory_shelf import MemoryShelf
from distribution.errors import InvalidInput
from tests.dataloop.asgi import Client
from tests.dataloop.service import OWNER, Service

SECRET = b"0123456789abcdef0123456789abcdef"
LATER = 4_000_000_000


def token(claims: dict[str, Any], key: bytes = SECRET, algorithm: str = "HS256") -> str:
    return jwt.encode(claims, key, algorithm=algorithm)


def by_hand(header: dict[str, Any], claims: str, signature: str = "") -> str:
    parts = (json.dumps(header), claims)
    return ".".join([*(base64.urlsafe_b64encode(p.encode()).rstrip(b"=").decode() for p in parts), signature])


GOOD = {"email": "Ann@Example.com", "exp": LATER}
ACCESS = Access(secret=SECRET, clock=now)


def test_a_token_says_who_calls_and_what_she_may_see() -> None:
    assert ACCESS.principal(f"Bearer {token(GOOD)}") == Principal(email="ann@example.com")
    assert ACCESS.principal(f"bearer  {token(GOOD | {'admin': True})}").admin
    only = ACCESS.principal(f"Bearer {token(GOOD | {'projects': ['p1'], 'admin': True})}")
    assert (only.projects, only.admin) == (frozenset({"p1"}), False)
    assert (
        ACCESS.principal(f"Bearer {token(GOOD | {'exp': LATER + 0.5, 'iat': LATER})}").email
        == "ann@example.com"
    )


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        (None, "is missing"),
        ("", "is missing"),
        ("Bearer", "is missing"),
        (f"Basic {token(GOOD)}", "is missing"),
        ("Bearer x", "is not valid: Not enough segments"),
        (f"Bearer {token(GOOD, b'another secret of thirty-two bytes')}", "Signature verification failed"),
        (
            f"Bearer {token(GOOD, algorithm='HS512', key=SECRET * 2)}",
            "The specified alg value is not allowed",
        ),
        (f"Bearer {by_hand({'alg': 'none'}, json.dumps(GOOD))}", "The specified alg value is not allowed"),
        (f"Bearer {by_hand({'alg': 'HS256'}, json.dumps(GOOD), 'forged')}", "is not valid"),
        (f"Bearer {token({'email': 'ann@example.com'})}", 'missing the "exp" claim'),
        (f"Bearer {token({'exp': LATER})}", 'missing the "email" claim'),
        (f"Bearer {token(GOOD | {'exp': 1})}", "has expired"),
        (f"Bearer {token(GOOD | {'exp': 'later'})}", "has expired"),
        (f"Bearer {token(GOOD | {'email': ''})}", "names no e-mail that could be one"),
        (f"Bearer {token(GOOD | {'email': 7})}", "names no e-mail that could be one"),
        (f"Bearer {token(GOOD | {'projects': 'p1'})}", "names its projects in a way that is not known"),
        (f"Bearer {token(GOOD | {'use': 'refresh'})}", "is for 'refresh', not for 'access'"),
        (f"Bearer {token(GOOD | {'nbf': LATER})}", "is not valid: The token is not yet valid"),
    ],
)
def test_a_token_that_is_none_is_refused(header: str | None, problem: str) -> None:
    with pytest.raises(Unauthorized, match="^the bearer token ") as refused:
        ACCESS.principal(header)

    assert problem in str(refused.value)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "true"])
def test_an_expiry_that_is_no_moment_is_over(number: str) -> None:
    signed = jwt.api_jws.encode(f'{{"email": "ann@example.com", "exp": {number}}}'.encode(), SECRET, "HS256")

    if number == "Infinity":
        assert ACCESS.principal(f"Bearer {signed}").email == "ann@example.com"
    else:
        with pytest.raises(Unauthorized):
            ACCESS.principal(f"Bearer {signed}")


def test_listed_tokens_are_accepted_as_they_are_and_no_others() -> None:
    access = Access(tokens={"a" * 40: Principal(email="ann@example.com")}, clock=now)

    assert access.principal("Bearer " + "a" * 40).email == "ann@example.com"
    for other in ("a" * 39, "b" * 40, token(GOOD)):
        with pytest.raises(Unauthorized, match="not among those"):
            access.principal(f"Bearer {other}")


def test_a_secret_that_can_be_guessed_and_a_door_that_never_opens_are_refused() -> None:
    with pytest.raises(InvalidInput, match="at least 32 bytes, got '31'"):
        Access(secret=SECRET[1:], clock=now)
    with pytest.raises(InvalidInput, match="must accept some token"):
        Access(clock=now)
    with pytest.raises(InvalidInput, match="must have a secret"):
        Access(open=True, clock=now).issue("ann@example.com")
    assert "0123" not in repr(ACCESS)


def test_tokens_are_renewed_with_what_they_say_and_only_by_refresh_tokens() -> None:
    first = ACCESS.issue("ann@example.com", projects=["p1"])
    found = ACCESS.log_in("ANN@example.com", first)

    again = ACCESS.refresh(found["refresh_token"])
    assert ACCESS.principal(f"Bearer {again['id_token']}").projects == frozenset({"p1"})
    for wrong in (first, again["id_token"], "nonsense"):
        with pytest.raises(Unauthorized):
            ACCESS.refresh(wrong)
    with pytest.raises(Unauthorized):
        ACCESS.principal(f"Bearer {again['refresh_token']}")
    with pytest.raises(Unauthorized, match="not one of 'bob@example.com'"):
        ACCESS.log_in("bob@example.com", first)


@pytest.mark.parametrize(
    ("host", "here"),
    [("127.0.0.1", True), ("127.8.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False),  # noqa: S104
     ("10.0.0.1", False), ("localhost.evil.example", False), ("", False)],
)  # fmt: skip
def test_loopback_is_this_machine_alone(host: str, here: bool) -> None:
    assert is_loopback(host) is here


@pytest.fixture
def open_door() -> Iterator[Client]:
    """Give a client of a server that checks no tokens."""
    with Dispatcher(MemoryStore()) as tasks, MemoryShelf() as shelf:
        app = application(World(tasks, shelf), Access(open=True, clock=now))
        yield Client(app, "http://127.0.0.1:8999")


def test_an_open_door_lets_everybody_in_as_whom_she_says(open_door: Client) -> None:
    unsigned = by_hand({"alg": "none"}, json.dumps({"email": "Eve@x.io"}), "x")

    assert open_door.get("/api/v1/users/me").json()["email"] == "owner@example.com"
    for given, who in ((unsigned, "eve@x.io"), ("opaque", "owner@example.com")):
        headers = {"authorization": f"Bearer {given}"}
        assert open_door.get("/api/v1/users/me", headers=headers).json()["email"] == who


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": "http://127.0.0.1:8999"}, 200),
        ({"origin": "http://evil.example"}, 401),
        ({"origin": "null"}, 401),
        ({"sec-fetch-site": "cross-site"}, 401),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"host": "localhost:8999"}, 200),
        ({"host": "evil.example"}, 401),
    ],
)
def test_an_open_door_is_closed_to_pages_of_other_sites(
    open_door: Client, headers: dict[str, str], status: int
) -> None:
    answer = open_door.post("/api/v1/projects", data={"name": "x"}, headers=headers)

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("callback", "status"),
    [
        ("http://localhost:3001", 302),
        ("http://127.0.0.1:3001/x", 302),
        ("http://localhost:3001@evil.example/", 400),
        ("http://evil.example/", 400),
        ("https://localhost:3001", 400),
        ("javascript:alert(1)", 400),
        ("", 400),
    ],
)
def test_a_browser_is_sent_back_to_this_machine_alone(open_door: Client, callback: str, status: int) -> None:
    answer = open_door.get("/login", params={"callback": callback}, follow_redirects=False)

    assert answer.status_code == status
    if status == 302:
        asked = httpx.URL(answer.headers["location"])
        assert str(asked).startswith(callback)
        assert {"id_token", "access_token", "refresh_token"} == set(asked.params)


def test_an_open_door_gives_tokens_that_the_sdk_can_read(open_door: Client) -> None:
    body = {"username": "ann@example.com", "password": "any", "type": "user_credentials"}
    given = open_door.post("/token?default", json=body).json()
    claims = jwt.decode(given["id_token"], options={"verify_signature": False})
    assert (claims["email"], claims["exp"] > time.time() + 60) == ("ann@example.com", True)
    renewed = {"type": "refresh_token", "refresh_token": given["refresh_token"]}
    assert "id_token" in open_door.post("/token?default", json=renewed).json()


def test_the_login_of_a_server_with_a_secret(service: Service) -> None:
    with httpx.Client(base_url=service.url, trust_env=False) as client:
        password = service.token()
        body = {"username": OWNER, "password": password, "type": "user_credentials"}
        found = client.post("/token?default", json=body)
        assert found.status_code == 200
        headers = {"authorization": f"Bearer {found.json()['id_token']}"}
        assert client.get("/api/v1/users/me", headers=headers).json()["email"] == OWNER
        renew = {"type": "refresh_token", "refresh_token": found.json()["refresh_token"]}
        assert client.post("/token?default", json=renew).status_code == 200

        for wrong in ({**body, "password": "guessed"}, {**renew, "refresh_token": password}, {}):
            assert client.post("/token?default", json=wrong).status_code == 401
        assert client.post("/token?default", content=b"x" * 70_000).status_code == 413
        assert client.post("/token?default", content=b"[]").status_code == 400
        assert client.get("/login?callback=http://localhost:3001").status_code == 401
