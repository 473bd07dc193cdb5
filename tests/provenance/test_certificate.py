"""Who signs: keys that only their owner reads, and certificates that will do."""

from __future__ import annotations

import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from understudy.core.errors import ConfigError
from understudy.provenance import local_chain
from understudy.provenance.certificate import local_roots, local_signer, signer_of
from understudy.provenance.sign import check_signer

Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNDERSTUDY_SIGNING", str(tmp_path / "new" / "signing"))
    return tmp_path / "new" / "signing"


def own_files(
    folder: Path, key: Key, *, days: int = 30, use: x509.ObjectIdentifier | None = None
) -> list[Path]:
    """A user's certificate, signed by a root, and its key."""
    root_key = ec.generate_private_key(ec.SECP256R1())
    start = datetime.now(UTC) - timedelta(days=1 if days > 0 else 40)
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("Root", "Studio")]
    flags = {**local_chain._NO_USE, "digital_signature": True}
    leaf = (
        x509.CertificateBuilder()
        .issuer_name(names[0])
        .subject_name(x509.Name([*names[1], x509.NameAttribute(NameOID.ORGANIZATION_NAME, "A studio")]))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(start)
        .not_valid_after(datetime.now(UTC) + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**flags), critical=True)
        .add_extension(x509.ExtendedKeyUsage([use or ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False
        )
        .sign(root_key, hashes.SHA256())
    )
    paths = [folder / "cert.pem", folder / "key.pem"]
    paths[0].write_bytes(leaf.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


def test_the_machines_own_is_made_once(folder: Path) -> None:
    assert local_roots() == []
    first = local_signer()
    assert local_signer() == first
    check_signer(first)
    assert len(local_roots()) == 1
    assert "KEY" not in repr(first)
    assert {file.name for file in folder.iterdir()} == {"signer.pem", "roots.pem"}


@pytest.mark.skipif(sys.platform == "win32", reason="modes say nothing there")
def test_only_the_owner_reads_the_key(folder: Path) -> None:
    local_signer()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "signer.pem").stat().st_mode) == 0o600
    assert b"PRIVATE" not in (folder / "roots.pem").read_bytes()
    # the root's key is nowhere: it cannot vouch for anybody else
    assert (folder / "signer.pem").read_bytes().count(b"PRIVATE KEY") == 2  # one key: begin and end


def test_who_comes_first_makes_it(folder: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        signers = list(pool.map(lambda _: local_signer().chain, range(8)))
    assert len(set(signers)) == 1


def test_an_expired_one_is_replaced_and_what_it_signed_stays_known(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_chain, "_YEARS_VALID", 0)  # valid until a day ago
    with pytest.raises(ConfigError):
        check_signer(local_signer())
    monkeypatch.undo()
    monkeypatch.setenv("UNDERSTUDY_SIGNING", str(folder))
    check_signer(local_signer())
    assert local_roots()[0].count(b"BEGIN CERTIFICATE") >= 2


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (ec.generate_private_key(ec.SECP256R1()), "es256"),
        (ec.generate_private_key(ec.SECP384R1()), "es384"),
        (ed25519.Ed25519PrivateKey.generate(), "ed25519"),
        (rsa.generate_private_key(65537, 2048), "ps256"),
    ],
)
def test_a_users_own(key: Key, algorithm: str, tmp_path: Path) -> None:
    signer = signer_of(*own_files(tmp_path, key))
    assert signer.algorithm == algorithm
    check_signer(signer)


def test_a_signer_who_is_not_the_first_is_told(tmp_path: Path) -> None:
    cert, key_file = own_files(tmp_path, ec.generate_private_key(ec.SECP256R1()))
    (tmp_path / "other").mkdir()
    other, _ = own_files(tmp_path / "other", ec.generate_private_key(ec.SECP256R1()))
    cert.write_bytes(other.read_bytes() + cert.read_bytes())
    with pytest.raises(ConfigError, match=r"belongs to certificate 2 in .* must be the first"):
        signer_of(cert, key_file)


def test_what_will_not_do_is_told_before_the_work(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    cert, key_file = own_files(tmp_path, key)
    with pytest.raises(ConfigError, match="--cert is given without --key"):
        signer_of(cert, None)
    with pytest.raises(ConfigError, match="--key is given without --cert"):
        signer_of(None, key_file)
    with pytest.raises(ConfigError, match="cannot be read"):
        signer_of(tmp_path / "none", key_file)
    with pytest.raises(ConfigError, match="no certificate"):
        signer_of(key_file, key_file)
    with pytest.raises(ConfigError, match="no private key"):
        signer_of(cert, cert)
    other = ec.generate_private_key(ec.SECP256R1())
    key_file.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(ConfigError, match="do not belong together"):
        signer_of(cert, key_file)
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")))
    with pytest.raises(ConfigError, match="is encrypted"):
        signer_of(cert, key_file)
    with pytest.raises(ConfigError, match="valid from"):
        signer_of(*own_files(tmp_path, key, days=-5))
    with pytest.raises(ConfigError, match="of a kind"):
        signer_of(*own_files(tmp_path, ec.generate_private_key(ec.SECP256K1())))
    with pytest.raises(ConfigError, match="does not sign media"):
        check_signer(signer_of(*own_files(tmp_path, key, use=ExtendedKeyUsageOID.SERVER_AUTH)))


def test_a_damaged_one_says_what_to_do(folder: Path) -> None:
    local_signer()
    (folder / "signer.pem").write_bytes(b"")
    with pytest.raises(ConfigError, match="remove it"):
        local_signer()
