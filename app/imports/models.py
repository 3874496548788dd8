"""Table of files that were imported on the server itself."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model


class Imported(Model):
    """A file by the SHA-256 (hex) of its bytes, and the upload that it went into: each file comes in once. Its name is
    in the log's erasable detail only. Whether it is stored says the upload."""

    __tablename__ = "imported"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    upload: Mapped[str] = mapped_column(ForeignKey("upload.id"), index=True)
    at: Mapped[int] = mapped_column(BigInteger)
