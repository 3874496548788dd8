"""Crops as evidence: cut, sealed, logged, shown again, listed. The only writer of crops."""

from __future__ import annotations

import io
import os
from typing import BinaryIO, cast

import pyrage
from sqlalchemy import select

from app.accounts.models import User
from app.blobs import blobs
from app.clock import now_ms
from app.custody import log
from app.db import db, unit_of_work
from app.keys import keys
from app.opening import cutting
from app.opening.cutting import Box, Kind
from app.opening.models import Crop, Opening


def make(user: User, opening: Opening, kind: Kind, box: Box, tick: int | None) -> Crop:
    """Cut a region out of a working copy that belongs to an observation. `box`: left, top, width, height in pixels of
    the upright picture; `tick`: a frame's time stamp. Raises CannotCut, Busy; nothing is kept when anything fails."""
    assert opening.observation_id is not None and opening.working_sha256 is not None
    observation, item, working = opening.observation_id, opening.item, opening.working_sha256
    made = cutting.cut(opening, kind, box, tick)
    name = made.blob.removesuffix(".age")
    left, top = max(0, box[0]), max(0, box[1])
    region = {"x": left, "y": top, "w": made.width, "h": made.height}
    try:
        with unit_of_work() as session:
            place = log.append(
                user.actor, "crop.cut", item,
                {"crop": name, "sha256": made.sha256, "size": made.size, "working": working, "region": region,
                 "tick": made.tick, "media_ms": made.media_ms, "observation": observation},
            )  # fmt: skip
            crop = Crop(
                id=name, observation_id=observation, item=item, working_sha256=working, user_id=user.id, at=now_ms(),
                tick=made.tick, media_ms=made.media_ms, region=region, size=made.size, sha256=made.sha256, log_index=place.index,
            )  # fmt: skip
            session.add(crop)
            session.flush()
            return crop
    except BaseException:
        blobs().erase(f"working/{made.blob}")
        raise


def png(crop: Crop) -> bytes:
    """The picture of a crop. Raises BlobMissing once its observation was withdrawn."""
    with blobs().open(crop.blob) as sealed:
        return _opened(sealed)


def frame_png(opening: Opening, tick: int) -> bytes:
    """One whole frame as a PNG, for the eye only: it is kept nowhere. Raises CannotCut, Busy."""
    with os.fdopen(os.memfd_create("frame"), "w+b") as target:
        cutting.cut_into(target, opening, "film", None, tick)
        target.seek(0)
        return _opened(target)


def _opened(sealed: BinaryIO) -> bytes:
    out = io.BytesIO()
    pyrage.decrypt_io(sealed, out, [keys().storage.pyrage])
    return out.getvalue()


def of_observation(observation_id: str) -> list[Crop]:
    """All crops of an observation, oldest first: what has to go when it is withdrawn (each one's `blob`)."""
    return list(
        db.session.scalars(
            select(Crop).where(Crop.observation_id == observation_id).order_by(Crop.at, Crop.id)
        )
    )


def of_item(item: str) -> list[Crop]:
    """Crops cut from one medium, newest first."""
    return list(db.session.scalars(select(Crop).where(Crop.item == item).order_by(Crop.at.desc(), Crop.id)))


def find(crop_id: str) -> Crop | None:
    return cast("Crop | None", db.session.get(Crop, crop_id))
