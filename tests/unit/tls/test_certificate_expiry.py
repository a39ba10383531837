"""Operators learn until when the listener's certificate is valid, and when it is not."""

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chat3_user.metrics import Metrics
from chat3_user.tls.expiry import expiry
from chat3_user.tls.listener import ServerTls
from chat3_user.tls.settings import TlsFiles
from support.moving import moves, series

NOW = datetime.now(UTC).replace(microsecond=0)


def certificate(key: ec.EllipticCurvePrivateKey, days: float) -> bytes:
    """Return a certificate in PEM that expires in so many days."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=90))
        .not_valid_after(NOW + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def files(tmp_path: Path, key: ec.EllipticCurvePrivateKey) -> TlsFiles:
    (tmp_path / "key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    (tmp_path / "chain").write_bytes(certificate(key, 30) + certificate(key, 9))
    return TlsFiles(str(tmp_path / "chain"), str(tmp_path / "key"))


def in_days(days: float) -> float:
    return (NOW + timedelta(days=days)).timestamp()


def test_a_chain_expires_with_the_first_of_it(files: TlsFiles) -> None:
    assert expiry(files.certificate) == in_days(9)


def test_what_cannot_be_read_is_not_said_to_expire(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("no certificate")
    assert expiry(str(tmp_path / "other")) == math.inf
    assert expiry(str(tmp_path / "missing")) == math.inf


async def test_the_metric_is_that_of_the_certificate_in_use(
    files: TlsFiles, key: ec.EllipticCurvePrivateKey
) -> None:
    metrics, tls = Metrics(), ServerTls(files)
    metrics.transport.certificate.read(lambda: tls.expires)
    with moves(metrics, "chat3_certificate_expiry_timestamp_seconds"):
        Path(files.certificate).write_bytes(certificate(key, 60))
        tls.reload()
    named = ("chat3_certificate_expiry_timestamp_seconds", frozenset[tuple[str, str]]())
    assert series(metrics)[named] == in_days(60)
    Path(files.certificate).write_text("no certificate")
    tls.reload()
    assert series(metrics)[named] == in_days(60)


async def test_an_expired_certificate_is_told(
    files: TlsFiles, key: ec.EllipticCurvePrivateKey, caplog: pytest.LogCaptureFixture
) -> None:
    tls = ServerTls(files)
    await tls.open()
    await tls.close()
    assert "the certificate has expired" not in caplog.messages
    Path(files.certificate).write_bytes(certificate(key, -1))
    tls.reload()
    assert caplog.messages.count("the certificate has expired") == 1
    again = ServerTls(files)
    await again.open()
    await again.close()
    assert caplog.messages.count("the certificate has expired") == 2
