"""Random tus conversations held with our server and with npm @tus/server: every difference is ours or a choice.

The bytes are those of a sealed file, since ours takes nothing else. Choices are listed in docs/faults.md.
"""

from __future__ import annotations

import http.client
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from bench import intake
from bench.faults.report import Report
from bench.faults.server import running

TYPE = "application/offset+octet-stream"


@dataclass(frozen=True)
class Step:
    """One request. `shift` is added to the right offset; `size` bytes are sent of what is left."""

    method: str
    shift: int = 0
    size: int = 0
    length: str = "right"  # right, more, less, deferred, both, none, bad
    version: str = "1.0.0"
    type: str = TYPE

    def __str__(self) -> str:
        return f"{self.method} shift={self.shift} size={self.size} length={self.length} version={self.version} type={self.type}"


VERSIONS = st.sampled_from(["1.0.0"] * 12 + ["", "0.2.2"])
CREATIONS = st.builds(
    Step, st.just("POST"), length=st.sampled_from(["right"] * 5 + ["deferred"] * 4 + ["both", "none", "bad", "zero"]),
    version=VERSIONS, size=st.sampled_from([0, 0, 0, 50, 10_000]), type=st.sampled_from([TYPE] * 4 + ["text/plain"]),
)  # fmt: skip
PATCHES = st.builds(
    Step, st.just("PATCH"), shift=st.sampled_from([0] * 8 + [-1, 1, 100]), size=st.sampled_from([0, 1, 50, 300, 10_000, 10_000]),
    length=st.sampled_from(["none"] * 5 + ["right"] * 4 + ["more", "less", "bad"]), version=VERSIONS,
    type=st.sampled_from([TYPE] * 8 + ["text/plain", ""]),
)  # fmt: skip
OTHERS = st.builds(Step, st.sampled_from(["HEAD", "HEAD", "HEAD", "DELETE", "OPTIONS"]), version=VERSIONS)
TALKS = st.tuples(CREATIONS, st.lists(st.one_of(PATCHES, PATCHES, PATCHES, OTHERS), max_size=9)).map(
    lambda t: [t[0], *t[1]]
)


@dataclass(frozen=True)
class Said:
    status: int
    offset: str | None
    length: str | None
    deferred: str | None

    def __str__(self) -> str:
        return f"{self.status} offset={self.offset} length={self.length} deferred={self.deferred}"


class Partner:
    """One side of a talk: a server, and the one upload that this talk is about."""

    def __init__(self, port: int, token: str, content: bytes) -> None:
        self.port, self.token, self.content = port, token, content
        self.path: str | None = None
        self.offset = 0

    def do(self, step: Step) -> Said:
        headers = {"Authorization": f"Bearer {self.token}"}
        if step.version:
            headers["Tus-Resumable"] = step.version
        body = b""
        if step.method in {"POST", "PATCH"}:
            headers |= self._length(step)
            if step.type and (step.method == "PATCH" or step.size):
                headers["Content-Type"] = step.type
            start = self.offset if step.method == "PATCH" else 0
            body = self.content[start : start + step.size]
        if step.method == "PATCH":
            headers["Upload-Offset"] = str(max(0, self.offset + step.shift))
        path = "/api/files" if step.method == "POST" else self.path or "/api/files/" + "0" * 32
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as line:
            line.request(step.method, path, body, headers)
            answer = line.getresponse()
            answer.read()
        said = Said(
            answer.status, answer.headers.get("Upload-Offset"), answer.headers.get("Upload-Length"),
            answer.headers.get("Upload-Defer-Length"),
        )  # fmt: skip
        if step.method == "POST" and answer.status == 201:
            self.path = urlsplit(answer.headers["Location"]).path
        if said.offset is not None and answer.status < 300:
            self.offset = int(said.offset)
        return said

    def _length(self, step: Step) -> dict[str, str]:
        whole = len(self.content)
        told = {
            "right": str(whole), "both": str(whole), "more": str(whole + 10), "less": "5", "bad": "-7", "zero": "0",
        }  # fmt: skip
        headers = {"Upload-Length": told[step.length]} if step.length in told else {}
        return headers | ({"Upload-Defer-Length": "1"} if step.length in {"deferred", "both"} else {})


WITHDRAWN = "a stored item can't be withdrawn"
LEFT_BEHIND = "a refused request leaves no length behind"
# Both refuse and nothing changes; ours names the reason that the protocol gives a status of its own, in this order:
# version (412), existence (404), media type (415), offset (409), the rest.
OTHER_STATUS = {
    (412, 400),
    (412, 403),
    (412, 404),
    (404, 400),
    (404, 403),
    (415, 400),
    (415, 403),
    (409, 400),
    (413, 400),
    (400, 409),
    (415, 413),
}


def choice(step: Step, ours: Said, theirs: Said) -> str | None:
    """The choice of docs/faults.md that a difference falls under, or None: then it is a bug of one side."""
    if ours.status >= 400 and theirs.status >= 400:
        return "refused for another reason first" if (ours.status, theirs.status) in OTHER_STATUS else None
    if step.method == "PATCH" and ours.status == 204 and theirs.status == 400 and step.length != "none":
        return "the same length told again is no error"
    if step.method == "DELETE" and (ours.status, theirs.status) == (403, 204):
        return WITHDRAWN
    if step.method == "HEAD" and ours.deferred and theirs.length:
        return LEFT_BEHIND
    return None


def compare(ours: Said, theirs: Said, step: Step) -> bool:
    if ours.status != theirs.status:
        return False
    if ours.status >= 400 or step.method in {"DELETE", "OPTIONS"}:
        return True
    if step.method == "HEAD":
        return ours == theirs
    return step.method != "PATCH" or ours.offset == theirs.offset


def main(report: Report, folder: Path) -> None:
    intake.install()
    choices: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    requests = 0
    with running(folder / "server", "web server") as server, intake.peer(folder / "peer") as (other, _pid):
        device = server.handset("peer")
        content = device.seal(bytes(400)).bytes

        @seed(1)
        @settings(
            max_examples=report.sized(800, 25), deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(TALKS)
        def talk(steps: list[Step]) -> None:
            nonlocal requests
            ours, theirs = Partner(server.port, device.token, content), Partner(other, "", content)
            for step in steps:
                requests += 1
                mine, its = ours.do(step), theirs.do(step)
                if compare(mine, its, step):
                    continue
                if (name := choice(step, mine, its)) is None:
                    unknown[f"{step}: ours {mine}, theirs {its}"] += 1
                    return
                choices[name] += 1
                if name in {WITHDRAWN, LEFT_BEHIND} or ours.offset != theirs.offset:
                    return  # from here on the two hold different uploads

        talk()
        report.count("beside @tus/server: requests", requests, least=report.sized(2500, 60))
        for name, number in sorted(choices.items()):
            report.count(f"beside @tus/server, chosen otherwise: {name}", number)
        report.count("beside @tus/server: differences that are no choice", unknown.total(), most=0)
        for line, number in unknown.most_common(20):
            print(f"  {number} x {line}", flush=True)
        report.count(
            "beside @tus/server: unexpected errors in the server's logs", len(server.errors()), most=0
        )
