"""Getting ready: what is missing or too old is named, what did not change is not done again."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from scripts import checks, ground, prepare, tools
from scripts.checks import Counts, Stage
from scripts.ground import ROOT

SH = "/bin/sh"


def program(folder: Path, name: str, body: str) -> Path:
    path = folder / name
    path.write_text(f"#!{SH}\n{body}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing on it but what a test puts there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.mark.parametrize(
    ("version", "said"),
    [(None, "Node 20.0 or newer with npm is needed"), ("v18.19.0", "this one is v18.19.0")],
)
def test_a_missing_or_old_node_is_named(
    only: Path, capsys: pytest.CaptureFixture[str], version: str | None, said: str
) -> None:
    if version:
        program(only, "node", f"echo {version}")
        program(only, "npm", "exit 0")
    with pytest.raises(SystemExit) as ended:
        prepare.node(prepare.NODE_RUN)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_a_new_enough_node_is_taken(only: Path) -> None:
    node = program(only, "node", "echo v20.19.4")
    program(only, "npm", "exit 0")
    assert prepare.node(prepare.NODE_TEST) == str(node)


def choose_python(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [SH, str(ROOT / "scripts" / "python")]
    return subprocess.run(command, env={"PATH": str(folder), **environment}, capture_output=True, text=True)


def test_an_old_python_is_passed_over(only: Path) -> None:
    program(only, "python3", "exit 1")
    newer = program(only, "python3.12", "exit 0")
    chosen = choose_python(only)
    assert (chosen.returncode, chosen.stdout.strip()) == (0, str(newer))


def test_no_python_that_fits_is_named(only: Path) -> None:
    program(only, "python3", "exit 1")
    for chosen in (choose_python(only), choose_python(only, PYTHON=str(only / "python3"))):
        assert chosen.returncode == 2
        assert "Python 3.11 or newer" in chosen.stderr
        assert "apt-get install python3" in chosen.stderr


def test_a_named_browser_that_does_not_start_is_no_reason_to_take_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHROMIUM", str(program(tmp_path, "broken", "exit 1")))
    with pytest.raises(SystemExit) as ended:
        tools.chromium()
    assert ended.value.code == 2
    assert "doesn't start" in capsys.readouterr().err


def test_a_missing_browser_age_and_exiftool_are_named(
    only: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.delenv("AGE", raising=False)
    monkeypatch.delenv("EXIFTOOL", raising=False)
    monkeypatch.setattr(ground, "is_root", lambda: False)
    monkeypatch.setattr(tools, "_playwright", lambda: None)
    monkeypatch.setattr(tools, "succeeds", lambda *_command: False)
    for find, named in (
        (tools.chromium, "apt-get install chromium"),
        (tools.age, "apt-get install age"),
        (tools.exiftool, "apt-get install libimage-exiftool-perl"),
    ):
        with pytest.raises(SystemExit) as ended:
            find()
        assert ended.value.code == 2
        assert named in capsys.readouterr().err


def test_what_was_done_is_done_again_only_when_its_sources_changed(tmp_path: Path) -> None:
    source = ROOT / "requirements.txt"
    stamp = tmp_path / "stamp"
    now = prepare.digest([source], "python 3")
    assert not prepare._stamped(stamp, now)
    stamp.write_text(now)
    assert prepare._stamped(stamp, prepare.digest([source], "python 3"))
    assert not prepare._stamped(stamp, prepare.digest([source], "python 4"))
    assert not prepare._stamped(stamp, prepare.digest([source, ROOT / "package.json"], "python 3"))


REPORT = '<testsuites><testsuite tests="{}" failures="{}" errors="0" skipped="{}"/></testsuites>'


@pytest.mark.parametrize(
    ("report", "strictly", "well"),
    [
        (REPORT.format(3, 0, 0), True, True),
        (REPORT.format(3, 0, 1), False, True),
        (REPORT.format(3, 0, 1), True, False),
        (REPORT.format(3, 1, 0), False, False),
        (REPORT.format(0, 0, 0), False, False),
        (None, False, False),
    ],
)
def test_a_stage_is_good_only_if_tests_ran_and_none_failed_or_was_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: str | None, strictly: bool, well: bool
) -> None:
    monkeypatch.setenv("CI", "true" if strictly else "")
    path = tmp_path / "report.xml"
    command = [SH, "-c", f"echo '{report}' > {path}" if report else "true"]
    assert checks.carry_out(Stage("stage", [command], path))[0] is well


def test_the_first_stage_that_fails_ends_the_run(capfd: pytest.CaptureFixture[str]) -> None:
    stages = [Stage("one", [["true"]]), Stage("two", [["false"]]), Stage("three", [["true"]])]
    assert checks.main(stages) == 1
    said = capfd.readouterr().out
    assert "ok     one" in said
    assert "FAILED two" in said
    assert "not run three" in said


def test_counts_add_up() -> None:
    assert str(Counts(2, 0, 0) + Counts(3, 1, 1)) == "5 passed, 1 failed, 1 skipped"


def test_ci_runs_make_test() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    lines = [line for line in script.read_text().splitlines() if line and not line.startswith("#")]
    assert lines == ["set -eu", 'cd "$(dirname "$0")/.."', "make test"]
