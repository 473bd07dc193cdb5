"""A watermark as manifests name it: what finds a manifest again once it was removed."""

from __future__ import annotations

from understudy.provenance.manifest import SoftBinding
from understudy.provenance.watermark_code import PAYLOAD_BITS

ALGORITHM = "understudy.watermark.2"  # with the number: another way to mark is another algorithm
SOUND_ALGORITHM = "understudy.sound.1"


def soft_binding_of(payload: int, algorithm: str = ALGORITHM) -> SoftBinding:
    """What a manifest says of a watermark.

    Args:
        payload: 0 to 2**64 - 1.
        algorithm: by which the mark was made: that of faces, or `SOUND_ALGORITHM`.
    """
    return SoftBinding(algorithm=algorithm, value=payload.to_bytes(PAYLOAD_BITS // 8, "big"))
