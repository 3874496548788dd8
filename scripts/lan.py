"""`make lan`: https for phones in the same room, the desk on localhost as with `make run`."""

from __future__ import annotations

import argparse
import os
import re
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import segno

from scripts import certificates, lan_page, serve
from scripts.ground import Missing

EVERYWHERE = "0.0.0.0"  # noqa: S104  this is what `make lan` is for


@dataclass(frozen=True)
class Options:
    host: str  # address that phones reach; EVERYWHERE: all of this machine
    https: int
    page: int


def options(arguments: list[str]) -> Options:
    parser = argparse.ArgumentParser(prog="make lan", description=__doc__)
    parser.add_argument("--host", default=EVERYWHERE, help="serve phones on this address only")
    parser.add_argument("--https", type=int, default=8443, help="port of the app (default 8443)")
    parser.add_argument(
        "--page", type=int, default=8480, help="port of the page with the certificate (default 8480)"
    )
    return Options(**vars(parser.parse_args(arguments)))


def addresses() -> list[str]:
    """The IPv4 addresses of this machine in its networks, the one on the way out first. Sends nothing."""
    found = _from_routes(Path("/proc/net/fib_trie"))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("203.0.113.1", 9))  # a datagram socket only looks up its route
            way_out = probe.getsockname()[0]
        except OSError:
            return found
    return [way_out, *(one for one in found if one != way_out)] if not way_out.startswith("127.") else found


def _from_routes(table: Path) -> list[str]:
    if not table.exists():
        return []
    local = re.findall(r"\|-- (\d+\.\d+\.\d+\.\d+)\n\s+/32 host LOCAL", table.read_text())
    return sorted({one for one in local if not one.startswith(("127.", "169.254."))})


def names() -> list[str]:
    """Names of this machine that a phone may use."""
    own = socket.gethostname().split(".")[0].lower()
    return (
        ["localhost", f"{own}.local"]
        if re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", own)
        else ["localhost"]
    )


def invitation(address: str, fingerprint: str, fresh: bool) -> str:
    """What the terminal shows."""
    from io import StringIO

    code = StringIO()
    segno.make(address).terminal(out=code, compact=True, border=2)
    again = "\nPhones that used an earlier certificate must install this new one." if fresh else ""
    return f"""{code.getvalue()}
Phones in this room: scan this, or open {address}
It explains how to install the certificate, on Android and iPhone.{again}
Certificate SHA-256: {fingerprint}
"""


def main(arguments: list[str]) -> int:
    wanted = options(arguments)
    config = serve.settings()
    reachable = addresses() if wanted.host == EVERYWHERE else [wanted.host]
    if not reachable:
        raise Missing("This machine is in no network: connect it to the same Wi-Fi as the phones.")
    for host, port, name in (
        (config.host, config.port, "PORT"),
        (wanted.host, wanted.https, "--https"),
        (wanted.host, wanted.page, "--page"),
    ):
        serve.check_port(host, port, name)
    app_address = config.url or f"https://{reachable[0]}:{wanted.https}"
    page_address = f"http://{reachable[0]}:{wanted.page}/"
    with serve.only_one(config.instance):
        held = certificates.ensure(
            config.instance / "lan",
            f"{config.app_name}, {socket.gethostname()}",
            [*reachable, "127.0.0.1"],
            names(),
        )
        serve.bring_up_to_date(config)
        # Invitations made at the desk must name the address that phones can use.
        os.environ["TEMOIN_URL"] = app_address
        secure = serve.web(
            wanted.host, wanted.https, "--certfile", str(held.chain), "--keyfile", str(held.key)
        )
        programs = [serve.web(config.host, config.port), secure, serve.worker()]
        ready = (
            invitation(page_address, held.fingerprint, held.fresh)
            + f"The desk, on this computer: http://localhost:{config.port}/desk/  (Ctrl-C stops it)"
        )
        # The page's thread must begin after the programs have been started from a process without threads.
        supervisor = serve.Supervisor(programs)
        return supervisor.run(
            ready, beside=lan_page.served(wanted.host, wanted.page, held, f"{app_address}/m/", page_address)
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
