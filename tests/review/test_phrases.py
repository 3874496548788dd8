"""Reports of cleaning and opening in French: everything that the code can say, and what real files make it say."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from app.review.phrases import TRANSLATIONS, in_language
from app.scrub import plan
from tests import material
from tests.sentences import HOLE, everything

# Said through variables that the reading of the code doesn't follow.
ALSO = {
    *("video", "audio"),  # kinds of streams, as PyAV names them
    *("vorbis", "opus", "theora", "makernote"),  # families
    *("more", "further tags", "further parts"),  # of a file made to flood a report
}
SENTENCES = everything()
SAMPLE = "x7"


def needs_words(text: str) -> bool:
    """Whether it has words at all: EXIF, APP13 and 0x9003 are the same everywhere."""
    return re.search(r"[a-z]{2}", text.replace(HOLE, "")) is not None


def french() -> dict[str, str]:
    path = TRANSLATIONS / "fr" / "LC_MESSAGES" / "reports.po"
    return {str(m.id): str(m.string) for m in read_po(io.BytesIO(path.read_bytes())) if m.id}


def covering(text: str) -> set[str]:
    """Keys of the catalogue that this sentence uses."""
    wanted = re.escape(text).replace(re.escape(HOLE), r"%\(\w+\)s")
    return {key for key in french() if re.fullmatch(wanted, key)}


def test_the_code_was_read() -> None:
    assert len({sentence.text for sentence in SENTENCES}) > 300
    assert {sentence.kind for sentence in SENTENCES} == {"sentence", "family", "tag"}


def test_everything_that_can_be_said_has_its_french() -> None:
    lacking = {s.text: s.where for s in SENTENCES if needs_words(s.text) and not covering(s.text)}
    assert lacking == {}


def test_nothing_is_translated_that_is_never_said() -> None:
    said = set().union(*(covering(sentence.text) for sentence in SENTENCES))
    assert set(french()) - said == ALSO


def test_patterns_put_back_what_they_held() -> None:
    held = [s.text for s in SENTENCES if HOLE in s.text and needs_words(s.text)]
    assert len(held) > 20
    for text in held:
        english = text.replace(HOLE, SAMPLE)
        assert in_language(english, "fr").count(SAMPLE) == text.count(HOLE), text
        assert in_language(english, "en") == english


@pytest.mark.parametrize(
    ("english", "other"),
    [
        ("track 1: pictures", "piste 1 : images"),
        ("text box", "boîte text"),
        ("moov box cut short", "boîte moov coupée"),
        (
            "the cleaned copy does not have the same audio data",
            "la copie nettoyée n’a pas les mêmes données (audio)",
        ),
        ("chunk 5 is damaged", "le bloc 5 est abîmé"),
        ("never said by anything", "never said by anything"),
    ],
)
def test_the_most_particular_sentence_wins(english: str, other: str) -> None:
    assert in_language(english, "fr") == other


def test_reports_of_real_files_have_no_english_left() -> None:
    for data in (material.photo(), material.film()):
        _, report = plan(io.BytesIO(data))
        said = {*report.remarks, *(k.part for k in report.kept), *(k.why for k in report.kept)}
        said |= {r.part for r in report.removed}
        assert said
        same = {text for text in said if needs_words(text) and in_language(text, "fr") == text}
        assert same <= {"orientation", "date"}


def test_french_is_compiled_and_quiet() -> None:
    path = Path(TRANSLATIONS / "fr" / "LC_MESSAGES" / "reports.mo")
    assert path.exists(), "run `make build`"
    assert in_language("not an age file", "fr") == french()["not an age file"]
    assert [text for text in french().values() if "!" in text or "'" in text] == []
