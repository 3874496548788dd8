"""Making a demonstration: mark, keys, people, then the story told by phones and worked on by the team."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from flask import Flask

from app import demonstration, language
from app.clock import now_ms
from app.custody import log
from app.db import unit_of_work
from app.demo import story, team, tell
from app.demonstration import Demonstration
from app.keys import keys
from config import Config

TOLD = "told.txt"  # what was told to its end, as the story's SHA-256
LOCK = "running.lock"  # scripts/serve.py: whoever makes room holds it
Opened = Callable[[], None]


def is_told(folder: Path) -> bool:
    """Whether the folder holds the whole of today's story."""
    path = folder / TOLD
    return path.is_file() and path.read_text() == story.read().sha256


def make_room(folder: Path) -> None:
    """An empty, marked folder. What an earlier telling left is removed; anything else is refused (ConfigError)."""
    demonstration.mark(folder)
    for path in folder.iterdir():
        if path.name not in {demonstration.MARK, LOCK}:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def begin() -> None:
    """On an empty database: the mark in it and in the log, before anything else; keys and people."""
    with unit_of_work() as session:
        session.add(Demonstration(id=1, began_at=now_ms(), story=story.read().sha256))
        log.append("server", "demonstration.began", "demonstration", {"story": story.read().sha256})
    keys().make(story.read().organisation)
    team.come(story.read())


def tell_all(
    app: Flask,
    opened: Opened,
    say: Callable[[str], None] = lambda _line: None,
    scenes: Sequence[story.Scene] | None = None,
    small: bool = False,
) -> dict[str, str]:
    """The whole story, or some scenes of it. `opened` returns once all that was sent is opened. Returns the
    observation of each scene by its key."""
    told = story.read()
    observations: dict[str, str] = {}
    with app.app_context():
        today = language.local(now_ms()).date()
    # Outside of any context: each request of a phone must have its own, as on a server.
    with demonstration.telling():
        for scene, observation in tell.tell(app, told, today, scenes, small):
            observations[scene.key] = observation
            of = len(told.scenes if scenes is None else scenes)
            say(f"{len(observations):3} of {of}  {scene.site or 'by its fix':10} {scene.key}")
    opened()
    with app.app_context():
        people = team.come(told)
        team.list_sites(people["lead"], told, today)
        team.file_reports(people["lead"], told)
        team.Team(told, people, observations).work()
        config: Config = app.config["TEMOIN"]
        (config.instance / TOLD).write_text(told.sha256)
    return observations
