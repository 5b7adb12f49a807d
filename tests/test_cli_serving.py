"""Whom `serve` lets in, and where it refuses to be open."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.cli_serving import Door
from adapters.dataloop.access import Unauthorized
from distribution.errors import InvalidInput
from tests.cli_shell import Shell

SERVE = ("serve", "--store", "work.db", "--port", "0")


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, capsys, monkeypatch)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])  # noqa: S104  it is refused
def test_an_open_door_is_refused_where_others_could_come_in(host: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Door(host=host, insecure_no_auth=True).access()

    assert str(refused.value) == (
        f"--insecure-no-auth must be used on loopback only, got '{host}'; "
        "leave --host out, or give --secret-file"
    )


def test_a_door_that_never_opens_or_has_no_key_is_refused(shell: Shell) -> None:
    assert shell.refused(*SERVE).startswith("access must accept some token")
    assert shell.refused(*SERVE, "--token", "ann@example.com") == (
        "--token must be email=token, got 'ann@example.com'"
    )
    assert shell.refused(*SERVE, "--secret-file", "none").startswith("--secret-file must be a file")
    (shell.folder / "short").write_text("guessed")
    assert shell.refused(*SERVE, "--secret-file", "short").startswith("the secret must have at least 32")


def test_a_listed_token_is_its_owners_and_no_other_is_accepted() -> None:
    access = Door(token=["Ann@Example.com=a=b"]).access()

    assert access.principal("Bearer a=b").email == "ann@example.com"
    for header in (None, "Bearer a", "Bearer a=b="):
        with pytest.raises(Unauthorized):
            access.principal(header)
