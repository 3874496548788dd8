"""Commands before anything is set up: one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import create_app
from config import Config


@pytest.mark.parametrize(
    "command",
    [("doctor",), ("verify",), ("worker",), ("invite", "Phone 1"), ("enrol", "Phone 1")],
    ids=" ".join,
)
def test_commands_before_setup_say_what_to_run(tmp_path: Path, command: tuple[str, ...]) -> None:
    app = create_app(Config(instance=tmp_path, testing=True))
    answer = app.test_cli_runner().invoke(args=list(command))
    assert answer.exit_code == 1
    assert "run flask setup first" in answer.output and "Traceback" not in answer.output
