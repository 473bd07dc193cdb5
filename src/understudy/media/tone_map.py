"""High dynamic range to the standard one: PQ and HLG pictures as an SDR display would be sent them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image

PQ, HLG = 16, 18  # transfer characteristics, codes of ITU-T H.273

WHITE_NITS = 203.0  # BT.2408: diffuse white of HDR; it becomes 255
PEAK_NITS = 1000.0  # brighter light is white; the nominal peak of HLG, and what most PQ is made for

_HLG_GAMMA = 1.2  # system gamma at PEAK_NITS
_SDR_GAMMA = 2.4  # BT.1886
_STRIPE_PX = 1 << 14  # pixels worked on at once, so that the intermediate numbers stay in the cache

_LUMA_2020 = np.array([[0.2627, 0.6780, 0.0593]])
# BT.2087: linear BT.2020 to linear BT.709
_709_FROM_2020 = np.array(
    [[1.660491, -0.587641, -0.072850], [-0.124550, 1.132900, -0.008349], [-0.018151, -0.100579, 1.118730]]
)

_Floats = NDArray[np.float64]


class ToneMap:
    """Maps pictures of one HDR transfer to SDR.

    What is darker than 93 cd/m2 (grey level 184) comes out as it would look beside SDR whose white has
    203 cd/m2; what is brighter is compressed smoothly, so that 1000 cd/m2 becomes white.

    Args:
        transfer: PQ or HLG.

    Reference:
        ITU-R BT.2100-2 tables 4 and 5 (transfers), BT.2408-7 (203 cd/m2), BT.2390-11 section 5.4 (the EETF,
        here a channel each, in the primaries of BT.2020), BT.2087-0 (primaries), BT.1886 (SDR).
    """

    def __init__(self, transfer: int) -> None:
        """Fill the tables."""
        signal = np.arange(1 << 16) / 65535
        is_hlg = transfer == HLG
        # a light of 1 is WHITE_NITS, but for HLG, whose display applies its gamma to all channels together
        light = hlg_scene(signal) if is_hlg else eetf(pq_nits(signal)) / WHITE_NITS
        self._light = light.astype(np.float32)
        self._is_hlg = is_hlg
        # indexed by the root of the light, as the light itself would need more than 16 bits in the shadows
        self._level = np.round(255 * (signal**2) ** (1 / _SDR_GAMMA)).astype(np.uint8)
        self._shown = (eetf(signal**2 * PEAK_NITS) / WHITE_NITS).astype(np.float32)

    def __call__(self, planes: Sequence[NDArray[np.uint16]], rgb_from_planes: NDArray[np.float64]) -> Image:
        """Map a picture to SDR.

        Args:
            planes: three of (h, w), as the picture is stored.
            rgb_from_planes: (3, 4) matrix and offset from them to R'G'B' of BT.2020 primaries, 0 to 65535.

        Returns:
            (h, w, 3) RGB uint8.
        """
        height, width = planes[0].shape
        mapped = np.empty((height, width, 3), np.uint8)
        rows = max(1, _STRIPE_PX // width)
        for top in range(0, height, rows):
            stored = cv2.merge([plane[top : top + rows] for plane in planes])
            signal = np.asarray(cv2.transform(stored, rgb_from_planes), np.uint16)
            mapped[top : top + rows] = self._stripe(signal)
        return mapped

    def _stripe(self, image: NDArray[np.uint16]) -> Image:
        light = self._light.take(image)
        if self._is_hlg:
            luma = cv2.transform(light, _LUMA_2020)
            gain = cv2.pow(luma, _HLG_GAMMA - 1)
            light = np.asarray(cv2.multiply(light, cv2.merge([gain, gain, gain])), np.float32)
            light = self._shown.take(_root_index(light))
        return self._level.take(_root_index(np.asarray(cv2.transform(light, _709_FROM_2020), np.float32)))


@cache
def tone_map_of(transfer: int) -> ToneMap:
    """The one of a transfer; any number of threads may use it."""
    return ToneMap(transfer)


def signal_of(transfer: int, shown: NDArray[np.float32]) -> NDArray[np.float32]:
    """The HDR signal that `ToneMap` maps to what an SDR display shows: its inverse, but for what it cuts off.

    Args:
        transfer: PQ or HLG.
        shown: (h, w, 3) R'G'B' of BT.709 primaries in [0, 1].

    Returns:
        (h, w, 3) float32 R'G'B' of BT.2020 primaries in [0, 1].
    """
    light = cv2.transform(np.maximum(shown, 0) ** _SDR_GAMMA, np.linalg.inv(_709_FROM_2020))
    # the compression is monotone, so its inverse is read off its own table
    nits = np.interp(np.clip(light, 0, 1), _COMPRESSED / WHITE_NITS, _NITS)
    if transfer == PQ:
        return pq_signal(nits).astype(np.float32)
    scene_luma = (nits @ _LUMA_2020[0] / PEAK_NITS) ** (1 / _HLG_GAMMA)
    gain = np.maximum(scene_luma, 1e-6) ** (1 - _HLG_GAMMA)
    return hlg_signal(nits / PEAK_NITS * gain[..., None]).astype(np.float32)


def pq_nits(signal: _Floats) -> _Floats:
    """Light in cd/m2 that a PQ signal of 0 to 1 stands for."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    root = np.maximum(signal, 0) ** (1 / m2)
    return 10000 * (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1)


def pq_signal(nits: _Floats) -> _Floats:
    """PQ signal of light, the inverse of `pq_nits`."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    power = (nits / 10000) ** m1
    return ((c1 + c2 * power) / (1 + c3 * power)) ** m2


def hlg_scene(signal: _Floats) -> _Floats:
    """Light of the scene, 0 to 1, that an HLG signal of 0 to 1 stands for."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)


def hlg_signal(scene: _Floats) -> _Floats:
    """HLG signal of light of the scene, the inverse of `hlg_scene`; cut off at 1."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    dark = np.sqrt(3 * np.clip(scene, 0, 1))
    bright = a * np.log(np.maximum(12 * scene - b, 1e-9)) + c
    return np.minimum(np.where(scene <= 1 / 12, dark, bright), 1)


def eetf(nits: _Floats) -> _Floats:
    """Compress light of 0 to PEAK_NITS into 0 to WHITE_NITS, both in cd/m2."""
    peak, white = pq_signal(np.array([PEAK_NITS, WHITE_NITS]))
    most = white / peak
    knee = 1.5 * most - 0.5
    signal = np.minimum(pq_signal(nits) / peak, 1)
    t = np.maximum(signal - knee, 0) / (1 - knee)
    spline = (
        (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (-2 * t**3 + 3 * t**2) * most
    )
    return pq_nits(np.asarray(np.where(signal < knee, signal, spline), np.float64) * peak)


# denser in the shadows, as signals are
_NITS = PEAK_NITS * np.linspace(0, 1, 4096) ** 3
_COMPRESSED = eetf(_NITS)


def _root_index(light: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Square root of light of 0 to 1, as 0 to 65535; beyond is cut off."""
    root = np.sqrt(np.maximum(light, 0))
    return np.asarray(cv2.addWeighted(root, 65535, root, 0, 0, dtype=cv2.CV_16U), np.uint16)
