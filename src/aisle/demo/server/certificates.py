"""Certificates made at run time: one that is well, and the kinds that a client must refuse."""

import datetime as dt
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority that no browser knows: its certificate in a file, to be trusted by tests alone."""

    certificate_file: Path
    _certificate: x509.Certificate
    _key: ec.EllipticCurvePrivateKey

    def context(self, folder: Path, names: list[str], *, expired: bool = False) -> ssl.SSLContext:
        """A server's context with a certificate for these names, signed by the authority.

        Args:
            folder: where the certificate and its key are written.
            names: host names and IP addresses.
            expired: it ended yesterday.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        known = [_known_as(name) for name in names]
        starts = dt.datetime.now(dt.UTC) - 9 * _DAY
        builder = _builder(names[0], key, starts, starts + (8 * _DAY if expired else 30 * _DAY))
        builder = builder.issuer_name(self._certificate.subject)
        builder = builder.add_extension(x509.SubjectAlternativeName(known), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        return _context(folder / "server.pem", certificate, key)


def make_authority(folder: Path) -> Authority:
    """Make an authority, and write its certificate into the folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    starts = dt.datetime.now(dt.UTC) - 10 * _DAY
    builder = _builder("Aisle test authority", key, starts, starts + 60 * _DAY)
    builder = builder.issuer_name(_name("Aisle test authority"))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    certificate = builder.sign(key, hashes.SHA256())
    path = folder / "authority.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Authority(path, certificate, key)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _known_as(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(
    name: str, key: ec.EllipticCurvePrivateKey, starts: dt.datetime, ends: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(ends)
    )


def _context(path: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> ssl.SSLContext:
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
