"""Is all well: the worker, the queue, the disk, backups, custody, each phone."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, current_app, render_template
from sqlalchemy import func, select

from app.blobs import blobs
from app.clock import now_ms
from app.db import db
from app.enrol import service as enrol
from app.intake.models import Item
from app.keys import keys
from app.opening import service as opening
from app.worker import last_alive
from config import Config

bp = Blueprint("admin_status", __name__, url_prefix="/desk/status")
WORKER_LATE_MS = 120_000


@dataclass(frozen=True)
class State:
    """Figures of the status page; times in ms, sizes in bytes."""

    worker_seen: int | None
    worker_late: bool
    waiting: int
    failed: int
    stored: int
    stored_bytes: int
    free: int
    reserve: int
    backup: bool
    practice: bool


def state() -> State:
    config: Config = current_app.config["TEMOIN"]
    seen = last_alive(config.instance)
    count, size = db.session.execute(
        select(func.count(), func.sum(Item.head_size + Item.body_size)).select_from(Item)
    ).one()
    return State(
        worker_seen=seen,
        worker_late=seen is None or now_ms() - seen > WORKER_LATE_MS,
        waiting=opening.waiting(),
        failed=int(
            db.session.scalar(select(func.count()).select_from(Item).where(Item.state == "failed")) or 0
        ),
        stored=int(count),
        stored_bytes=int(size or 0),
        free=blobs().free(),
        reserve=config.reserve,
        backup=config.backup,
        practice=keys().is_practice,
    )


@bp.get("")
def status() -> str:
    return render_template("admin/status.html", state=state(), devices=enrol.devices(), now=now_ms())
