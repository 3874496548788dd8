"""No IP address of a client is stored: the real server, a client from an address of its own, then a search of
everything the server wrote and said.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.seal import make_identity, seal_bytes
from scripts.ground import PYTHON, ROOT
from tests.journeys.live import LiveServer
from tests.phone import TUS, b64

CALLER = "127.83.47.21"  # a loopback address that nothing else uses
FORWARDED = "203.0.113.77"  # what a reverse proxy would say


class Served(LiveServer):
    """Behind a proxy, as a real server is."""

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "TEMOIN_PROXIES": "1"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    running = Served(tmp_path / "instance")
    running.start()
    yield running
    running.stop()


def ask(
    server: Served, method: str, path: str, body: bytes | str = b"", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """One request from CALLER. Returns status, headers, body."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30, source_address=(CALLER, 0))
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, {"X-Forwarded-For": FORWARDED, **named})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders()), content


def say_nonsense(server: Served) -> None:
    """Something that is no HTTP: gunicorn's log names such clients unless told otherwise."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30, source_address=(CALLER, 0)) as raw:
        raw.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
        while raw.recv(4096):
            pass


def use(server: Served) -> None:
    """A run of requests that touches everything that could note an address."""
    assert ask(server, "GET", "/m/")[0] == 200
    assert ask(server, "GET", "/nowhere")[0] == 404
    assert ask(server, "POST", "/api/enrol", json.dumps({"secret": "x" * 43, "statement": ""}))[0] >= 400
    say_nonsense(server)

    _, headers, page = ask(server, "GET", "/desk/login")
    csrf = re.search(rb'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert csrf
    form = f"csrf_token={csrf[1].decode()}&username=nobody&password=wrong-password"
    cookie = headers["Set-Cookie"].split(";")[0]
    kind = "application/x-www-form-urlencoded"
    for _ in range(31):  # one more than the rate allows
        status, _, _ = ask(server, "POST", "/desk/login", form, Cookie=cookie, Content_Type=kind)
    assert status == 429

    device = server.foreign("foreign client")
    authority = {**TUS, "Authorization": f"Bearer {device['token']}"}
    sealed = seal_bytes(b"what was seen", [*device["recipients"], make_identity().recipient])
    created, headers, _ = ask(
        server,
        "POST",
        "/api/files",
        sealed,
        **authority,
        Upload_Length=str(len(sealed)),
        Upload_Metadata=f"item {b64('ab' * 16)}",
        Content_Type="application/offset+octet-stream",
    )
    assert created == 201
    assert headers["Upload-Offset"] == str(len(sealed))
    status, _, content = ask(
        server,
        "POST",
        "/api/status",
        json.dumps({"ids": ["ab" * 16]}),
        **authority,
        Content_Type="application/json",
    )
    assert status == 200
    assert json.loads(content)["items"]["ab" * 16]["receipt"]


def test_no_address_is_stored_or_logged(server: Served) -> None:
    use(server)
    server.stop()
    written = {str(path): path.read_bytes() for path in server.instance.rglob("*") if path.is_file()}
    assert any(name.endswith(".sqlite") for name in written)
    written["what the server said"] = server.said.encode()
    for address in (CALLER, FORWARDED):
        forms = [
            address.encode(),
            address.encode("utf-16-le"),
            address.encode("utf-16-be"),
            socket.inet_aton(address),
        ]
        found = [name for name, content in written.items() if any(form in content for form in forms)]
        assert found == [], address
    # The line that would have held it is there, so that this search had something to find.
    assert "Invalid request from a client" in server.said


def test_gunicorn_keeps_no_access_log(tmp_path: Path) -> None:
    shown = subprocess.run(
        [
            str(PYTHON),
            "-m",
            "gunicorn",
            "--config",
            "python:scripts.gunicorn_conf",
            "--print-config",
            "wsgi:app",
        ],
        cwd=ROOT,
        env={**os.environ, "INSTANCE": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    settings = dict(re.findall(r"^(\w+)\s+= (.*)$", shown, re.MULTILINE))
    assert settings["accesslog"] == "None"
    assert settings["workers"] == "1"
    assert settings["control_socket_disable"] == "True"
