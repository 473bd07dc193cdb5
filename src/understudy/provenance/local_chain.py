"""A certificate of this machine's own: a root that nobody else knows, and what it vouches for once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ORGANISATION = "Understudy (made on the signer's own machine)"  # says no more of who that is
# without a time stamp, a signature counts for as long as its certificate does
_YEARS_VALID = 30
_NO_USE = dict.fromkeys(
    (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    ),
    False,
)


def make_chain() -> tuple[bytes, bytes, bytes]:
    """Make a signer's certificate, its root and the signer's key.

    Returns:
        Each as PEM. The root's key is not among them: it has signed all that it ever will.

    Reference:
        C2PA 2.1, 14.5.1: what certificates of signers have to be like.
    """
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = (
        _begun("Understudy local root", root_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(**_NO_USE | {"key_cert_sign": True}), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        _begun("Understudy local signer", key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**_NO_USE | {"digital_signature": True}), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False
        )
        .sign(root_key, hashes.SHA256())
    )
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return leaf.public_bytes(Encoding.PEM), root.public_bytes(Encoding.PEM), plain


def _begun(name: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    # a clock that is set back by a day must not make the signature one of the future
    start = datetime.now(UTC) - timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name("Understudy local root"))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365 * _YEARS_VALID))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
