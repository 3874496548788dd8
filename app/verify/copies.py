"""Hashes of what is sealed to the storage key."""

from __future__ import annotations

import hashlib

from app.custody.log import b64
from app.seal import SealedReader


def sha256_of(reader: SealedReader) -> tuple[str, str]:
    """SHA-256 of a copy's plaintext, base64url and hex, as rows have the one or the other. Raises SealError."""
    running = hashlib.sha256()
    while piece := reader.read(1 << 20):
        running.update(piece)
    return b64(running.digest()), running.hexdigest()


def hashes(data: bytes) -> tuple[str, str]:
    """The same of bytes."""
    digest = hashlib.sha256(data)
    return b64(digest.digest()), digest.hexdigest()
