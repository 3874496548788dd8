"""Signed statements: JWS compact, alg Ed25519 (RFC 9864), an own `typ` each. Bytes are kept as signed."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from app.documents import loads

ALGORITHM = "Ed25519"
Key = OKPKey


class BadStatement(Exception):
    """Not a statement in the agreed form; the message says what is off, never content."""


class BadSignature(BadStatement):
    """The signature isn't that key's."""


def sha256(data: bytes) -> str:
    """Base64url SHA-256, as statements, receipts and the log write hashes."""
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def make_key() -> Key:
    return OKPKey.generate_key("Ed25519", private=True)


def load_key(jwk: str | dict[str, Any]) -> Key:
    """A key from its JWK. Raises BadStatement unless it is an Ed25519 key."""
    try:
        data = loads(jwk) if isinstance(jwk, str) else jwk
        if data.get("kty") != "OKP" or data.get("crv") != "Ed25519":
            raise ValueError
        return OKPKey.import_key({name: data[name] for name in ("kty", "crv", "x", "d") if name in data})
    except (ValueError, KeyError, TypeError, AttributeError, JoseError) as error:
        raise BadStatement("not an Ed25519 key") from error


def public_jwk(key: Key) -> dict[str, str]:
    data = key.as_dict(private=False)
    return {name: str(data[name]) for name in ("kty", "crv", "x")}


def sign(payload: dict[str, Any], typ: str, kid: str, key: Key) -> str:
    said = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    return jws.serialize_compact(
        {"alg": ALGORITHM, "typ": typ, "kid": kid}, said, key, algorithms=[ALGORITHM]
    )


def header(token: str) -> dict[str, str]:
    """The unverified header. Raises BadStatement unless it is exactly alg, typ and kid."""
    try:
        first = token.split(".")[0]
        data = loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (ValueError, UnicodeDecodeError) as error:
        raise BadStatement("the header can't be read") from error
    if not isinstance(data, dict) or set(data) != {"alg", "typ", "kid"} or data["alg"] != ALGORITHM:
        raise BadStatement("the header isn't alg, typ and kid")
    if not all(isinstance(value, str) for value in data.values()):
        raise BadStatement("the header isn't text")
    return data


def unverified(token: str) -> dict[str, Any]:
    """The payload before any check: only to find the key that it must be verified with."""
    try:
        part = token.split(".")[1]
        data = loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, IndexError) as error:
        raise BadStatement("the payload can't be read") from error
    if not isinstance(data, dict):
        raise BadStatement("the payload isn't an object")
    return data


def verify(token: str, key: Key, typ: str | None = None) -> dict[str, Any]:
    """The payload of a good statement. Raises BadSignature, BadStatement."""
    found = header(token)
    if typ is not None and found["typ"] != typ:
        raise BadStatement(f"expected {typ}")
    try:
        said = jws.deserialize_compact(token, key, algorithms=[ALGORITHM]).payload
    except (JoseError, ValueError) as error:
        raise BadSignature("the signature doesn't fit") from error
    try:
        data = loads(said)
    except ValueError as error:
        raise BadStatement("the payload isn't JSON") from error
    if not isinstance(data, dict):
        raise BadStatement("the payload isn't an object")
    return data
