"""Tokens: 256 random bits, stored by their digest alone."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from starlette.requests import Request

BYTES = 32


def new_token() -> str:
    """Make a token, as text that may stand in a header or a URL."""
    return secrets.token_urlsafe(BYTES)


def digest(token: str) -> str:
    """Hexadecimal SHA-256 of a token. It is random, so that no salt and no slow hash is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def same(token: str, stored: str) -> bool:
    """Whether a token is the one whose digest is stored; how long that takes says nothing."""
    return hmac.compare_digest(digest(token), stored)


def bearer(request: Request) -> str:
    """Return the token of ``Authorization: Bearer ...``, empty where there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
