"""The language of a request, and every date, time, size and count that the desk shows."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Flask, current_app, has_request_context, request, session
from flask_babel import Babel, format_datetime, format_decimal, get_locale
from flask_login import current_user
from markupsafe import Markup

from app.clock import now_ms, to_datetime
from config import Config

LANGUAGES = ("en", "fr")
babel = Babel()


def choose() -> str:
    """Chosen at the desk, else as the browser asks."""
    if not has_request_context():
        return "en"
    if request.path.startswith("/desk"):
        chosen = session.get("language") or getattr(current_user, "language", None)
        if chosen in LANGUAGES:
            return str(chosen)
    return request.accept_languages.best_match(LANGUAGES) or "en"


def _zone() -> ZoneInfo:
    config: Config = current_app.config["TEMOIN"]
    return ZoneInfo(config.timezone)


def local(ms: int) -> datetime:
    """A time in milliseconds in the desk's zone."""
    return to_datetime(ms).astimezone(_zone())


def from_local(moment: datetime) -> int:
    """Milliseconds of a wall-clock time of the desk's zone, as a form gives it."""
    return int(moment.replace(tzinfo=_zone()).timestamp() * 1000)


def day(ms: int) -> str:
    """`21 Nov`, with the year when it isn't this one."""
    pattern = "d MMM" if local(ms).year == local(now_ms()).year else "d MMM y"
    return str(format_datetime(local(ms), pattern, rebase=False))


def time(ms: int, seconds: bool = False) -> str:
    return local(ms).strftime("%H:%M:%S" if seconds else "%H:%M")


def utc(ms: int, seconds: bool = False) -> str:
    return to_datetime(ms).strftime("%H:%M:%S" if seconds else "%H:%M")


def moment(ms: int | None, seconds: bool = True) -> Markup | str:
    """A `<time>` with the local day and time; UTC beside it."""
    if ms is None:
        return ""
    return Markup(
        '<time datetime="{}"><span class="local">{} {}</span> <span class="utc">{} UTC</span></time>'
    ).format(to_datetime(ms).isoformat(timespec="milliseconds"), day(ms), time(ms, seconds), utc(ms, seconds))


def size(n: int | None) -> str:
    """Bytes as people say them: `42 MB`, `42 Mo`; decimal."""
    if n is None:
        return ""
    units = ("o", "ko", "Mo", "Go", "To") if str(get_locale()) == "fr" else ("B", "kB", "MB", "GB", "TB")
    value, unit = float(n), 0
    while value >= 999.5 and unit < len(units) - 1:
        value, unit = value / 1000, unit + 1
    return f"{format_decimal(value, '0.#' if unit and value < 9.95 else '0')}\u00a0{units[unit]}"


def span(ms: int) -> str:
    """`0:42`, `1:02:03`."""
    seconds = max(0, ms) // 1000
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"


def init_app(app: Flask) -> None:
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(app.config["ROOT"] / "app" / "translations")
    babel.init_app(app, locale_selector=choose, timezone_selector=lambda: app.config["TEMOIN"].timezone)
    app.jinja_env.filters.update(day=day, clock=time, utc=utc, moment=moment, size=size, span=span)
    app.jinja_env.globals.update(language=lambda: str(get_locale() or "en"))
