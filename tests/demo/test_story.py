"""What is told: made up to the last digit, and in the words that phones have."""

from __future__ import annotations

import json
import re

import pytest

from app.demo import drawn, story
from app.incidents import published
from config import ROOT

TOLD = story.read()
SAID = [(scene.key, said) for scene in TOLD.scenes for said in scene.says]


def codes(group: str) -> set[str]:
    """Codes of a group of the vocabulary."""
    raw = json.loads((ROOT / "app" / "register" / "vocabulary.json").read_text())
    if group == "code":
        return {one["code"] for part in raw["groups"] for one in part["codes"]}
    return {one["code"] for one in raw[group]}


def test_every_number_is_obviously_invented() -> None:
    patterns = [said.data["pattern"] for _key, said in SAID if said.what == "rio" and said.data["pattern"]]
    patterns += [act[3]["pattern"] for act in TOLD.desk if act[1] == "read"]
    strips = [strip for scene in TOLD.scenes for strip in scene.look.strips if strip]
    assert patterns and strips
    assert [p for p in patterns if not re.fullmatch(r"[0?]{4}[0-9?]{3}", p)] == []
    assert [s for s in strips if not s.startswith("0000")] == []
    searched = [act[2] for act in TOLD.desk if act[1] == "look-up"]
    assert all(re.fullmatch(r"[0?]{4}[0-9?]{3}", number) for number in searched)


def test_every_place_is_in_the_open_sea() -> None:
    """North of the coast between Calais and Dunkerque, which nowhere reaches 51.06 there."""
    places = [tuple(p[:2]) for site in TOLD.sites for p in site["positions"]]
    places += [scene.fix[:2] for scene in TOLD.scenes if scene.fix]
    # Off Calais the coast lies below 50.98; off Grande-Synthe below 51.06.
    assert [place for place in places if place[0] < (51.04 if place[1] < 2 else 51.06)] == []


def test_every_code_is_known() -> None:
    for type_, field, group in (("code", "code", "code"), ("code", "basis", "basis"), ("count", "what", "item"),
                                ("count", "qualifier", "qualifier"), ("officer", "force", "force"), ("unit", "force", "force"),
                                ("rio", "status", "rio_status"), ("rio", "asked", "rio_asked"), ("rio", "how", "rio_how")):  # fmt: skip
        used = {said.data[field] for _key, said in SAID if said.what == type_}
        assert used <= codes(group), (type_, field)
    assert {code for record in TOLD.reported for code in record["conduct"]} <= codes("code")


def test_the_desk_speaks_of_what_was_told() -> None:
    keys, people = {scene.key for scene in TOLD.scenes}, {name for name, _roles in TOLD.people}
    assert len(keys) == len(TOLD.scenes) and {scene.phone for scene in TOLD.scenes} <= set(TOLD.phones)
    for name, act, about, *_more in TOLD.desk:
        assert name in people
        if act != "look-up":
            assert set(about if isinstance(about, list) else [about]) <= keys


def test_nothing_is_told_of_today_or_later() -> None:
    assert min(scene.ago for scene in TOLD.scenes) >= 1


def test_published_incidents_are_facts_and_no_words_of_the_report() -> None:
    assert len(TOLD.reported) == 38
    for record in TOLD.reported:
        assert record["summary"] is None and record["notes"] is None and record["date"]["text"] is None
        again = published.to_record(published.to_sheet(record))
        assert again == {**record, "source": again["source"]}


@pytest.mark.parametrize("scene", TOLD.scenes, ids=lambda scene: scene.key)
def test_every_picture_says_that_it_is_made_up(scene: story.Scene) -> None:
    """The label's corner differs from the same ground without it."""
    picture = drawn.still(scene.look, 4.0)
    corner = picture.crop((760, 505, 960, 540))
    light = [
        pixel for _n, pixel in corner.getcolors(7_000) or [] if isinstance(pixel, tuple) and min(pixel) > 200
    ]
    assert light


def test_the_strip_is_where_it_is_drawn() -> None:
    """Readings from footage cut exactly this part."""
    for side in (1, -1):
        look = drawn.Look(strips=("", "0000012"), side=side)
        left, top, right, bottom = drawn.strip(look, 1, 7.3)
        part = drawn.still(look, 7.3).crop((left, top, right, bottom))
        bright = sum(
            n for n, pixel in part.getcolors(10_000) or [] if isinstance(pixel, tuple) and min(pixel) > 200
        )
        assert bright > 0.3 * part.width * part.height
