"""What a phone loads before it knows who it is: the same bytes for everybody, nothing from the database.

The service worker keeps these for offline use, so they must not depend on cookies, languages or sessions.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    jsonify,
    render_template,
    send_from_directory,
    url_for,
)
from werkzeug.wrappers import Response as BaseResponse

from app.phone import rights as rights_card
from config import Config

bp = Blueprint("phone", __name__, url_prefix="/m")

ICONS = ("page", "leaf", "circle")
"""Pictures an organisation can choose for the home screen; none says what the app is for."""

WORKERS = ("seal.worker.js", "vault.worker.js", "sw.js")


def _config() -> Config:
    config: Config = current_app.config["TEMOIN"]
    return config


def _icon() -> str:
    return _config().app_icon if _config().app_icon in ICONS else ICONS[0]


def _dist() -> Path:
    return Path(str(current_app.static_folder)) / "dist"


@bp.get("/")
def shell() -> str:
    return render_template("m/shell.html", name=_config().app_name, icon=_icon())


@bp.get("/insecure")
def insecure() -> str:
    """Shown by the shell where the browser gives no camera, no cryptography and no storage: plain http."""
    return render_template(
        "m/insecure.html", name=_config().app_name, icon=_icon(), url=_config().url, port=_config().port
    )


@bp.get("/old")
def old() -> str:
    return render_template("m/old.html", name=_config().app_name, icon=_icon())


@bp.get("/<any({}):name>".format(", ".join(f'"{name}"' for name in WORKERS)))
def worker(name: str) -> BaseResponse:
    """A service worker's scope is its folder, and offline the other workers must be found inside it."""
    if not (_dist() / name).is_file():
        abort(404)
    response = send_from_directory(_dist(), name, mimetype="text/javascript")
    # Asked for at each start: an update must not wait for a cache.
    response.headers["Cache-Control"] = "no-cache"
    return response


def _reached(first: str, files: list[str]) -> list[str]:
    """Built files that `first` loads, itself included: what is only the desk's stays away from phones."""
    found, todo = [first], [first]
    while todo:
        text = (_dist() / todo.pop()).read_text()
        new = [
            name
            for name in files
            if name not in found and re.search(rf"[\"'`/]{re.escape(name)}[\"'`]", text)
        ]
        new = [name for name in new if name.startswith("part-")]
        found += new
        todo += new
    return found


@bp.get("/shell.json")
def shell_files() -> Response:
    """Addresses that make up the app offline, and their build. The service worker fetches them as one set."""
    made = _dist() / "build.json"
    if not made.is_file():
        abort(404)
    built: dict[str, Any] = json.loads(made.read_text())
    scripts = [url_for("static", filename=f"dist/{name}") for name in _reached("page.js", built["files"])]
    scripts += [f"/m/{name}" for name in WORKERS if name in built["files"] and name != "sw.js"]
    pages = [url_for("phone.shell"), url_for("phone.manifest")]
    looks = [
        url_for("static", filename="m/app.css"),
        *(url_for("static", filename=f"m/{_icon()}{end}") for end in (".svg", "-192.png", "-512.png")),
    ]
    return jsonify({"build": built["build"], "files": [*pages, *looks, *scripts]})


@bp.get("/rights.json")
def rights() -> Response:
    """The organisation's own card of rights (docs/formats.md); 204: it keeps the app's draft."""
    own = rights_card.path()
    if not own.is_file():
        return Response(status=204)
    return Response(own.read_bytes(), mimetype="application/json")


@bp.get("/manifest.webmanifest")
def manifest() -> Response:
    icon = _icon()
    sizes = [
        {
            "src": url_for("static", filename=f"m/{icon}-{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
        }
        for size in (192, 512)
    ]
    body = {
        "id": "/m/",
        "name": _config().app_name,
        "short_name": _config().app_name,
        "start_url": "/m/",
        "scope": "/m/",
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#0B0D0E",
        "theme_color": "#0B0D0E",
        "icons": [*sizes, {**sizes[1], "purpose": "maskable"}],
    }
    response = jsonify(body)
    response.mimetype = "application/manifest+json"
    return response
