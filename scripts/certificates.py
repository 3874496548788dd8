"""Certificates for `make lan`: an authority that can speak for this machine alone, and whose key is gone.

It signs one certificate, and its private half is dropped without ever being written. Even if it were kept,
name constraints bind it to the addresses and names of this machine.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID = timedelta(days=397)  # phones refuse certificates that are valid for much longer
RENEW_BEFORE = timedelta(days=30)


@dataclass(frozen=True)
class Certificates:
    """Files of one authority and the certificate it signed. `fingerprint`: its SHA-256, as phones show it."""

    authority: Path  # DER, what phones install
    chain: Path  # PEM, server certificate first
    key: Path
    fingerprint: str
    fresh: bool  # made just now: phones must install the authority (again)


def ensure(folder: Path, label: str, addresses: list[str], names: list[str]) -> Certificates:
    """The certificates in `folder` if they still fit, else new ones."""
    files = (folder / "authority.crt", folder / "server.pem", folder / "server.key")
    if not (fresh := not _fits(files, addresses, names)):
        authority = x509.load_der_x509_certificate(files[0].read_bytes())
    else:
        authority, leaf, key = make(label, addresses, names)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        _write(files[2], secret, 0o600)
        _write(files[1], leaf.public_bytes(Encoding.PEM) + authority.public_bytes(Encoding.PEM), 0o644)
        _write(files[0], authority.public_bytes(Encoding.DER), 0o644)
    return Certificates(*files, fingerprint=fingerprint(authority), fresh=fresh)


def fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex(" ").upper()


def make(
    label: str, addresses: list[str], names: list[str]
) -> tuple[x509.Certificate, x509.Certificate, ec.EllipticCurvePrivateKey]:
    """A new authority, the certificate it signed and that one's key. The authority's own key ends here."""
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = authority_for(authority_key, label, addresses, names)
    key = ec.generate_private_key(ec.SECP256R1())
    return authority, sign(authority_key, authority, key, addresses, names), key


def authority_for(
    key: ec.EllipticCurvePrivateKey, label: str, addresses: list[str], names: list[str]
) -> x509.Certificate:
    """A self-signed authority, good only for servers of these addresses and names."""
    allowed: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
    allowed += [x509.IPAddress(IPv4Network(f"{address}/32")) for address in addresses]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, label)])
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    return (
        _builder(subject, subject, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.NameConstraints(allowed, None), critical=True)
        .sign(key, hashes.SHA256())
    )


def sign(
    authority_key: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate,
    key: ec.EllipticCurvePrivateKey,
    addresses: list[str],
    names: list[str],
) -> x509.Certificate:
    """A server certificate for these addresses and names."""
    served: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
    served += [x509.IPAddress(IPv4Address(address)) for address in addresses]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, (names or addresses)[0])])
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    return (
        _builder(subject, authority.subject, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(served), critical=False)
        .add_extension(issuer_key, critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # a phone's clock may be behind
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _fits(files: tuple[Path, Path, Path], addresses: list[str], names: list[str]) -> bool:
    if not all(path.is_file() for path in files):
        return False
    leaf = x509.load_pem_x509_certificate(files[1].read_bytes())
    served = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    enough = set(served.get_values_for_type(x509.IPAddress)) >= {ip_address(one) for one in addresses}
    enough = enough and set(served.get_values_for_type(x509.DNSName)) >= set(names)
    return enough and datetime.now(UTC) < leaf.not_valid_after_utc - RENEW_BEFORE


def _write(path: Path, content: bytes, mode: int) -> None:
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    beside.replace(path)
