"""Certificates for this machine's own names, from a throw-away authority that a state folder makes for itself.

Nobody needs to trust it but the clients that are given `ca.pem`, and even they trust it for this machine only: its name
constraints allow `localhost` and loopback addresses.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from crosstie_sandbox.problems import StartError
from crosstie_sandbox.secret_file import write_secret

Clock = Callable[[], datetime]

_AUTHORITY = "authority.pem"
_SERVER = "server.pem"
_SKEW = timedelta(days=1)
"""Clients whose clock is behind shall believe a new certificate too."""
_NAMES = (
    x509.DNSName("localhost"),
    x509.IPAddress(ip_address("127.0.0.1")),
    x509.IPAddress(ip_address("::1")),
)
_ALLOWED = (
    x509.DNSName("localhost"),
    x509.IPAddress(ip_network("127.0.0.0/8")),
    x509.IPAddress(ip_network("::1/128")),
)


@dataclass(frozen=True, slots=True)
class Certificates:
    """Where the files are: the authority's certificate to give away, the server's chain with its key to keep."""

    ca: Path
    server: Path


@dataclass(frozen=True, slots=True)
class _Pair:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM) + self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


@dataclass(frozen=True, slots=True)
class _Term:
    """How long a certificate is valid, and how long before its end it is renewed."""

    valid: timedelta
    renewed: timedelta

    def is_over(self, certificate: x509.Certificate, now: datetime) -> bool:
        return not certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - self.renewed


_AUTHORITY_TERM = _Term(valid=timedelta(days=3650), renewed=timedelta(days=400))
_SERVER_TERM = _Term(valid=timedelta(days=390), renewed=timedelta(days=60))
"""Apple's clients refuse anything longer than 398 days."""


def certificates_of(folder: Path, clock: Clock) -> Certificates:
    """The certificates of a folder, made once and renewed when their end is near.

    The authority outlives ten of the server's certificates, so that clients go on. Raises StartError for a file
    that cannot be read as what it should be.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    now = clock()
    authority = _read(folder / _AUTHORITY)
    if authority is None or _AUTHORITY_TERM.is_over(authority.certificate, now):
        authority = _make_authority(now)
        write_secret(folder / _AUTHORITY, authority.pem())
    server = _read(folder / _SERVER)
    is_ours = server is not None and server.certificate.issuer == authority.certificate.subject
    if server is None or not is_ours or _SERVER_TERM.is_over(server.certificate, now):
        write_secret(folder / _SERVER, _make_server(authority, now).pem())
    ca = folder / "ca.pem"
    ca.write_bytes(authority.certificate.public_bytes(serialization.Encoding.PEM))
    return Certificates(ca=ca, server=folder / _SERVER)


def _read(path: Path) -> _Pair | None:
    if not path.exists():
        return None
    content = path.read_bytes()
    try:
        key = serialization.load_pem_private_key(content, password=None)
        return _Pair(x509.load_pem_x509_certificate(content), cast("ec.EllipticCurvePrivateKey", key))
    except ValueError:
        raise StartError(
            "state_unusable",
            f"The file {path} is damaged.",
            f"Remove the folder {path.parent}: a new authority is made, which clients must be given anew.",
        ) from None


def _make_authority(now: datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    # Its own name for each: a client that keeps the one of another folder must not take it for this one.
    name = _name(f"Crosstie sandbox authority {serial:x}"[:64])
    identity = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        _builder(name, name, key, now, _AUTHORITY_TERM)
        .serial_number(serial)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=list(_ALLOWED), excluded_subtrees=None), critical=True)
        .add_extension(identity, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identity), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _Pair(certificate, key)


def _make_server(authority: _Pair, now: datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate
    identity = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    certificate = (
        _builder(_name("localhost"), issuer.subject, key, now, _SERVER_TERM)
        .serial_number(x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_NAMES), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identity), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    return _Pair(certificate, key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, term: _Term
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + term.valid)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
