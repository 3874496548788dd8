"""Clients that nobody here wrote, over a line that is cut: they go on where they stopped, and what arrives is whole."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
from pathlib import Path

import aiotus
import aiotus.retry
import pyrage
from tusclient.client import TusClient

from app import jws
from app.seal import head_length
from bench.faults import node
from bench.faults.line import Line
from bench.faults.report import Report
from bench.faults.server import Server, running
from bench.figures import MB
from bench.intake import install

CUT_EVERY = int(0.7 * MB)


class Foreign:
    """A device without a signing key, and files sealed for it."""

    def __init__(self, server: Server, line: Line, folder: Path) -> None:
        self.server, self.line, self.folder = server, line, folder
        self.given = json.loads(server.flask("enrol", "foreign client", "--json"))
        self.endpoint = f"{line.url}/api/files"
        self._recipients = [pyrage.x25519.Recipient.from_str(one) for one in self.given["recipients"]]

    def sealed(self, size: int) -> Path:
        path = self.folder / f"{os.urandom(4).hex()}.age"
        path.write_bytes(pyrage.encrypt(os.urandom(size), self._recipients))
        return path

    @property
    def authorisation(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.given['token']}"}

    def is_stored(self, path: Path) -> bool:
        """Whether exactly these bytes are an item now: head and body by hash, and body on disk."""
        whole = path.read_bytes()
        head = head_length(whole)
        assert head is not None
        rows = self.server.rows(
            "select id, attested from item where head_sha256 = ? and body_sha256 = ?",
            jws.sha256(whole[:head]), jws.sha256(whole[head:]),
        )  # fmt: skip
        body = self.server.instance / "blobs" / "bodies"
        return len(rows) == 1 and rows[0][1] == "none" and (body / rows[0][0]).read_bytes() == whole[head:]

    def javascript(self, path: Path, mode: str, url: str | None = None) -> dict[str, str]:
        order = {
            "endpoint": self.endpoint,
            "token": self.given["token"],
            "file": str(path),
            "mode": mode,
            "url": url,
        }
        return node.Program(node.HERE / "foreign.mjs", order).end(120)

    def tuspy(self, path: Path) -> None:
        """As its own documentation resumes: a new uploader on the address of the old one."""
        url = None
        for _try in range(60):
            with path.open("rb") as file, contextlib.suppress(Exception):
                client = TusClient(self.endpoint, headers=self.authorisation)
                sender = client.uploader(file_stream=file, url=url, chunk_size=512 * 1024)
                try:
                    if sender.url is None:
                        sender.set_url(sender.create_url())
                finally:
                    url = sender.url
                sender.upload()
                return
        raise TimeoutError("tuspy did not get through")

    def aiotus(self, path: Path) -> None:
        async def send() -> object:
            with path.open("rb") as file:
                # Its own retries stand off for seconds; the line here is back at once.
                patient = aiotus.RetryConfiguration(retry_attempts=60, max_retry_period_seconds=0.2)
                return await aiotus.upload(
                    self.endpoint, file, {}, headers=self.authorisation, config=patient, chunksize=512 * 1024
                )

        if asyncio.run(send()) is None:
            raise TimeoutError("aiotus did not get through")


def main(report: Report, folder: Path) -> None:
    install()
    logging.getLogger("aiotus").setLevel(logging.CRITICAL)
    with running(folder / "server", "web server") as server:
        line = Line(server.port, 4, cut_every=CUT_EVERY)
        foreign = Foreign(server, line, folder)
        times = report.sized(5, 1)
        for name in (
            "tus-js-client",
            "tus-js-client, resumed by another",
            "tus-js-client, length not known",
            "tuspy",
            "aiotus",
        ):
            whole = 0
            for _ in range(times):
                path = foreign.sealed(3 * MB)
                if name == "tuspy":
                    foreign.tuspy(path)
                elif name == "aiotus":
                    foreign.aiotus(path)
                elif "resumed" in name:
                    stopped = foreign.javascript(path, "stop")
                    foreign.javascript(path, "resume", stopped["url"])
                else:
                    foreign.javascript(path, "stream" if "not known" in name else "whole")
                whole += foreign.is_stored(path)
            report.count(
                f"foreign client over a cut line: {name}: stored whole, of {times}", whole, least=times
            )
        report.count("foreign clients: cuts", line.done["cut by bytes"])
        report.count("foreign clients: verified again by `flask verify`", int(server.verified()), least=1)
        report.count("foreign clients: unexpected errors in the server's logs", len(server.errors()), most=0)
        line.close()
