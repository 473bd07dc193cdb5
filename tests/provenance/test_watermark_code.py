"""The payload as coded bits: there and back, through noise, and what is no code."""

import numpy as np
import pytest

from understudy.provenance.watermark_code import CODED_BITS, coded, decoded, payload_of

PAYLOADS = [0, 1, 0x123456789ABCDEF0, 2**64 - 1]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_comes_back(payload: int) -> None:
    assert coded(payload).shape == (CODED_BITS,)
    assert decoded(coded(payload)) == payload


def test_the_code_is_that_of_the_table() -> None:
    # oracle: each step sends the parity of the last nine bits under three generators, the newest bit on top
    payload = 0x8000000000000001
    bits = [payload >> (63 - k) & 1 for k in range(64)]
    for step, newest in enumerate(bits):
        window = sum(bits[step - k] << (8 - k) for k in range(9) if step >= k)
        assert window >> 8 == newest
        sent = [1 - 2 * (bin(window & taps).count("1") % 2) for taps in (0o557, 0o663, 0o711)]
        assert coded(payload)[3 * step : 3 * step + 3].tolist() == sent


def test_noise_as_strong_as_the_bits_is_corrected() -> None:
    rng = np.random.default_rng(0)
    for payload in map(payload_of, "abcdefgh"):
        received = coded(payload) + rng.normal(0, 0.9, CODED_BITS)
        assert (received * coded(payload) < 0).mean() > 0.08  # so many bits are wrong
        assert decoded(received) == payload


def test_noise_alone_is_no_payload() -> None:
    rng = np.random.default_rng(1)
    assert all(decoded(rng.normal(0, 1, CODED_BITS)) is None for _ in range(100))


def test_silence_is_no_payload() -> None:
    assert decoded(np.zeros(CODED_BITS)) is None


@pytest.mark.parametrize("payload", [-1, 2**64])
def test_more_than_64_bits_are_refused(payload: int) -> None:
    with pytest.raises(ValueError, match="64 bits"):
        coded(payload)
