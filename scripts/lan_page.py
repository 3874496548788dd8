"""The plain http page of `make lan`: the authority to install, and how. All the rest needs https."""

from __future__ import annotations

import html
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import segno

from scripts.certificates import Certificates

POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

STYLE = """
:root { color-scheme: light dark; --ground: #FBFAF7; --text: #1C2224; --line: #DAD7CF; --act: #1F6F62; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0B0D0E; --text: #ECEFEF; --line: #2A3134; --act: #6FB7A8; }
}
body { margin: 0; background: var(--ground); color: var(--text); font: 17px/1.5 system-ui, sans-serif; }
main { max-width: 40rem; margin: auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin: 1.5rem 0 .25rem; }
section + section { border-top: 1px solid var(--line); margin-top: 2rem; }
ol { padding-left: 1.5rem; } li { margin: .4rem 0; }
a { color: var(--act); }
a.act { display: inline-block; min-height: 56px; line-height: 56px; padding: 0 1.25rem;
  background: var(--act); color: var(--ground); border-radius: 10px; text-decoration: none; }
code { overflow-wrap: anywhere; font-size: .85rem; }
.qr { background: #fff; padding: 12px; display: inline-block; border-radius: 10px; }
.qr svg { display: block; }
"""

TEXTS = {
    "en": {
        "title": "This phone and this server",
        "why": "A phone lets a page use the camera only over a secure connection. Install this certificate "
        "once, then open the app. It is valid for this one server and no other site.",
        "get": "Download the certificate",
        "check": "Compare the certificate's SHA-256 with the one in the server's terminal:",
        "android": [
            "Tap Download the certificate.",
            "Open Settings and search for: CA certificate. (Security, Encryption and credentials, "
            "Install a certificate, CA certificate.)",
            "Tap Install anyway and choose the downloaded file.",
            "Come back here and open the app.",
        ],
        "iphone": [
            "Open this page in Safari and tap Download the certificate, then Allow.",
            "Settings, Profile downloaded: Install.",
            "Settings, General, About, Certificate Trust Settings: switch this certificate on.",
            "Come back here and open the app.",
        ],
        "open": "Open the app",
        "later": "When you no longer use this server, remove the certificate in the same place.",
    },
    "fr": {
        "title": "Ce téléphone et ce serveur",
        "why": "Un téléphone ne laisse une page utiliser l’appareil photo que par une connexion sécurisée. "
        "Installez ce certificat une seule fois, puis ouvrez l’application. Il ne vaut que pour ce serveur, "
        "pour aucun autre site.",
        "get": "Télécharger le certificat",
        "check": "Comparez l’empreinte SHA-256 du certificat avec celle affichée par le serveur\u00a0:",
        "android": [
            "Touchez Télécharger le certificat.",
            "Ouvrez les Paramètres et cherchez\u00a0: certificat CA. (Sécurité, Chiffrement et identifiants, "
            "Installer un certificat, Certificat CA.)",
            "Touchez Installer quand même et choisissez le fichier téléchargé.",
            "Revenez ici et ouvrez l’application.",
        ],
        "iphone": [
            "Ouvrez cette page dans Safari, touchez Télécharger le certificat, puis Autoriser.",
            "Réglages, Profil téléchargé\u00a0: Installer.",
            "Réglages, Général, Informations, Réglages des certificats\u00a0: activez ce certificat.",
            "Revenez ici et ouvrez l’application.",
        ],
        "open": "Ouvrir l’application",
        "later": "Quand vous n’utilisez plus ce serveur, retirez le certificat au même endroit.",
    },
}


def page(app_address: str, page_address: str, fingerprint: str) -> str:
    """Both languages on one page: nobody has to find a switch first."""
    code = segno.make(page_address).svg_inline(scale=5, border=0, dark="#000", light="#fff")
    parts = [_section(language, app_address, fingerprint) for language in ("fr", "en")]
    return (
        '<!doctype html><html lang="fr"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{TEXTS["fr"]["title"]}</title><link rel="stylesheet" href="/style.css"></head><body><main>'
        '<p><a href="#en" lang="en">English below</a></p>'
        f'{"".join(parts)}<section><h2 lang="fr">Autre téléphone</h2>'
        f'<p>{html.escape(page_address)}</p><div class="qr">{code}</div></section></main></body></html>'
    )


def _section(language: str, app_address: str, fingerprint: str) -> str:
    words: dict[str, Any] = TEXTS[language]
    steps = {
        name: "".join(f"<li>{html.escape(step)}</li>" for step in words[name])
        for name in ("android", "iphone")
    }
    level = "h1" if language == "fr" else "h2"
    return (
        f'<section lang="{language}" id="{language}"><{level}>{words["title"]}</{level}><p>{words["why"]}</p>'
        f'<p><a class="act" href="/certificate.crt">{words["get"]}</a></p>'
        f"<p>{words['check']}<br><code>{fingerprint}</code></p>"
        f"<h2>Android</h2><ol>{steps['android']}</ol><h2>iPhone</h2><ol>{steps['iphone']}</ol>"
        f'<p><a class="act" href="{html.escape(app_address)}">{words["open"]}</a></p>'
        f"<p>{words['later']}</p></section>"
    )


@contextmanager
def served(
    host: str, port: int, certificates: Certificates, app_address: str, page_address: str
) -> Iterator[int]:
    """Serve the page in a thread until the block ends. Yields the port. No request is logged."""
    answers = {
        "/": ("text/html; charset=utf-8", page(app_address, page_address, certificates.fingerprint).encode()),
        "/style.css": ("text/css", STYLE.encode()),
        # This type makes Safari offer an installation; Android goes by the ending.
        "/certificate.crt": ("application/x-x509-ca-cert", certificates.authority.read_bytes()),
    }

    class Handler(BaseHTTPRequestHandler):
        server_version, sys_version = "Temoin", ""

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            kind, content = answers.get(self.path, ("text/plain; charset=utf-8", b"404"))
            self.send_response(200 if self.path in answers else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Referrer-Policy", "no-referrer")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Content-Security-Policy", POLICY)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing: it would name the phone's address."""

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
