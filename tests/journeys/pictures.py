"""Pictures for the README and docs, taken by the journeys themselves: `make pictures` keeps them."""

from __future__ import annotations

import io
import os
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page


def picture(page: Page, name: str) -> None:
    """Keep what the page shows as `name` in docs/pictures, if pictures are wanted in this run."""
    wanted = os.environ.get("PICTURES")
    if not wanted:
        return
    folder = Path(wanted)
    folder.mkdir(parents=True, exist_ok=True)
    shot = Image.open(io.BytesIO(page.screenshot()))
    # A palette is enough for screens, and keeps the repository small.
    shot.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(folder / f"{name}.png", optimize=True)
