"""A bad line: a proxy on loopback that cuts, stalls, duplicates, delivers late, corrupts and throttles HTTP requests.

One thread and one request a connection. What the phone pushed into the line is counted where the line begins, also
what a cut then threw away: that is what a phone pays for.
"""

from __future__ import annotations

import base64
import contextlib
import json
import random
import re
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, cast

PIECE = 32 * 1024
FAULTS = ("cut", "cut answer", "stall", "duplicate", "late", "corrupt", "throttle")
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: an end without goodbye, as when a phone leaves its cell

LOCATION = re.compile(rb"\r\nLocation: https?://[^/]+(/\S+)", re.IGNORECASE)


class Cut(Exception):
    """This connection ends here."""


@dataclass
class Request:
    head: bytes
    method: str
    path: str
    size: int
    body: BinaryIO

    @property
    def is_upload(self) -> bool:
        return self.path.startswith("/api/files") and self.method in {"POST", "PATCH"}

    def header(self, name: str) -> str:
        for line in self.head.split(b"\r\n")[1:]:
            key, _colon, value = line.partition(b":")
            if key.strip().lower() == name.encode():
                return value.strip().decode("latin1")
        return ""


def _read_request(stream: BinaryIO) -> Request | None:
    lines: list[bytes] = []
    while (line := stream.readline(65536)) not in {b"\r\n", b""}:
        # One request a connection: its end is then the answer's end, and nothing is left over after a fault.
        if not line.lower().startswith((b"connection:", b"keep-alive:")):
            lines.append(line)
    if not lines:
        return None
    method, path, _version = lines[0].decode("latin1").split(" ", 2)
    sizes = [int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length:")]
    return Request(
        b"".join([*lines, b"Connection: close\r\n\r\n"]), method, path, sizes[0] if sizes else 0, stream
    )


class Line:
    """`mix`: how likely each fault is for one request. `cut_every`: mean bytes of uploads between two cuts."""

    def __init__(
        self, target: int, seed: int, mix: Mapping[str, float] | None = None, cut_every: int | None = None
    ) -> None:
        self.target, self.mix, self.cut_every = target, dict(mix or {}), cut_every
        self.done: Counter[str] = Counter()  # faults that happened
        self.pushed = 0  # bytes of upload bodies that phones put on the line
        self.corrupted: set[str] = set()  # what names the uploads whose bytes were changed
        self._names: dict[str, str] = {}  # path of an upload -> metadata that it was made with
        self._dice = random.Random(seed)
        self._lock = threading.Lock()
        self._until_cut = self._next_cut()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._open = True
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def close(self) -> None:
        self._open = False
        self._socket.close()

    def _next_cut(self) -> float:
        return self._dice.expovariate(1 / self.cut_every) if self.cut_every else float("inf")

    def _accept(self) -> None:
        while self._open:
            try:
                client, _address = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _choose(self) -> tuple[str | None, float]:
        with self._lock:
            roll, place = self._dice.random(), self._dice.random()
        for fault, share in self.mix.items():
            roll -= share
            if roll < 0:
                return fault, place
        return None, place

    def _serve(self, client: socket.socket) -> None:
        client.settimeout(120)
        try:
            with client, cast(BinaryIO, client.makefile("rb", buffering=PIECE)) as stream:
                request = _read_request(stream)
                if request is None:
                    return
                fault, place = self._choose()
                if fault in {"duplicate", "late"}:
                    self._again(client, request, fault, place)
                else:
                    self._once(client, request, fault, place)
        except Cut:
            with contextlib.suppress(OSError):
                self._drain(client)
        except (OSError, ValueError):
            return

    def _drain(self, client: socket.socket) -> None:
        """What lies in the buffers of a cut line was sent too."""
        client.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while data := client.recv(1 << 20):
                with self._lock:
                    self.pushed += len(data)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    def _body(self, request: Request) -> Iterator[bytes]:
        """What follows the head, as it stands on the line."""
        if request.header("transfer-encoding").lower() == "chunked":
            yield from self._chunks(request)
            return
        left = request.size
        while left and (data := request.body.read1(min(PIECE, left))):  # type: ignore[attr-defined]
            left -= len(data)
            self._count(request, len(data))
            yield data
        if left:
            raise Cut

    def _chunks(self, request: Request) -> Iterator[bytes]:
        while size := request.body.readline(100):
            data = request.body.read(int(size, 16) + 2)
            self._count(request, len(data) - 2)
            yield size + data
            if int(size, 16) == 0:
                return
        raise Cut

    def _count(self, request: Request, size: int) -> None:
        if request.is_upload:
            with self._lock:
                self.pushed += size
                self._until_cut -= size

    def _cut_is_due(self) -> bool:
        with self._lock:
            if self._until_cut > 0:
                return False
            self._until_cut = self._next_cut()
        return True

    def _once(self, client: socket.socket, request: Request, fault: str | None, place: float) -> None:
        at, passed = int(place * request.size), 0
        with socket.create_connection(("127.0.0.1", self.target), timeout=120) as server:
            if fault == "cut" and request.size == 0:
                self.done[fault] += 1
                raise Cut
            server.sendall(request.head)
            for data in self._body(request):
                piece = data
                if passed <= at < passed + len(data):
                    if fault == "cut":
                        server.sendall(data[: at - passed])
                        self.done[fault] += 1
                        raise Cut
                    if fault == "stall":
                        self.done[fault] += 1
                        time.sleep(0.1 + place)
                    if fault == "corrupt":
                        piece = self._corrupt(request, data, at - passed)
                server.sendall(piece)
                passed += len(data)
                if fault == "throttle":
                    time.sleep(len(data) / (300_000 + 3_000_000 * place))
                if self._cut_is_due():
                    self.done["cut by bytes"] += 1
                    raise Cut
            if fault == "throttle" and passed:
                self.done[fault] += 1
            answer = self._answer(server)
        self._learn(request, answer)
        if fault == "cut answer":
            self.done[fault] += 1
            raise Cut
        client.sendall(answer)

    def _corrupt(self, request: Request, data: bytes, at: int) -> bytes:
        """One bit of an upload's bytes, once an upload: twice the same one is what its second try is there for."""
        with self._lock:
            name = request.header("upload-metadata") or self._names.get(request.path, request.path)
            if request.is_upload and name in self.corrupted:
                return data
            self.corrupted.add(name)
        self.done["corrupt"] += 1
        return data[:at] + bytes([data[at] ^ 0x20]) + data[at + 1 :]

    def _again(self, client: socket.socket, request: Request, fault: str, place: float) -> None:
        """The same request twice, or one that arrives after the ones that follow it."""
        whole = b"".join(self._body(request))
        self.done[fault] += 1
        if fault == "late":
            client.close()
            time.sleep(place * 1.5)
            self._deliver(request.head + whole)
            return
        twin = threading.Thread(target=self._deliver, args=(request.head + whole, place < 0.5))
        twin.start()
        answer = self._deliver(request.head + whole)
        twin.join()
        self._learn(request, answer)
        client.sendall(answer)

    def _learn(self, request: Request, answer: bytes) -> None:
        """Which item an upload's path belongs to, from the answers that pass."""
        if request.method == "POST" and (found := LOCATION.search(answer)):
            with self._lock:
                self._names[found[1].decode()] = request.header("upload-metadata")
        elif request.path == "/api/status":
            with contextlib.suppress(ValueError, KeyError, AttributeError):
                items = json.loads(answer.partition(b"\r\n\r\n")[2])["items"]
                named = {
                    one["upload"]: f"item {base64.b64encode(id.encode()).decode()}"
                    for id, one in items.items()
                }
                with self._lock:
                    self._names |= named

    def _deliver(self, raw: bytes, wait: bool = False) -> bytes:
        time.sleep(0.05 if wait else 0)
        try:
            with socket.create_connection(("127.0.0.1", self.target), timeout=120) as server:
                server.sendall(raw)
                return self._answer(server)
        except OSError:
            return b""

    @staticmethod
    def _answer(server: socket.socket) -> bytes:
        pieces = []
        while data := server.recv(65536):
            pieces.append(data)
        return b"".join(pieces)
