"""age v1 files: reading at random, reading what is left of a cut one, and splitting head from body.

Format: age-encryption.org/v1 (C2SP age.md). Whole files are sealed and opened by `pyrage`; this reader exists because
no library gives random access, the file key, or an honest answer about a file that ends early.
"""

from __future__ import annotations

import base64
import binascii
import io
from dataclasses import dataclass
from typing import BinaryIO

import pyrage
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

INTRO = b"age-encryption.org/v1\n"
MAX_HEAD = 16 * 1024
CHUNK = 64 * 1024
SEALED_CHUNK = CHUNK + 16
NONCE = 16


def whole_chunks(size: int) -> int:
    """Plaintext bytes of the whole chunks within the first `size` bytes of a body."""
    return max(0, size - NONCE) // SEALED_CHUNK * CHUNK


class SealError(Exception):
    """The bytes are no age file, are damaged, or are sealed to another key. The message says which, never content."""


class NotForThisKey(SealError):
    """No stanza of the head opens with the given identity."""


def head_length(data: bytes) -> int | None:
    """Length of the head at the start of `data`, or None if `data` ends before the head does.

    Raises SealError when `data` can't be the beginning of an age file or its head is over 16 KiB."""
    if data[: len(INTRO)] != INTRO[: len(data)]:
        raise SealError("not an age file")
    mac = data.find(b"\n--- ")
    end = data.find(b"\n", mac + 1) if mac >= 0 else -1
    if end + 1 > MAX_HEAD or (end < 0 and len(data) > MAX_HEAD):
        raise SealError("the head is too long")
    return end + 1 if end >= 0 else None


@dataclass(frozen=True)
class Stanza:
    kind: str
    arguments: tuple[str, ...]
    body: bytes


def _unpadded(text: str) -> bytes:
    """Strict unpadded base64: a second spelling of the same bytes would be malleable."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise SealError("bad base64 in the head") from error
    if base64.b64encode(raw).rstrip(b"=") != text.encode():
        raise SealError("base64 in the head isn't canonical")
    return raw


def parse_head(head: bytes) -> tuple[list[Stanza], bytes, bytes]:
    """Stanzas, the bytes that the MAC covers, and the MAC. Raises SealError."""
    if head_length(head) != len(head):
        raise SealError("not a whole head")
    try:
        lines = head[:-1].decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise SealError("the head isn't ASCII") from error
    stanzas: list[Stanza] = []
    position = 1
    while position < len(lines) - 1:
        words = lines[position].split(" ")
        if (
            len(words) < 2
            or words[0] != "->"
            or not all(w and all(33 <= ord(c) <= 126 for c in w) for w in words[1:])
        ):
            raise SealError("a stanza of the head is malformed")
        body, position = "", position + 1
        while True:
            if position >= len(lines) - 1:
                raise SealError("a stanza of the head has no end")
            line, position = lines[position], position + 1
            if len(line) > 64:
                raise SealError("a line of the head is too long")
            body += line
            if len(line) < 64:
                break
        stanzas.append(Stanza(words[1], tuple(words[2:]), _unpadded(body)))
    if not stanzas:
        raise SealError("the head names no recipient")
    mac = _unpadded(lines[-1][4:])
    if len(mac) != 32:
        raise SealError("the head's MAC has a wrong length")
    return stanzas, head[: head.rindex(b"\n--- ") + 4], mac


def _hkdf(key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=info).derive(key)


def _bech32_bytes(text: str) -> bytes:
    """Data of a bech32 string that pyrage made or accepted (so its checksum is known to be good)."""
    letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    value = bits = 0
    out = bytearray()
    for character in text.lower().rpartition("1")[2][:-6]:
        value, bits = (value << 5) | letters.index(character), bits + 5
        if bits >= 8:
            bits -= 8
            out.append((value >> bits) & 0xFF)
    return bytes(out)


class Identity:
    """An age X25519 private key, able to give the file key of a head."""

    def __init__(self, text: str) -> None:
        """`text`: `AGE-SECRET-KEY-1...`. Raises SealError."""
        try:
            self.pyrage = pyrage.x25519.Identity.from_str(text.strip())
        except Exception as error:
            raise SealError("not an age identity") from error
        self._private = X25519PrivateKey.from_private_bytes(_bech32_bytes(str(self.pyrage)))
        self._public = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def recipient(self) -> str:
        return str(self.pyrage.to_public())

    def file_key(self, head: bytes) -> bytes:
        """The 16-byte file key, after the head's MAC was verified. Raises NotForThisKey, SealError."""
        stanzas, covered, mac = parse_head(head)
        if any(s.kind == "scrypt" for s in stanzas):
            raise NotForThisKey("sealed with a passphrase")
        for stanza in stanzas:
            key = self._unwrap(stanza)
            if key is None:
                continue
            check = hmac.HMAC(_hkdf(key, b"", b"header"), hashes.SHA256())
            check.update(covered)
            try:
                check.verify(mac)
            except Exception as error:
                raise SealError("the head was altered") from error
            return key
        raise NotForThisKey("sealed to another key")

    def _unwrap(self, stanza: Stanza) -> bytes | None:
        if stanza.kind != "X25519":
            return None
        if (
            len(stanza.arguments) != 1
            or len(share := _unpadded(stanza.arguments[0])) != 32
            or len(stanza.body) != 32
        ):
            raise SealError("an X25519 stanza is malformed")
        try:
            secret = self._private.exchange(X25519PublicKey.from_public_bytes(share))
        except ValueError as error:  # a point of low order
            raise SealError("an X25519 stanza is malformed") from error
        wrap = _hkdf(secret, share + self._public, b"age-encryption.org/v1/X25519")
        try:
            return ChaCha20Poly1305(wrap).decrypt(bytes(12), stanza.body, None)
        except InvalidTag:
            return None


def make_identity() -> Identity:
    return Identity(str(pyrage.x25519.Identity.generate()))


class SealedReader(io.RawIOBase):
    """The plaintext of an age body, seekable, read-only. Memory: one chunk.

    `size`: plaintext bytes that can be read. `interrupted`: the file ends before its last chunk, and `size` counts
    the whole chunks only. Raises SealError on a damaged chunk when it is read."""

    def __init__(self, file_key: bytes, body: BinaryIO, body_size: int) -> None:
        self._body, self._position = body, 0
        self._chunk, self._index = b"", -1
        body.seek(0)
        nonce = body.read(NONCE)
        if len(nonce) < NONCE:
            # Cut before the first chunk: nothing was ever sealed, so there is nothing to lose.
            self.size, self.interrupted, self._last = 0, True, -1
            return
        self._cipher = ChaCha20Poly1305(_hkdf(file_key, nonce, b"payload"))
        self.size, self.interrupted, self._last = self._measure(body_size - NONCE)

    def _measure(self, sealed: int) -> tuple[int, bool, int]:
        """(plaintext size, interrupted, index of the final chunk or -1)."""
        whole, rest = divmod(sealed, SEALED_CHUNK)
        final = whole if rest else whole - 1
        if final >= 0 and rest not in range(1, 16) and (rest != 16 or whole == 0):
            try:
                self._index, self._chunk = final, self._decrypt(final, last=True)
                return final * CHUNK + len(self._chunk), False, final
            except SealError:
                self._index = -1
        return whole * CHUNK, True, -1

    def _decrypt(self, index: int, *, last: bool) -> bytes:
        self._body.seek(NONCE + index * SEALED_CHUNK)
        sealed = self._body.read(SEALED_CHUNK)
        try:
            return self._cipher.decrypt(index.to_bytes(11, "big") + (b"\1" if last else b"\0"), sealed, None)
        except InvalidTag as error:
            raise SealError(f"chunk {index} is damaged") from error

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, target: bytearray | memoryview) -> int:  # type: ignore[override]
        view = memoryview(target)
        done = 0
        while done < len(view) and self._position < self.size:
            index, start = divmod(self._position, CHUNK)
            if index != self._index:
                self._chunk, self._index = self._decrypt(index, last=index == self._last), index
            part = self._chunk[start : start + len(view) - done]
            view[done : done + len(part)] = part
            done += len(part)
            self._position += len(part)
        return done


def open_sealed(identity: Identity, head: bytes, body: BinaryIO, body_size: int) -> SealedReader:
    """A reader of a sealed item. Raises NotForThisKey, SealError."""
    return SealedReader(identity.file_key(head), body, body_size)


def seal_bytes(data: bytes, recipients: list[str]) -> bytes:
    """A whole age file in memory; for heads and other small things."""
    sealed: bytes = pyrage.encrypt(data, [pyrage.x25519.Recipient.from_str(r) for r in recipients])
    return sealed


def seal_stream(source: BinaryIO, target: BinaryIO, recipients: list[str]) -> None:
    """An age file from a stream, in constant memory."""
    pyrage.encrypt_io(source, target, [pyrage.x25519.Recipient.from_str(r) for r in recipients])
