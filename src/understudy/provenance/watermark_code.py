"""The 64 bits of a watermark as bits that survive errors, and back.

64 bits and a check of 24 go through a convolutional code of rate 1/3: a receiver that knows how sure it is of
each bit needs about a third of the signal that the bare bits would.
"""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np
from numpy.typing import NDArray

PAYLOAD_BITS = 64
CHECK_BITS = 24
_MEMORY = 8
_GENERATORS = (0o557, 0o663, 0o711)
CODED_BITS = (PAYLOAD_BITS + CHECK_BITS + _MEMORY) * len(_GENERATORS)
_CRC24 = 0x864CFB  # of OpenPGP
_CRC24_START = 0xB704CE


def payload_of(said: str) -> int:
    """The 64 bits that stand for what a mark refers to, e.g. the digest of what an output was made with."""
    return int.from_bytes(hashlib.sha256(said.encode()).digest()[: PAYLOAD_BITS // 8], "big")


def coded(payload: int) -> NDArray[np.int8]:
    """The signs that stand for a payload.

    Args:
        payload: 0 to 2**64 - 1.

    Returns:
        (CODED_BITS,) int8 of -1 and 1.

    Raises:
        ValueError: the payload has more bits, or is negative.

    Reference:
        Proakis, Digital Communications, 4th edition, table 8.2-2 (rate 1/3, constraint length 9); the check
        is that of RFC 4880, section 6.1.
    """
    if not 0 <= payload < 1 << PAYLOAD_BITS:
        raise ValueError(f"need a payload of {PAYLOAD_BITS} bits, got {payload}")
    word = payload << CHECK_BITS | _check(payload)
    signs, state = np.empty(CODED_BITS, np.int8), 0
    next_state, outputs = _trellis()
    for step in range(CODED_BITS // 3):
        place = PAYLOAD_BITS + CHECK_BITS - 1 - step
        bit = word >> place & 1 if place >= 0 else 0
        signs[3 * step : 3 * step + 3] = outputs[state, bit]
        state = next_state[state, bit]
    return signs


def decoded(soft: NDArray[np.floating | np.integer]) -> int | None:
    """The likeliest payload behind what was received.

    Args:
        soft: (CODED_BITS,), the sign of each is what it is held for, its size how surely.

    Returns:
        None where its check does not hold.

    Reference:
        Viterbi, Error bounds for convolutional codes, IEEE Transactions on Information Theory 1967.
    """
    next_state, outputs = _trellis()
    states = 1 << _MEMORY
    # into each state lead two: with the bit that it has on top, from these
    come_from = np.argsort(next_state.reshape(-1), kind="stable").reshape(states, 2)
    score = np.full(states, -np.inf)
    score[0] = 0
    chosen = np.empty((CODED_BITS // 3, states), np.int64)
    for step, received in enumerate(np.asarray(soft, np.float64).reshape(-1, 3)):
        ways = (score[:, None] + outputs @ received).reshape(-1)[come_from]
        best = ways.argmax(axis=1)
        score = ways[np.arange(states), best]
        chosen[step] = come_from[np.arange(states), best]
    word, state = 0, 0
    for step in range(CODED_BITS // 3 - 1, -1, -1):
        state, bit = divmod(int(chosen[step, state]), 2)
        word |= bit << (CODED_BITS // 3 - 1 - step)
    payload, check = divmod(word >> _MEMORY, 1 << CHECK_BITS)
    return payload if check == _check(payload) else None


@cache
def _trellis() -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """(states, 2) the next state by state and bit, and (states, 2, 3) the signs that are sent."""
    states = 1 << _MEMORY
    window = np.arange(states)[:, None] | np.array([0, states])  # the newest bit on top
    taps = window[..., None] & np.array(_GENERATORS)
    parity = np.bitwise_count(taps) & 1
    return window >> 1, (1 - 2 * parity.astype(np.int8)).astype(np.int8)


def _check(payload: int) -> int:
    rest = _CRC24_START
    for byte in payload.to_bytes(PAYLOAD_BITS // 8, "big"):
        rest ^= byte << 16
        for _ in range(8):
            rest = rest << 1 ^ (_CRC24 if rest >> 23 else 0)
            rest &= (1 << CHECK_BITS) - 1
    return rest
