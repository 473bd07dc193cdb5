"""Who signs what a command writes."""

from __future__ import annotations

from pathlib import Path

from understudy.provenance.certificate import Signer, signer_of
from understudy.provenance.sign import check_signer


def check_signing(cert: Path | None, key: Path | None) -> Signer:
    """Find out before long work whether its output can be signed.

    Args:
        cert: PEM file of the user's certificates, the signer's first; this machine's own where None.
        key: PEM file of its key.

    Raises:
        ConfigError: the certificate and the key will not do.
        UnderstudyError: this machine's own cannot be made.
    """
    signer = signer_of(cert, key)
    check_signer(signer)
    return signer
