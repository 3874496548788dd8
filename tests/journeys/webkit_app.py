"""The phone app in WebKitGTK, driven by the W3C's WebDriver protocol. It is not Safari: it stands for an engine that
refuses handles to private files, so that sealed bytes go into IndexedDB."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from scripts import tools
from tests.journeys.live import PATIENCE, NotInTime, free_port, until

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the protocol's name for a reference to an element


class Refused(AssertionError):
    """The driver could not do what was asked. `code`: the protocol's word for why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class WebKitPhone:
    """One private session: what it keeps goes with it."""

    def __init__(self, folder: Path, url: str) -> None:
        driver, browser, screen = tools.webkit()
        self.url, self._port = url, free_port()
        self._screen = subprocess.Popen(
            [screen, "-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self._screen.stdout is not None
        for name in ("home", "run"):
            (folder / name).mkdir(mode=0o700, parents=True)
        # No graphics card: all by software, and no shared buffers that need one.
        environment = {
            **os.environ,
            "DISPLAY": f":{self._screen.stdout.readline().strip()}",
            "HOME": str(folder / "home"),
            "XDG_RUNTIME_DIR": str(folder / "run"),
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "WEBKIT_DISABLE_DMABUF_RENDERER": "1",
            "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",  # it needs namespaces that a container may refuse
        }
        self._driver = subprocess.Popen(
            [driver, f"--port={self._port}"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )  # fmt: skip
        until("the driver listens", self._listens)
        wanted = {"binary": str(browser), "args": ["--automation", "--features=+MockCaptureDevices"]}
        session = self._ask(
            "POST", "/session", {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": wanted}}}
        )
        self._session = f"/session/{session['sessionId']}"
        self.do("POST", "/timeouts", {"script": 1000 * PATIENCE})
        self.do("POST", "/url", {"url": url})

    def _listens(self) -> bool:
        try:
            return bool(self._ask("GET", "/status", None)["ready"])
        except OSError:
            return False

    def _ask(self, method: str, path: str, body: object) -> Any:
        line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=2 * PATIENCE)
        try:
            line.request(
                method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"}
            )
            answer = json.loads(line.getresponse().read())["value"]
        finally:
            line.close()
        if isinstance(answer, dict) and "error" in answer:
            raise Refused(answer["error"], answer.get("message", ""))
        return answer

    def do(self, method: str, path: str, body: object = None) -> Any:
        return self._ask(method, self._session + path, body)

    def run(self, script: str, *values: object) -> Any:
        """The result of a function's body in the page; a promise is waited for."""
        wrapped = "const [...given] = arguments; const done = given.pop();" + (
            f"(async (...values) => {{ {script} }})(...given).then((it) => done({{ it: it ?? null }}),"
            " (error) => done({ error: String(error) }));"
        )
        said = self.do("POST", "/execute/async", {"script": wrapped, "args": list(values)})
        assert "error" not in said, said["error"]
        return said["it"]

    def sees(self, text: str) -> None:
        def said() -> str:
            return str(self.run("return document.body.innerText"))

        try:
            until(f"the page says {text!r}", lambda: text in said())
        except NotInTime as error:
            raise NotInTime(f"{error}; it says: {said()}") from error

    def button(self, name: str) -> Any:
        """A button by its name, once it is there, enabled, and not behind an open panel."""
        script = (
            "const within = document.querySelector('dialog[open]') ?? document;"
            "return [...within.querySelectorAll('button')].find((b) => b.offsetParent && !b.disabled &&"
            " (b.getAttribute('aria-label') ?? b.innerText).trim() === values[0])"
        )
        return until(f"a button {name!r}", lambda: self.run(script, name))

    def press(self, name: str) -> None:
        """Press a button. Where the page was drawn anew between finding it and pressing it, the new one."""
        until(f"{name!r} is pressed", lambda: self._pressed(self.button(name)))

    def _pressed(self, button: Any) -> bool:
        try:
            self.do("POST", f"/element/{button[ELEMENT]}/click", {})
        except Refused as error:
            if error.code != "stale element reference":
                raise
            return False
        return True

    def fill(self, selector: str, text: str) -> None:
        """Type into a field once it is shown, and see that the text is there."""
        shown = "return [...document.querySelectorAll(values[0])].find((field) => field.offsetParent)"
        until(f"{selector} is shown", lambda: self.run(shown, selector))
        found = self.do("POST", "/element", {"using": "css selector", "value": selector})
        self.do("POST", f"/element/{found[ELEMENT]}/value", {"text": text})
        until(f"{selector} is filled", lambda: text in self.run(f"{shown}.value", selector))

    def choose(self, selector: str, path: Path) -> None:
        """Give a file to a file field, which pages hide."""
        found = self.do("POST", "/element", {"using": "css selector", "value": selector})
        self.do("POST", f"/element/{found[ELEMENT]}/value", {"text": str(path)})

    def close(self) -> None:
        for process in (self._driver, self._screen):
            process.terminate()
        for process in (self._driver, self._screen):
            process.wait(PATIENCE)
        assert self._screen.stdout is not None
        self._screen.stdout.close()
