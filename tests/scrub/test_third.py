"""A third reader, exiftool, and files spoilt at random: what two readers of ours let through it doesn't contradict."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench import third
from bench.fuzz_scrub import made, run
from bench.spoil import spoil
from bench.third import Exiftool, NoOpinion
from tests import media, raws
from tests.media import CANARY
from tests.scrub.helpers import cleaned

FULL: dict[str, Callable[[str], bytes]] = {
    "jpg": media.jpeg_with_everything, "png": media.png_with_everything, "webp": media.webp_with_everything,
    "gif": media.gif_with_everything, "tif": media.tiff_with_everything, "dng": raws.dng_with_everything,
    "heic": media.heic_with_everything, "avif": media.avif_with_everything, "mp4": media.mp4,
    "mov": media.mov_with_everything, "mkv": media.matroska, "mp3": media.mp3, "ogg": media.ogg,
    "webm": lambda canary: media.webm(1, canary), "wav": media.wav,
}  # fmt: skip


@pytest.fixture(scope="module")
def opinion(exiftool: Path) -> Iterator[Exiftool]:
    with Exiftool(str(exiftool)) as running:
        yield running


@pytest.mark.parametrize("kind", FULL)
def test_exiftool_finds_nothing_in_a_copy(kind: str, opinion: Exiftool, tmp_path: Path) -> None:
    data = FULL[kind](CANARY)
    before, after = tmp_path / f"before.{kind}", tmp_path / f"after.{kind}"
    before.write_bytes(data)
    after.write_bytes(cleaned(data)[0])
    assert opinion.left(before)
    assert opinion.left(after) == []


def test_one_that_takes_too_long_is_ended_and_begins_anew(
    exiftool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(media.jpeg())
    with Exiftool(str(exiftool)) as opinion:
        with monkeypatch.context() as patch:
            patch.setattr(third, "SECONDS", 0.0)
            with pytest.raises(NoOpinion):
                opinion.left(path)
        assert opinion.left(path) == []


def test_spoilt_files_are_refused_withheld_or_clean(exiftool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute's part of `python -m bench.fuzz_scrub`, through the confined process."""
    monkeypatch.setenv("EXIFTOOL", str(exiftool))
    tally = run(None, seconds=60, count=150, seed=20_261_121, keep=None)
    assert tally.findings == 0, dict(tally.reasons)
    assert tally.counts["clean"] > 20 and tally.counts["refused"] > 20


def test_spoiling_is_repeatable_and_says_what_it_copied() -> None:
    seed = made()[0]
    once, again = (spoil(seed, seed, random.Random(5)) for _ in range(2))
    assert once == again and once[0] != seed
    assert {spoil(seed, seed, random.Random(number))[1] for number in range(40)} == {True, False}
