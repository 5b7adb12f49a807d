"""Who may call: bearer tokens, checked.

Three ways, by configuration: tokens that are listed, tokens signed with a secret (HS256),
or, on loopback only, any token at all. The SDK reads the e-mail and the expiry out of a
token, so listed tokens should be JWTs too; `issue` makes them.
"""

from __future__ import annotations

import base64
import hmac
import ipaddress
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import attrs
import jwt

from adapters.dataloop.calls import Principal
from distribution.errors import DistributionError, InvalidInput
from distribution.values import check_id

SHORTEST_SECRET = 32
"""Bytes of a secret at least, as RFC 7518 asks for HS256."""
REFRESH_DAYS = 30
ANYBODY = "owner@example.com"
"""Who calls where tokens are not checked and name nobody."""


@attrs.define
class Unauthorized(DistributionError):
    """The call comes with no token, or with one that is not accepted."""

    problem: str

    def __str__(self) -> str:
        """Say it in words."""
        return f"the bearer token {self.problem}; ask whoever runs this server for one: distribution token"


@attrs.define
class Forbidden(DistributionError):
    """Whoever calls may look, and not do this."""

    email: str
    role: str
    project: str
    needs: str

    def __str__(self) -> str:
        """Say it in words."""
        return (
            f"{self.email!r} is {self.role} of project {self.project!r}, and this needs {self.needs}; "
            "ask an owner to do it"
        )


@attrs.frozen(kw_only=True)
class Access:
    """Which tokens are accepted.

    Raises:
        InvalidInput: the secret is too short to be one, or nothing would be accepted.
    """

    tokens: Mapping[str, Principal] = attrs.field(factory=dict)
    """Accepted as they are."""
    secret: bytes | None = attrs.field(default=None, repr=False)
    """What tokens are signed with."""
    open: bool = False
    """Any token is accepted, for tests on loopback: whoever it names has all rights."""
    clock: Callable[[], datetime]

    def __attrs_post_init__(self) -> None:
        """Refuse a secret that can be guessed, and a door that never opens."""
        if self.secret is not None and len(self.secret) < SHORTEST_SECRET:
            raise InvalidInput(
                subject="the secret", must=f"have at least {SHORTEST_SECRET} bytes", got=f"{len(self.secret)}"
            )
        if not (self.tokens or self.secret or self.open):
            remedy = "give a secret or a token, or, on loopback, --insecure-no-auth"
            raise InvalidInput(subject="access", must="accept some token", got="none", remedy=remedy)

    def principal(self, header: str | None) -> Principal:
        """Tell who calls, from the Authorization header.

        Raises:
            Unauthorized: it is missing, not of this server, or no longer valid.
        """
        kind, _, token = (header or "").partition(" ")
        token = token.strip()
        if kind.lower() != "bearer" or not token:
            if self.open:
                return Principal(email=ANYBODY, admin=True)
            raise Unauthorized("is missing")
        for known, principal in self.tokens.items():
            if hmac.compare_digest(known.encode(), token.encode()):
                return principal
        if self.open:
            return Principal(email=_unchecked_email(token), admin=True)
        return self._signed(token)

    def _signed(self, token: str) -> Principal:
        claims = self._claims(token, "access")
        projects = claims.get("projects")
        if projects is not None and not (
            isinstance(projects, list) and all(isinstance(part, str) for part in projects)
        ):
            raise Unauthorized("names its projects in a way that is not known")
        return Principal(
            email=_email(claims),
            admin=claims.get("admin") is True and projects is None,
            projects=None if projects is None else frozenset(projects),
        )

    def _claims(self, token: str, use: str) -> dict[str, Any]:
        """Check signature, expiry and use of a token."""
        if self.secret is None:
            raise Unauthorized("is not among those this server knows")
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self.secret,
                algorithms=["HS256"],
                options={"require": ["exp", "email"], "verify_exp": False, "verify_iat": False},
            )
        except jwt.PyJWTError as error:
            raise Unauthorized(f"is not valid: {error}") from error
        expiry = claims["exp"]
        # Written so that no number is one that compares to nothing.
        if not isinstance(expiry, (int, float)) or not expiry > self.clock().timestamp():
            raise Unauthorized("has expired")
        if claims.get("use", "access") != use:
            raise Unauthorized(f"is for {claims.get('use')!r}, not for {use!r}")
        return claims

    def issue(self, email: str, *, days: float = 1, **claims: Any) -> str:
        """Make a token for somebody: *admin* sees every project, *projects* lists the only ones she sees.

        Raises:
            InvalidInput: there is no secret to sign it with, or the e-mail cannot be one.
        """
        if self.secret is None:
            raise InvalidInput(subject="access", must="have a secret to sign tokens with", got=None)
        exp = (self.clock() + timedelta(days=days)).timestamp()
        return jwt.encode(
            {"email": check_id(email, "email").lower(), "exp": exp, **claims}, self.secret, algorithm="HS256"
        )

    def log_in(self, email: str, password: str) -> dict[str, str]:
        """Give tokens to somebody whose password is a token of hers; where all are accepted, to anybody.

        Raises:
            Unauthorized: it is none.
        """
        if self.open and self.secret is None:
            return {"id_token": unsigned(email, self.clock()), "refresh_token": "open"}
        claims = self._claims(password, "access")
        if _email(claims) != email.lower():
            raise Unauthorized(f"is not one of {email!r}")
        return self._renewed(claims)

    def refresh(self, token: str) -> dict[str, str]:
        """Give a new token for a refresh token.

        Raises:
            Unauthorized: it is none.
        """
        if self.open and self.secret is None:
            return {"id_token": unsigned(ANYBODY, self.clock())}
        return self._renewed(self._claims(token, "refresh"))

    def _renewed(self, claims: Mapping[str, Any]) -> dict[str, str]:
        kept = {key: value for key, value in claims.items() if key not in {"exp", "use", "email"}}
        email = _email(claims)
        return {
            "id_token": self.issue(email, **kept),
            "refresh_token": self.issue(email, days=REFRESH_DAYS, **{**kept, "use": "refresh"}),
        }


def _email(claims: Mapping[str, Any]) -> str:
    email = claims.get("email")
    try:
        return check_id(email, "email").lower()
    except InvalidInput as error:
        raise Unauthorized("names no e-mail that could be one") from error


def _unchecked_email(token: str) -> str:
    """Read who a token names, whoever signed it; the SDK itself reads no more of it."""
    try:
        _, payload, _ = token.split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return _email(claims) if isinstance(claims, dict) else ANYBODY
    except (ValueError, RecursionError, Unauthorized):
        return ANYBODY


def unsigned(email: str, at: datetime) -> str:
    """Make a token that nobody signed, where none is checked: the SDK only reads it."""
    exp = (at + timedelta(days=1)).timestamp()
    return jwt.encode({"email": email.lower(), "exp": exp}, None, algorithm="none")


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine and nobody else.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
