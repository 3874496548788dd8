"""The age reader, held to the public vectors (C2SP CCTV, from npm), to pyrage, and to itself at every cut."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import subprocess
import zlib
from dataclasses import dataclass

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.seal import (
    CHUNK,
    Identity,
    NotForThisKey,
    SealedReader,
    SealError,
    head_length,
    make_identity,
    open_sealed,
    seal_bytes,
    seal_stream,
)
from scripts.ground import ROOT

ME = make_identity()


def parts(whole: bytes) -> tuple[bytes, bytes]:
    length = head_length(whole)
    assert length is not None
    return whole[:length], whole[length:]


def read(whole: bytes, identity: Identity = ME) -> SealedReader:
    head, body = parts(whole)
    return open_sealed(identity, head, io.BytesIO(body), len(body))


@dataclass(frozen=True)
class Vector:
    expect: str
    payload: str | None
    identities: list[str]
    compressed: bool
    file: bytes


def vectors() -> dict[str, Vector]:
    """Every vector that this reader claims to understand: X25519, not armored, no passphrase."""
    script = (
        "const v = (await import('cctv-age')).default ?? await import('cctv-age');"
        "const o = {}; for (const k of Object.keys(v)) if (v[k] instanceof Uint8Array) o[k] = Buffer.from(v[k]).toString('base64');"
        "console.log(JSON.stringify(o))"
    )
    run = subprocess.run(
        ["node", "--input-type=module", "-e", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found: dict[str, Vector] = {}
    for name, text in json.loads(run.stdout).items():
        head, _blank, file = base64.b64decode(text).partition(b"\n\n")
        fields = [
            (name, value)
            for name, _colon, value in (line.partition(": ") for line in head.decode().split("\n"))
        ]
        plain = dict(fields)
        if "armored" in plain or "passphrase" in plain or name.startswith(("hybrid", "mlkem", "tag", "p256")):
            continue
        data = zlib.decompress(file) if plain.get("compressed") == "zlib" else file
        keys = [value for key, value in fields if key == "identity" and value.startswith("AGE-SECRET-KEY-1")]
        found[name] = Vector(plain["expect"], plain.get("payload"), keys, "compressed" in plain, data)
    return found


VECTORS = vectors()


def test_the_vectors_are_there() -> None:
    assert len(VECTORS) > 60
    assert {v.expect for v in VECTORS.values()} >= {
        "success",
        "no match",
        "HMAC failure",
        "header failure",
        "payload failure",
    }


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_public_vector(name: str) -> None:
    vector = VECTORS[name]
    opened: bytes | None = None
    interrupted = False
    failure: SealError | None = None
    for key in vector.identities or [str(ME.pyrage)]:
        try:
            reader = read(vector.file, Identity(key))
            interrupted = reader.interrupted
            opened = reader.read()
        except NotForThisKey as error:
            failure = failure or error
            continue
        except (SealError, AssertionError) as error:
            failure = error if isinstance(error, SealError) else SealError("cut head")
        break
    if vector.expect == "success":
        assert opened is not None and not interrupted, name
        assert hashlib.sha256(opened).hexdigest() == vector.payload
    else:
        # A cut body is no error here: it opens as far as it goes and says so.
        assert failure is not None or interrupted, name
        if vector.payload and interrupted and opened:
            assert len(opened) % CHUNK == 0


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 17])
def test_reads_what_pyrage_wrote_whole_and_at_random(size: int) -> None:
    data = os.urandom(size)
    reader = read(seal_bytes(data, [ME.recipient]))
    assert (reader.size, reader.interrupted, reader.read()) == (size, False, data)
    for start in {0, 1, CHUNK - 1, CHUNK, size // 2, max(0, size - 3)}:
        reader.seek(start)
        assert reader.read(1000) == data[start : start + 1000]
    assert pyrage.decrypt(seal_bytes(data, [ME.recipient]), [ME.pyrage]) == data


WHOLE = seal_bytes(bytes(range(256)) * 700, [ME.recipient])  # two chunks and a bit


@given(st.integers(0, len(WHOLE)))
@settings(max_examples=200, deadline=None)
def test_cut_anywhere_gives_the_whole_chunks_and_says_so(cut: int) -> None:
    data = bytes(range(256)) * 700
    head, body = parts(WHOLE)
    kept = body[: max(0, cut - len(head))]
    reader = open_sealed(ME, head, io.BytesIO(kept), len(kept))
    whole = len(kept) == len(body)
    assert reader.interrupted is not whole
    got = reader.read()
    assert got == (data if whole else data[: max(0, len(kept) - 16) // (CHUNK + 16) * CHUNK])


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
@settings(max_examples=200, deadline=None)
def test_a_changed_byte_never_gives_other_plaintext(at: int, change: int) -> None:
    forged = WHOLE[:at] + bytes([WHOLE[at] ^ change]) + WHOLE[at + 1 :]
    data = bytes(range(256)) * 700
    try:
        reader = read(forged)
        got = reader.read()
    except (SealError, AssertionError):
        return
    # Damage in the last chunk looks like a cut: what is left is a true beginning, and is marked.
    assert reader.interrupted and data.startswith(got)


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_bytes_for_a_head_are_refused_or_understood(noise: bytes) -> None:
    for candidate in (
        noise,
        b"age-encryption.org/v1\n" + noise,
        b"age-encryption.org/v1\n-> X25519 " + noise + b"\n--- ",
    ):
        try:
            length = head_length(candidate)
        except SealError:
            continue
        if length is not None:
            with pytest.raises(SealError):
                ME.file_key(candidate[:length])


def test_streams_in_constant_memory_and_names_foreign_keys() -> None:
    target = io.BytesIO()
    seal_stream(io.BytesIO(b"stream" * 50_000), target, [ME.recipient, make_identity().recipient])
    assert read(target.getvalue()).read() == b"stream" * 50_000
    with pytest.raises(NotForThisKey):
        read(target.getvalue(), make_identity())
    passphrase = pyrage.passphrase.encrypt(b"x", "words")
    with pytest.raises(NotForThisKey):
        read(passphrase)
    assert re.fullmatch(r"age1[a-z0-9]{58}", ME.recipient)
