"""Who signs: the user's own certificate, or one that this machine makes for itself at first use."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from understudy.core.errors import ConfigError
from understudy.core.files import data_folder, write_atomically
from understudy.core.owner_only import create_private, private_folder, write_private
from understudy.provenance.local_chain import make_chain

FOLDER_VARIABLE = (
    "UNDERSTUDY_SIGNING"  # says where the local certificate lies, where it is not the data folder
)
_SIGNER, _ROOTS = "signer.pem", "roots.pem"
_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
_MOST_BYTES = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Signer:
    """A certificate and its key.

    Args:
        chain: PEM, the signer's certificate first.
        key: PEM, not encrypted.
        algorithm: as C2PA calls it, e.g. "es256".
    """

    chain: bytes
    key: bytes
    algorithm: str

    def __repr__(self) -> str:
        """Keys do not belong into logs."""
        return f"Signer({self.algorithm})"


def signer_of(cert: Path | None, key: Path | None) -> Signer:
    """The signer of outputs.

    Args:
        cert: PEM file of the user's certificate and those that it was signed with, its own first; that of
            this machine where None.
        key: PEM file of its private key, not encrypted; with `cert` only.

    Raises:
        ConfigError: one without the other, or they cannot be read or do not belong together.
        UnderstudyError: the machine's own cannot be made.
    """
    if cert is None and key is None:
        return local_signer()
    if cert is None or key is None:
        given, missing = ("--cert", "--key") if key is None else ("--key", "--cert")
        raise ConfigError(f"{given} is given without {missing}", "give both, or none for this machine's own")
    return _checked(_read(cert), _read(key), cert, key)


def signing_folder() -> Path:
    """Where this machine's own certificate lies; it need not exist yet."""
    configured = os.environ.get(FOLDER_VARIABLE)
    return Path(configured) if configured else data_folder() / "signing"


def local_signer() -> Signer:
    """The machine's own signer, made at first use and once its certificate has expired.

    Only the owner may read its key. The root's key is thrown away once it has signed the one certificate.

    Raises:
        UnderstudyError: it cannot be made or read.
    """
    path = signing_folder() / _SIGNER
    private_folder(path.parent)
    if not path.exists():
        create_private(path, b"".join(make_chain()))  # another process' may have signed something already
    signer = _from_one_file(path)
    if _leaf(signer.chain, path).not_valid_after_utc <= datetime.now(UTC):
        write_private(path, b"".join(make_chain()))
        signer = _from_one_file(path)
    _remember_root(signer)
    return signer


def local_roots() -> list[bytes]:
    """Root certificates, PEM, of all that this machine ever signed with; none before the first signature."""
    try:
        return [(signing_folder() / _ROOTS).read_bytes()]
    except OSError:
        return []


def _remember_root(signer: Signer) -> None:
    root = b"-----BEGIN" + signer.chain.split(b"-----BEGIN")[-1]
    known = b"".join(local_roots())
    if root not in known:
        write_atomically(signing_folder() / _ROOTS, known + root)


def _from_one_file(path: Path) -> Signer:
    data = _read(path)
    at = data.find(b"-----BEGIN PRIVATE KEY-----")
    if at < 0:
        raise ConfigError(f"{path} holds no key", "remove it: a new one is made")
    return _checked(data[:at], data[at:], path, path)


def _checked(chain: bytes, key: bytes, cert_path: Path, key_path: Path) -> Signer:
    leaf = _leaf(chain, cert_path)
    try:
        private = serialization.load_pem_private_key(key, password=None)
    except TypeError as error:
        raise ConfigError(f"{key_path} is encrypted", "give a key without a passphrase") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"{key_path} is no private key in PEM ({error})", "check the file") from error
    algorithm = _algorithm_of(private, key_path)
    spki = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    own = private.public_key().public_bytes(*spki)
    fitting = [each.public_key().public_bytes(*spki) == own for each in _certificates(chain, cert_path)]
    if not any(fitting):
        raise ConfigError(
            f"the key in {key_path} and the certificate in {cert_path} do not belong together",
            "give the key that the certificate was issued for: --cert and --key of one signer",
        )
    if not fitting[0]:
        raise ConfigError(
            f"the key in {key_path} belongs to certificate {1 + fitting.index(True)} in {cert_path}, and the "
            "signer's must be the first",
            "put it in front of those that it was issued with",
        )
    now = datetime.now(UTC)
    if cert_path != key_path and not leaf.not_valid_before_utc <= now <= leaf.not_valid_after_utc:
        raise ConfigError(
            f"the certificate in {cert_path} is valid from {leaf.not_valid_before_utc:%Y-%m-%d} to "
            f"{leaf.not_valid_after_utc:%Y-%m-%d} only",
            "give one that is valid today",
        )
    plain = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Signer(chain=chain, key=plain, algorithm=algorithm)


def _algorithm_of(key: object, path: Path) -> str:
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name]
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= 2048:
        return "ps256"
    raise ConfigError(
        f"{path} is a key of a kind that C2PA does not know",
        "use P-256, P-384, P-521, Ed25519 or RSA of 2048",
    )


def _leaf(chain: bytes, path: Path) -> x509.Certificate:
    return _certificates(chain, path)[0]


def _certificates(chain: bytes, path: Path) -> Sequence[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(chain)
    except ValueError as error:
        raise ConfigError(f"{path} holds no certificate in PEM ({error})", "check the file") from error


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read ({error.strerror or error})", "check the path and its permissions"
        ) from error
    if len(data) > _MOST_BYTES:
        raise ConfigError(f"{path} is no certificate or key: it is too large", "check the path")
    return data
