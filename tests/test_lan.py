"""`make lan`: the certificates hold exactly what they promise, and the page gives them to phones."""

from __future__ import annotations

import hashlib
import http.client
import ssl
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from scripts import certificates, lan, lan_page

ADDRESSES = ["192.0.2.7", "127.0.0.1"]
NAMES = ["localhost", "office.local"]


def handshake(server: ssl.SSLContext, trusted: bytes, name: str) -> None:
    """A TLS handshake in memory, as a phone would do it that trusts this authority. Raises SSLError."""
    phone = ssl.create_default_context(cadata=trusted)
    to_server, to_phone = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = phone.wrap_bio(to_phone, to_server, server_hostname=name)
    theirs = server.wrap_bio(to_server, to_phone, server_side=True)
    for _ in range(6):
        for side in (ours, theirs):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert ours.version() == "TLSv1.3"


def serving(chain: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return context


def test_a_phone_that_trusts_the_authority_gets_a_connection(tmp_path: Path) -> None:
    held = certificates.ensure(tmp_path / "lan", "Carnet", ADDRESSES, NAMES)
    server = serving(held.chain, held.key)
    for name in [*ADDRESSES, *NAMES]:
        handshake(server, held.authority.read_bytes(), name)
    with pytest.raises(ssl.SSLError, match=r"192\.0\.2\.8"):
        handshake(server, held.authority.read_bytes(), "192.0.2.8")


@pytest.mark.parametrize(("addresses", "names"), [(["192.0.2.8"], []), ([], ["bank.example"])])
def test_even_with_its_key_the_authority_speaks_for_nobody_else(
    tmp_path: Path, addresses: list[str], names: list[str]
) -> None:
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = certificates.authority_for(authority_key, "Carnet", ADDRESSES, NAMES)
    key = ec.generate_private_key(ec.SECP256R1())
    forged = certificates.sign(authority_key, authority, key, addresses, names)
    (tmp_path / "chain").write_bytes(forged.public_bytes(Encoding.PEM))
    (tmp_path / "key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        handshake(
            serving(tmp_path / "chain", tmp_path / "key"),
            authority.public_bytes(Encoding.DER),
            [*addresses, *names][0],
        )


def test_the_authoritys_key_is_nowhere(tmp_path: Path) -> None:
    held = certificates.ensure(tmp_path / "lan", "Carnet", ADDRESSES, NAMES)
    assert held.key.stat().st_mode & 0o777 == 0o600
    authority = x509.load_der_x509_certificate(held.authority.read_bytes())
    leaf = x509.load_pem_x509_certificate(held.chain.read_bytes())
    keys = [path for path in (tmp_path / "lan").iterdir() if b"PRIVATE KEY" in path.read_bytes()]
    assert keys == [held.key]
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    only = load_pem_private_key(held.key.read_bytes(), None).public_key()
    assert only == leaf.public_key()
    assert only != authority.public_key()


def test_certificates_are_kept_until_an_address_is_new(tmp_path: Path) -> None:
    folder = tmp_path / "lan"
    first = certificates.ensure(folder, "Carnet", ADDRESSES, NAMES)
    assert first.fresh
    again = certificates.ensure(folder, "Carnet", ADDRESSES[:1], NAMES)
    assert not again.fresh
    assert again.fingerprint == first.fingerprint
    moved = certificates.ensure(folder, "Carnet", ["192.0.2.9"], NAMES)
    assert moved.fresh
    assert moved.fingerprint != first.fingerprint
    leaf = x509.load_pem_x509_certificate(moved.chain.read_bytes())
    served = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert ip_address("192.0.2.9") in served.get_values_for_type(x509.IPAddress)


def test_certificates_are_renewed_before_they_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificates, "VALID", timedelta(days=20))
    assert certificates.ensure(tmp_path / "lan", "Carnet", ADDRESSES, NAMES).fresh
    assert certificates.ensure(tmp_path / "lan", "Carnet", ADDRESSES, NAMES).fresh


def test_the_page_gives_the_certificate_and_the_steps(tmp_path: Path) -> None:
    held = certificates.ensure(tmp_path / "lan", "Carnet", ADDRESSES, NAMES)
    with lan_page.served("127.0.0.1", 0, held, "https://192.0.2.7:8443/m/", "http://192.0.2.7:8480/") as port:
        phone = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        phone.request("GET", "/")
        answer = phone.getresponse()
        page = answer.read().decode()
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        for said in (
            "Android",
            "iPhone",
            "Réglages",
            "Settings",
            held.fingerprint,
            'href="https://192.0.2.7:8443/m/"',
        ):
            assert said in page
        phone.request("GET", "/certificate.crt")
        given = phone.getresponse()
        assert given.headers["Content-Type"] == "application/x-x509-ca-cert"
        content = given.read()
        assert hashlib.sha256(content).hexdigest() == held.fingerprint.replace(" ", "").lower()
        phone.request("GET", "/server.key")
        assert phone.getresponse().status == 404
        phone.close()


def test_the_addresses_of_this_machine_are_read_from_its_routes(tmp_path: Path) -> None:
    table = tmp_path / "fib_trie"
    table.write_text(
        "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n"
        "Local:\n     |-- 127.0.0.1\n        /32 host LOCAL\n     |-- 192.168.7.0\n        /24 link UNICAST\n"
        "     |-- 192.168.7.21\n        /32 host LOCAL\n     |-- 192.168.7.255\n        /32 link BROADCAST\n"
        "     |-- 192.168.7.21\n        /32 host LOCAL\n"
    )
    assert lan._from_routes(table) == ["192.168.7.21"]
