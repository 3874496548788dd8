"""Journeys share nothing but this: a live server each."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.ground import PYTHON, ROOT
from tests.journeys.live import LiveServer

# Longest first, most of it a film's own time: what begins last ends last, and then alone.
LONG = ["leaks", "blobs", "accessible", "incidents", "phone", "footage", "demo", "firefox", "desk", "way_in"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {f"test_{name}": place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: order.get(item.path.stem, len(LONG)) if "journeys" in item.path.parts else 0)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as the first start makes it, before anything ran on it."""
    folder = tmp_path_factory.mktemp("prepared") / "instance"
    made = subprocess.run(
        [PYTHON, "-m", "scripts.instance"], cwd=ROOT, env=LiveServer(folder).environment, text=True,
        capture_output=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    return folder


@pytest.fixture
def server(tmp_path: Path, prepared: Path) -> Iterator[LiveServer]:
    """Started for the second time, which is quicker."""
    yield from running(shutil.copytree(prepared, tmp_path / "instance"))


@pytest.fixture
def first_start(tmp_path: Path) -> Iterator[LiveServer]:
    """As `make run` starts on an empty data folder."""
    yield from running(tmp_path / "instance")


def running(instance: Path) -> Iterator[LiveServer]:
    live = LiveServer(instance)
    live.start()
    yield live
    live.stop()
