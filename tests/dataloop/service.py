"""The server as people run it: a process of its own, on a file, with a secret."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
import jwt

ROOT = Path(__file__).parents[2]
OWNER = "owner@example.com"
PATIENCE = 30
"""Seconds that a server may take to start or to stop."""


class Service:
    """A server that can be stopped, killed and started again at the same address."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.store = folder / "work.db"
        self.secret = secrets.token_hex(32)
        (folder / "secret").write_text(self.secret)
        self.options = options
        self.url = ""
        self._process: subprocess.Popen[str] | None = None
        self._clients: dict[str, httpx.Client] = {}

    @property
    def api(self) -> str:
        """Where the API is: what the SDK calls an environment."""
        return f"{self.url}/api/v1"

    def start(self) -> Self:
        """Start it; where it ran before, at the same port."""
        port = urlsplit(self.url).port or 0
        command = [sys.executable, "-m", "adapters.cli", "serve", "--store", str(self.store), "--json"]
        command += ["--port", str(port), "--secret-file", str(self.folder / "secret"), *self.options]
        with (self.folder / "server.log").open("a") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the server did not start: {self.said()}"
        self.url = json.loads(line)["url"]
        return self

    def said(self) -> str:
        """Give what it wrote on its standard error."""
        return (self.folder / "server.log").read_text()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop it, or with SIGKILL let it die where it stands."""
        if self._process is not None:
            for client in self._clients.values():
                client.close()
            self._clients.clear()
            self._process.send_signal(how)
            self._process.communicate(timeout=PATIENCE)
            self._process = None

    def restart(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop it and start it again."""
        self.stop(how)
        self.start()

    def token(self, email: str = OWNER, **claims: Any) -> str:
        """Make a token as an identity provider would."""
        return signed(self.secret, email, **claims)

    def http(self, email: str = OWNER, **claims: Any) -> httpx.Client:
        """Give a client for plain requests of somebody; paths begin behind /api/v1."""
        name = json.dumps([email, claims])
        if name not in self._clients:
            headers = {"authorization": f"Bearer {self.token(email, **claims)}"}
            self._clients[name] = httpx.Client(
                base_url=self.api, headers=headers, timeout=PATIENCE, trust_env=False
            )
        return self._clients[name]


def signed(secret: str, email: str, **claims: Any) -> str:
    """Make a token that is valid for an hour, signed with a secret."""
    return jwt.encode(
        {"email": email, "exp": time.time() + 3600, **claims}, secret.encode(), algorithm="HS256"
    )
