"""The map's page."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from flask import Blueprint, current_app, render_template, request
from flask_login import current_user

from app import language
from app.clock import now_ms
from app.custody import log
from app.db import unit_of_work
from app.map import outlines, plan, service
from config import Config

bp = Blueprint("map", __name__, url_prefix="/desk/map")
DAYS = 30


@bp.get("", endpoint="map")
def show_map() -> str:
    asked = _asked()
    with unit_of_work():
        log.append(
            current_user.actor, "map.opened", "map", {"first": str(asked.first), "last": str(asked.last)}
        )
    shown = service.show(current_user, asked)
    drawn, problem = _outlines(shown.sheet.frame)
    return render_template(
        "desk/map.html", asked=asked, shown=shown, sheet=shown.sheet, outlines=drawn, problem=problem,
        width=plan.WIDTH, height=plan.HEIGHT, lowest=-plan.SMALLER, how_far=service.how_far,
    )  # fmt: skip


def _asked() -> service.Asked:
    """The days and the code of the address; what can't be read is as if it weren't there."""
    today = language.local(now_ms()).date()
    last = _day(request.args.get("to")) or today
    first = _day(request.args.get("from")) or last - timedelta(days=DAYS - 1)
    return service.Asked(min(first, last), max(first, last), request.args.get("code", "")[:40])


def _day(text: str | None) -> date | None:
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if 1970 <= found.year < 2100 else None  # what clocks say is kept within the same years


def _outlines(frame: plan.Frame | None) -> tuple[list[tuple[str, bool]], str]:
    """Paths with whether each is an area; and why there are none, where the organisation meant some."""
    config: Config = current_app.config["TEMOIN"]
    if not config.outlines or frame is None:
        return [], ""
    path = (config.instance / config.outlines).resolve()
    if not path.is_relative_to(Path(config.instance).resolve()):
        return [], "the file isn't in the data folder"
    try:
        shapes = outlines.load(path)
    except outlines.BadOutlines as error:
        return [], str(error)
    drawn = [(outlines.path(shape, frame), shape.closed) for shape in shapes]
    return [one for one in drawn if one[0]], ""
