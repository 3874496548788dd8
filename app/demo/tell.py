"""The story told by its phones: entries and media, sealed and sent over the real routes, one observation after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import Flask

from app import jws, language
from app.demo import media
from app.demo.phone import Phone
from app.demo.story import Says, Scene, Story
from app.ids import new_id

PHOTO = (1600, 900)
FILM = (960, 540)
FINISH = 20.0  # seconds after the last thing said


@dataclass
class Telling:
    """One observation being kept by a phone."""

    phone: Phone
    scene: Scene
    start: int  # ms, as the server's clock would have it
    sizes: tuple[tuple[int, int], tuple[int, int]]  # of photos and films
    id: str = field(default_factory=new_id)
    _seq: int = 0

    def all(self) -> None:
        self._entry(0, "open", {})
        for said in self.scene.says:
            self._say(said)
        last = max(self._ends(said) for said in self.scene.says)
        self._entry(last + FINISH, "finish", {"by": "person"})

    @staticmethod
    def _ends(said: Says) -> float:
        return said.after + float(said.data.get("seconds", 0) if said.what in media.SIGNS else 0)

    def _say(self, said: Says) -> None:
        if said.what == "photo":
            lat, lon, _accuracy = self.scene.fix or (51.05, 1.8, 20)
            taken = language.local(self.start + int(said.after * 1000))
            data = media.photo(self.scene.look, taken, lat, lon, self.sizes[0])
            self._record(said, data, said.after)
        elif said.what == "film":
            begin, seconds = said.data["begin"], said.data["seconds"]
            data = media.film(self.scene.look, seconds, begin, self.sizes[1])
            self._record(said, data, said.after + seconds)
        elif said.what == "sound":
            self._record(said, media.sound(said.data["seconds"]), said.after + said.data["seconds"])
        else:
            self._entry(said.after, said.what, said.data)

    def _record(self, said: Says, data: bytes, until: float) -> None:
        kept = float(said.data.get("cut", 1.0))
        item = new_id()
        begin = {"item": item, "kind": said.what, "mime": media.SIGNS[said.what]}
        camera = {} if said.what == "sound" else {"camera": "environment"}
        still = {"still": "photo"} if said.what == "photo" else {}
        self._entry(said.after, "begin", {**begin, **camera, **still})
        self.phone.seal(data, said.what, item, kept)
        if kept == 1:
            end = {"item": item, "size": len(data), "sha256": jws.sha256(data), "gaps": []}
            self._entry(until, "end", {**end, "reason": "still" if still else "stop"})

    def _entry(self, after: float, type_: str, data: dict[str, Any]) -> None:
        wall = self.start - self.phone.offset + int(after * 1000)
        clock = {"wall": wall, "mono": int(after * 1000), "offset": self.phone.offset, "error": 40}
        self.phone.entry({
            "v": 1, "type": type_, "id": new_id(), "observation": self.id, "seq": self._seq, "trial": False,
            "corrects": None, "clock": {**clock, "measured": wall}, "place": self._place(wall), "data": data,
        })  # fmt: skip
        self._seq += 1

    def _place(self, at: int) -> dict[str, Any] | None:
        if self.scene.site:
            return {"source": "site", "site": self.scene.site}
        if self.scene.fix:
            lat, lon, accuracy = self.scene.fix
            return {"source": "gps", "lat": lat, "lon": lon, "accuracy": accuracy, "at": at}
        return None


def tell(
    app: Flask, story: Story, today: date, scenes: Sequence[Scene] | None = None, small: bool = False
) -> Iterator[tuple[Scene, str]]:
    """Each scene as it is sent, oldest first, with the id of its observation. `small`: pictures of a quarter the size,
    for tests."""
    part = 4 if small else 1
    sizes = tuple((width // part, height // part // 2 * 2) for width, height in (PHOTO, FILM))
    told = sorted(story.scenes if scenes is None else scenes, key=lambda one: -one.ago)
    wanted = {scene.phone for scene in told}
    phones = {
        key: Phone(app, label, offset) for key, (label, offset) in story.phones.items() if key in wanted
    }
    for scene in told:
        with app.app_context():
            telling = Telling(phones[scene.phone], scene, scene.begins(today), (sizes[0], sizes[1]))
            telling.all()
        phones[scene.phone].send()
        yield scene, telling.id
