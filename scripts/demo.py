"""`make demo`: a demonstration of its own, made if it isn't there yet, then served."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from config import ROOT, Config, ConfigError, from_environment
from scripts.ground import Missing, say
from scripts.serve import Supervisor, check_port, free_port, only_one, web, worker

FOLDER = ROOT / ".demo"
PART = ("dawn-heron", "dawn-sparrow", "minor", "beach", "pond")
PATIENCE = 300.0  # seconds until everything is opened


def environment() -> None:
    """What a demonstration's server is told. A setting that would make it public is refused by the application."""
    os.environ.setdefault("INSTANCE", str(FOLDER))
    os.environ["TEMOIN_DEMO"] = "yes"
    os.environ["FLASK_APP"] = "wsgi.py"
    if "PORT" not in os.environ:
        os.environ["PORT"] = str(_port())


def _port() -> int:
    """8000, or any free one where something real is served there."""
    try:
        check_port("127.0.0.1", 8000)
    except Missing:
        return free_port()
    return 8000


@contextmanager
def opening() -> Iterator[None]:
    """A worker of its own beside the telling, so that what arrives is opened meanwhile."""
    child = subprocess.Popen(worker().command, cwd=ROOT, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        child.terminate()
        child.wait()


def make(config: Config, part: bool = False) -> None:
    """Tell the story into an empty folder. `part`: five scenes with small pictures, for tests."""
    from flask_migrate import upgrade

    from app import create_app
    from app.db import forget_reads
    from app.demo import seed, story
    from app.opening import service

    began = time.monotonic()
    seed.make_room(config.instance)
    app = create_app(config)

    def opened() -> None:
        end = time.monotonic() + PATIENCE
        with app.app_context():
            while service.waiting():
                if time.monotonic() > end:
                    raise Missing("The worker hasn't opened everything in time. Start again.")
                forget_reads()
                time.sleep(0.2)

    with app.app_context():
        upgrade()
        seed.begin()
    with opening():
        scenes = [scene for scene in story.read().scenes if scene.key in PART] if part else None
        seed.tell_all(app, opened, say, scenes, part)
    say(f"Told in {time.monotonic() - began:.0f} s.")


def ways_in(config: Config) -> str:
    from app import create_app
    from app.accounts import service as accounts
    from app.demo import story

    app = create_app(config)
    with app.app_context():
        links = [(name, accounts.login_link(name)) for name, _roles in story.read().people]
    return "".join(f"\n  {name:9} {link}" for name, link in links)


def main() -> int:
    environment()
    try:
        config = from_environment()
        os.environ["TEMOIN_ORGANISATION"] = _organisation()
        config = from_environment()
        check_port(config.host, config.port)
        from app import demonstration
        from app.demo import seed

        demonstration.mark(config.instance)
        with only_one(config.instance):
            if not seed.is_told(config.instance):
                say("Telling a made-up story; the first time this takes a minute or two ...")
                make(config, part="part" in sys.argv[1:])
            links = ways_in(config)
            shown = "localhost" if config.host in {"127.0.0.1", "::1"} else config.host
            ready = (
                f"\nDEMONSTRATION, everything is made up: http://{shown}:{config.port}/desk/  (Ctrl-C stops it)"
                f"\nEach link is valid once; a new start prints new ones:{links}"
            )
            return Supervisor([web(config.host, config.port), worker()]).run(ready)
    except ConfigError as error:
        raise Missing(str(error)) from error


def _organisation() -> str:
    from app.demo import story

    return story.read().organisation


if __name__ == "__main__":
    sys.exit(main())
