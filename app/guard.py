"""What every answer carries and every request must keep to: headers, body sizes, request rates.

No address of a client is stored: rates are counted in memory, under a hash whose key dies with the process.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from flask import Flask, Response, current_app, g, request
from flask_babel import gettext as _
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.middleware.proxy_fix import ProxyFix

from app.errors import Problem, too_many
from app.rates import WITHIN, Present, Rates
from config import Config

KIB = 1024
AT_ONCE = 12  # requests of one device under way: a stolen token must not hold every thread with bodies that never end

# Largest body by the beginning of the path; the first that fits counts. Uploads have a setting of their own.
BODY_LIMITS = (
    ("/api/statements", 80 * KIB),  # 64 KiB of statements and their JSON
    ("/api/", 32 * KIB),
)
BODY_LIMIT = 1024 * KIB  # forms of the desk

HASHED_FILE = re.compile(
    r"^/static/dist/(?:.*/)?[\w.]+-[0-9A-Z]{8}\.\w+$"
)  # a name that changes with its bytes


@dataclass(frozen=True)
class Rate:
    """How often one caller may do something, times a minute."""

    method: str
    path: re.Pattern[str]
    most: int
    by_token: bool = False  # count by device: many phones share one address behind a mobile network


RATES = (
    Rate("POST", re.compile(r"^/api/enrol$"), 20),
    Rate("POST", re.compile(r"^/api/statements$"), 600, by_token=True),
    Rate("POST", re.compile(r"^/api/status$"), 300, by_token=True),
    Rate("POST", re.compile(r"^/api/files$"), 1200, by_token=True),
    Rate("PATCH", re.compile(r"^/api/files/"), 3000, by_token=True),
    # Everything that takes a password, a code or a login link.
    Rate("POST", re.compile(r"^/desk/(?:login(?:/\w+)?|enter|password|me)$"), 30),
)

_CONTENT = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "temoin",  # client/lib/trusted.ts: only the workers' own addresses
}

_SENSORS = ("camera", "microphone", "geolocation", "screen-wake-lock")
_KEYS = ("publickey-credentials-get", "publickey-credentials-create")
# Only names that Chromium knows: an unknown one is a warning on every page.
_NEVER = (
    "accelerometer",
    "display-capture",
    "gyroscope",
    "hid",
    "magnetometer",
    "midi",
    "payment",
    "serial",
    "usb",
)


@cache
def policy(webassembly: bool) -> str:
    """The Content-Security-Policy of one answer."""
    directives = dict(_CONTENT)
    if webassembly:
        directives["script-src"] += " 'wasm-unsafe-eval'"
    return "; ".join(f"{name} {value}" for name, value in directives.items())


@cache
def permissions(phone: bool) -> str:
    """The Permissions-Policy: only the phone app may use the camera, the microphone and the position."""
    sensors = [f"{name}=({'self' if phone else ''})" for name in _SENSORS]
    return ", ".join([*sensors, *(f"{name}=(self)" for name in _KEYS), *(f"{name}=()" for name in _NEVER)])


def allow_webassembly() -> None:
    """Called by a view whose page hashes or seals outside the phone app (setting up custody)."""
    g.webassembly = True


def _phone() -> bool:
    return request.path == "/m" or request.path.startswith("/m/")


def _headers(response: Response) -> Response:
    # Scripts carry the policy too: a worker obeys the one that came with its own file.
    webassembly = _phone() or request.path.startswith("/static/dist/") or bool(g.get("webassembly"))
    headers = response.headers
    headers["Content-Security-Policy"] = policy(webassembly)
    headers["Permissions-Policy"] = permissions(_phone())
    headers["Referrer-Policy"] = "no-referrer"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if not request.path.startswith("/static/"):
        headers["Cache-Control"] = "no-store"
    elif HASHED_FILE.match(request.path):
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        headers["Cache-Control"] = "no-cache"
    return response


def _limit_body(max_item: int) -> None:
    if request.path.startswith("/api/files"):
        request.max_content_length = max_item
        return
    fitting = (limit for prefix, limit in BODY_LIMITS if request.path.startswith(prefix))
    request.max_content_length = next(fitting, BODY_LIMIT)


def network(address: str) -> str:
    """What one caller can't change at will: an IPv4 address; of IPv6 the /64, which every home and phone has whole."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


def _device() -> str | None:
    """The device whose token the request bears. The part that knows tokens says how to ask (`devices_by`)."""
    known: Callable[[], str | None] | None = current_app.extensions.get("caller")
    return known() if known else None


def devices_by(app: Flask, known: Callable[[], str | None]) -> None:
    """Called by the part that knows devices: how the one of a request is found, or None."""
    app.extensions["caller"] = known


def _slow_down(app: Flask) -> None:
    """Refuse callers who ask more often than RATES allow. Raises Problem within the request."""
    key = secrets.token_bytes(32)
    counted, present = Rates(), Present()

    def caller(rate: Rate) -> str:
        # By the device, however its token is written; who has no good one counts by address like any stranger.
        who = _device() if rate.by_token else None
        said = who or network(request.remote_addr or "")
        return hashlib.blake2b(said.encode(), key=key, digest_size=16).hexdigest()

    @app.teardown_request
    def leave(_error: BaseException | None) -> None:
        if (who := g.pop("present", None)) is not None:
            present.leave(who)

    @app.before_request
    def count() -> None:
        for rate in RATES:
            if rate.method != request.method or not rate.path.search(request.path):
                continue
            who = caller(rate)
            if not counted.hit(rate.path.pattern + who, rate.most, time.monotonic()):
                raise too_many(int(WITHIN))
            if rate.by_token:
                if not present.enter(who, AT_ONCE):
                    raise too_many(5)
                g.present = who


def init_app(app: Flask) -> None:
    config: Config = app.config["TEMOIN"]
    if config.proxies:
        hops = config.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]

    # First of all: who asks too often is answered before the body is read.
    app.before_request(lambda: _limit_body(config.max_item))
    _slow_down(app)

    @app.after_request
    def headers(response: Response) -> Response:
        # Only for a real address: on localhost it would lock the browser out of every other http://localhost.
        if config.url.startswith("https://") and request.is_secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return _headers(response)

    @app.errorhandler(RequestEntityTooLarge)
    def too_large(_error: RequestEntityTooLarge) -> Response:
        problem = Problem("too-large", _("This is larger than the server accepts."), 413)
        return app.make_response(app.handle_user_exception(problem))
