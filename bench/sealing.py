"""Sealing in a real Chromium's worker, beside typage and beside a plain loop of the browser's own cipher."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import sync_playwright

from app.seal import make_identity
from bench.figures import MB, figure, sized, workplace
from scripts import tools
from scripts.ground import ROOT, run

ROUNDS = 24  # the best of each: with 8 a busy moment of the machine took all of one and not of the other (0.69 to 0.94)
RECIPIENTS = 3  # intake and two of custody

PAGE = "<!doctype html><meta charset=utf-8><title>sealing</title>"
ASK = """(order) => new Promise((resolve) => {
  const worker = new Worker('/sealing.js', { type: 'module' });
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = (event) => resolve({ error: event.message });
  worker.postMessage(order);
})"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing: only figures are printed."""


@contextmanager
def served(folder: Path) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()


def main() -> None:
    with workplace() as folder, sync_playwright() as playwright:
        site = folder / "site"
        site.mkdir()
        (site / "index.html").write_text(PAGE)
        esbuild = ROOT / "node_modules" / ".bin" / "esbuild"
        options = ["--bundle", "--minify", "--format=esm", "--target=es2022", "--log-level=warning"]
        built: list[str | Path] = [esbuild, "bench/sealing.mjs", *options, f"--outfile={site / 'sealing.js'}"]
        run(built, "building the figures of sealing", quiet=True)
        browser = playwright.chromium.launch_persistent_context(
            folder / "profile",
            executable_path=tools.chromium(),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
        )
        with served(site) as port:
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{port}/")
            order = {
                "recipients": [make_identity().recipient for _ in range(RECIPIENTS)],
                "size": sized(100 * MB),
                "rounds": ROUNDS,
            }
            found = page.evaluate(ASK, order)
        browser.close()
    if "error" in found:
        raise SystemExit(f"sealing: {found['error']}")
    best = found["best"]
    figure("sealing in Chromium, beside typage", best["witness"], "MB/s", best["typage"])
    if found["native"]:
        figure("sealing in Chromium, beside a plain loop", best["witness"], "MB/s", best["plainLoop"])
