"""The command: exit codes, nothing half written, a confined process underneath."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from app.scrub.cleaner import SHARED, Cleaner
from app.scrub.cli import scrub_command
from config import ROOT
from tests import media
from tests.media import CANARY


def test_one_file(tmp_path: Path) -> None:
    source, target, report = tmp_path / "a.jpg", tmp_path / "b.jpg", tmp_path / "r.json"
    source.write_bytes(media.jpeg_with_everything(CANARY))
    result = CliRunner().invoke(scrub_command, [str(source), str(target), "--report", str(report)])
    assert result.exit_code == 0, result.output
    assert CANARY.encode() not in target.read_bytes()
    said = json.loads(report.read_text())
    assert said["pixels"] == "identical" and said["checked"] and CANARY not in report.read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jpg", "b.jpg", "r.json"]


def test_a_refusal_leaves_nothing(tmp_path: Path) -> None:
    source, target = tmp_path / "a.jpg", tmp_path / "b.jpg"
    source.write_bytes(b"<svg><script>alert(1)</script></svg>")
    result = CliRunner().invoke(scrub_command, [str(source), str(target)])
    assert result.exit_code == 3
    assert result.output == "refused: this type of file can't be cleaned\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]


def test_a_batch(tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    (source / "deep").mkdir(parents=True)
    (source / "a.jpg").write_bytes(media.jpeg_with_everything(CANARY))
    (source / "deep" / "b.webm").write_bytes(media.webm(1))
    (source / "c.txt").write_bytes(b"a note")
    result = CliRunner().invoke(scrub_command, ["--batch", str(source), str(target), "--jobs", "1"])
    assert result.exit_code == 3
    assert result.output == "refused: c.txt: this type of file can't be cleaned\n"
    assert {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()} == {
        "a.jpg",
        "deep/b.webm",
    }


def test_the_process_goes_on_after_a_refusal(tmp_path: Path) -> None:
    with Cleaner() as cleaner:
        for data, fine in (
            (b"no", False),
            (media.jpeg_with_everything(CANARY), True),
            (media.mp4(seconds=1), True),
        ):
            path = tmp_path / "x"
            path.write_bytes(data)
            with path.open("rb") as source, (tmp_path / "y").open("wb") as target:
                try:
                    assert cleaner.clean(source, target).size > 0 and fine
                except Exception as error:
                    assert not fine, error


def test_large_files_are_handed_over_open(tmp_path: Path) -> None:
    path, target = tmp_path / "large.wav", tmp_path / "out.wav"
    sound = media.film("wav", CANARY, 1, None, "pcm_s16le")
    path.write_bytes(
        sound[:4] + b"\xff\xff\xff\xff" + sound[8 : sound.index(b"data") + 4] + b"\xff\xff\xff\xff"
    )
    with path.open("ab") as file:
        file.truncate(SHARED + (1 << 20))
    with path.open("rb") as source, target.open("w+b") as copy, Cleaner() as cleaner:
        answer = cleaner.clean(source, copy)
        assert copy.seek(0, io.SEEK_END) == answer.size > SHARED


def test_through_the_real_command(tmp_path: Path) -> None:
    """`flask scrub`: the exit codes that others rely on."""
    (tmp_path / "a.jpg").write_bytes(media.jpeg_with_everything(CANARY))
    (tmp_path / "b.jpg").write_bytes(b"<svg/>")
    flask = [sys.executable, "-m", "flask", "--app", "wsgi", "scrub"]
    environment = {**os.environ, "INSTANCE": str(tmp_path / "instance")}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*flask, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )

    done = run(str(tmp_path / "a.jpg"), str(tmp_path / "out.jpg"), "--report", str(tmp_path / "r.json"))
    assert done.returncode == 0, done.stderr
    assert CANARY.encode() not in (tmp_path / "out.jpg").read_bytes()
    assert json.loads((tmp_path / "r.json").read_text())["checked"]
    done = run(str(tmp_path / "b.jpg"), str(tmp_path / "no.jpg"))
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert done.stderr.startswith("refused: ") and not (tmp_path / "no.jpg").exists()
    done = run("--batch", str(tmp_path), str(tmp_path / "all"))
    assert done.returncode == 3 and "refused: b.jpg: " in done.stderr
    assert (tmp_path / "all" / "a.jpg").exists() and not (tmp_path / "all" / "b.jpg").exists()
