"""Table of openings: what the worker found when it opened a sealed item, each time it did."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model


class Opening(Model):
    """One opening of a media item. `working` names the working copy's blob; without one `problem` says why."""

    __tablename__ = "opening"
    id: Mapped[int] = mapped_column(primary_key=True)
    # Item.id, which is the upload's: a provisional opening comes before there is an item.
    item: Mapped[str] = mapped_column(ForeignKey("upload.id"), index=True)
    observation_id: Mapped[str | None] = mapped_column(
        index=True
    )  # by the begin or import entry; filled when that arrives
    at: Mapped[int] = mapped_column(BigInteger)
    provisional: Mapped[bool]  # the upload was silent, not finished; more may come
    sealed_size: Mapped[int] = mapped_column(BigInteger)  # bytes of the body that were there
    # Plaintext bytes covered by what the phone signed: all of them for a committed item, those of the last
    # prefix for a provisional one, 0 without any.
    attested_size: Mapped[int] = mapped_column(BigInteger)
    interrupted: Mapped[bool]  # ends at its last whole chunk: a recording that was cut
    media_type: Mapped[str | None]  # as found in the bytes, e.g. video/webm
    original_size: Mapped[int] = mapped_column(BigInteger)  # plaintext
    original_sha256: Mapped[str]
    working: Mapped[str | None]
    working_size: Mapped[int | None] = mapped_column(BigInteger)
    working_sha256: Mapped[str | None]
    report: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # app.scrub.Report.to_json()
    facts: Mapped[dict[str, Any] | None] = mapped_column(
        JSON
    )  # values of the metadata: when, where, with what
    problem: Mapped[str | None] = mapped_column(Text)


class Viewing(Model):
    """A copy converted for viewing, of a clean copy that browsers can't show: JPEG, VP9 or Opus. Never evidence, never
    sent out unasked. `state`: waiting, making, made, failed; `done` in percent; `problem` says why it failed."""

    __tablename__ = "viewing"
    id: Mapped[int] = mapped_column(primary_key=True)
    opening: Mapped[int] = mapped_column(ForeignKey("opening.id"), unique=True)
    kind: Mapped[str]  # image, film, sound
    state: Mapped[str] = mapped_column(index=True)
    tries: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    at: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str | None]
    copy: Mapped[str | None]  # names its blob
    size: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None]
    pictures: Mapped[int | None]  # in the file; the first one is shown
    problem: Mapped[str | None] = mapped_column(Text)


class Crop(Model):
    """A region that somebody cut out of a working copy to read a number from: evidence, sealed and logged like a medium.
    It belongs to its observation and goes when that is withdrawn. Its blob is `working/<id>.age`."""

    __tablename__ = "crop"
    id: Mapped[str] = mapped_column(primary_key=True)  # opaque: it stands in addresses
    observation_id: Mapped[str] = mapped_column(ForeignKey("observation.id"), index=True)
    item: Mapped[str] = mapped_column(ForeignKey("upload.id"), index=True)  # as in Opening
    working_sha256: Mapped[str]  # of the working copy that it was cut from
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    at: Mapped[int] = mapped_column(BigInteger)
    tick: Mapped[int | None] = mapped_column(BigInteger)  # the frame's own time stamp; none for a photo
    media_ms: Mapped[int | None] = mapped_column(BigInteger)  # the same, in ms of the film
    region: Mapped[dict[str, int]] = mapped_column(JSON)  # x, y, w, h in pixels of the upright working copy
    size: Mapped[int] = mapped_column(BigInteger)  # of the PNG
    sha256: Mapped[str]
    log_index: Mapped[int] = mapped_column(BigInteger)

    @property
    def blob(self) -> str:
        return f"working/{self.id}.age"
