"""Every text in both languages, and every date, time and size in one form."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from flask import Flask

from app import language
from config import ROOT

FRENCH = ROOT / "app" / "translations" / "fr" / "LC_MESSAGES" / "messages.po"
HOLDER = re.compile(r"%\(\w+\)[sd]")


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Every text that code and templates say."""
    target = tmp_path_factory.mktemp("texts") / "messages.pot"
    mapping = ROOT / "app" / "translations" / "babel.cfg"
    extract = [
        sys.executable,
        "-m",
        "babel.messages.frontend",
        "-q",
        "extract",
        "-F",
        str(mapping),
        "-k",
        "_l",
    ]
    subprocess.run([*extract, "-o", str(target), "."], cwd=ROOT, check=True)
    return read_po(BytesIO(target.read_bytes()))


@pytest.fixture(scope="module")
def french() -> Catalog:
    return read_po(BytesIO(FRENCH.read_bytes()), locale="fr")


def forms(message: Message) -> Iterator[tuple[str, str]]:
    """(English, French) of each form of a message."""
    english = (message.id,) if isinstance(message.id, str) else message.id
    translated = (message.string,) if isinstance(message.string, str) else message.string
    yield from zip(english, translated or (), strict=True)


def test_every_text_has_its_french(said: Catalog, french: Catalog) -> None:
    assert len(said) > 200
    translated = {str(m.id): m.string for m in french}
    lacking = [m.id for m in said if m.id and not translated.get(str(m.id))]
    assert lacking == []
    assert [m.id for m in french if m.fuzzy] == []


def test_no_french_is_left_over(said: Catalog, french: Catalog) -> None:
    assert [m.id for m in french if m.id and said.get(m.id) is None] == []


def test_both_languages_name_the_same_figures(french: Catalog) -> None:
    differing = [
        (english, other)
        for message in french
        if message.id
        for english, other in forms(message)
        if sorted(HOLDER.findall(english)) != sorted(HOLDER.findall(other))
    ]
    assert differing == []


def test_texts_neither_shout_nor_blame(french: Catalog) -> None:
    assert [m.id for m in french if m.id and any("!" in one for pair in forms(m) for one in pair)] == []


def test_compiled_texts_are_those_of_the_source(app: Flask) -> None:
    """`make` compiles; a test run beside it would otherwise read yesterday's words."""
    assert FRENCH.with_suffix(".mo").exists(), "run `make build`"
    with app.test_request_context("/desk/login", headers={"Accept-Language": "fr"}):
        from flask_babel import gettext

        assert gettext("Log in") == "Se connecter"


MS = 1795245552000  # 2026-11-21T07:19:12Z
SUMMER = 1783000000000  # 2026-07-02T13:46:40Z


def test_times_are_the_desks_with_utc_beside(app: Flask) -> None:
    with app.test_request_context("/desk/", headers={"Accept-Language": "en"}):
        assert (language.time(MS, True), language.utc(MS, True)) == ("08:19:12", "07:19:12")
        assert (language.time(SUMMER, True), language.utc(SUMMER, True)) == ("15:46:40", "13:46:40")
        moment = str(language.moment(SUMMER))
        assert 'datetime="2026-07-02T13:46:40.000+00:00"' in moment and "15:46:40" in moment
        assert language.moment(None) == ""


def test_a_form_time_is_read_in_the_desks_zone(app: Flask) -> None:
    with app.app_context():
        for moment in (MS, SUMMER):
            assert language.from_local(language.local(moment).replace(tzinfo=None)) == moment


@pytest.mark.parametrize(
    ("size", "english", "french"),
    [
        (0, "0 B", "0 o"),
        (999, "999 B", "999 o"),
        (1000, "1 kB", "1 ko"),
        (1_240_000, "1.2 MB", "1,2 Mo"),
        (42_400_000, "42 MB", "42 Mo"),
    ],
)
def test_sizes_as_people_say_them(app: Flask, size: int, english: str, french: str) -> None:
    for accepted, words in (("en", english), ("fr", french)):
        with app.test_request_context("/desk/", headers={"Accept-Language": accepted}):
            assert language.size(size) == words.replace(" ", "\u00a0")


@pytest.mark.parametrize(
    ("ms", "words"), [(0, "0:00"), (42_000, "0:42"), (3_723_000, "1:02:03"), (-5, "0:00")]
)
def test_lengths(ms: int, words: str) -> None:
    assert language.span(ms) == words


def test_the_language_is_asked_for_by_the_browser_or_chosen(app: Flask) -> None:
    from tests.desk import Desk

    desk = Desk(app.test_client())
    assert 'lang="fr"' in desk.http.get("/desk/login", headers={"Accept-Language": "fr-FR,fr"}).text
    assert 'lang="en"' in desk.http.get("/desk/login", headers={"Accept-Language": "de"}).text
    desk.post("/desk/language", {"language": "fr"})
    assert 'lang="fr"' in desk.http.get("/desk/login", headers={"Accept-Language": "en"}).text
    desk.post("/desk/language", {"language": "../../etc"})
    assert 'lang="fr"' in desk.http.get("/desk/login").text


def test_no_template_speaks_past_the_catalogue() -> None:
    """Text between tags that isn't in `_()`: names and signs only."""
    names = {"SHA", "English", "Français", "UTC", "Esc", "Enter"}
    commands = {"flask login-link", "make lan", "docs/deploy.md", "adb reverse tcp", "tcp", "original"}
    commands |= {"age -d -i custody.key heads", "age; cat bodies", "age -d -i custody.key"}
    classes = {"door", "three"}
    found = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        if Path("m") in path.relative_to(ROOT / "templates").parents:
            continue
        bare = re.sub(
            r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<!doctype[^>]*>|<[^>]*>|&\w+;",
            "\0",
            path.read_text(),
            flags=re.S,
        )
        words = {part.strip(" \n·:,–—|()×‹›<>/0123456789.+−-?±") for part in bare.split("\0")}
        found += [
            (path.name, word)
            for word in words
            if re.search(r"[A-Za-z]{2}", word) and word not in names | commands | classes
        ]
    assert found == []
