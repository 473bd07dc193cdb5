"""HDR by the formulas of BT.2100, the slow and obvious way: for clips, and to check the tone mapping by."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

PQ, HLG = 16, 18
WHITE, PEAK = 203.0, 1000.0  # cd/m2

Floats = NDArray[np.float64]

# of BT.709 and BT.2020: the colours of red, green, blue and white (x, y)
_WHITE_XY = (0.3127, 0.3290)
_XY = {
    709: ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)),
    2020: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
}


def _xyz_from_rgb(primaries: int) -> Floats:
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in _XY[primaries]]).T
    x, y = _WHITE_XY
    return columns * np.linalg.solve(columns, [x / y, 1, (1 - x - y) / y])


REC2020_FROM_709 = np.linalg.inv(_xyz_from_rgb(2020)) @ _xyz_from_rgb(709)


def pq_of(nits: Floats) -> Floats:
    m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
    y = (nits / 10000) ** m1
    return ((c1 + c2 * y) / (1 + c3 * y)) ** m2


def nits_of_pq(signal: Floats) -> Floats:
    m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
    p = signal ** (1 / m2)
    return 10000 * (np.maximum(p - c1, 0) / (c2 - c3 * p)) ** (1 / m1)


def hlg_of(nits: Floats) -> Floats:
    """(..., 3) linear BT.2020 of a display of 1000 cd/m2."""
    luma = (nits @ [0.2627, 0.6780, 0.0593])[..., None] / PEAK
    scene = nits / PEAK * np.maximum(luma, 1e-9) ** (1 / 1.2 - 1)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), a * np.log(np.maximum(12 * scene - b, 1e-9)) + c)


def nits_of_hlg(signal: Floats) -> Floats:
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    return PEAK * scene * (scene @ [0.2627, 0.6780, 0.0593])[..., None] ** 0.2


def compressed(nits: Floats) -> Floats:
    """BT.2390's EETF from 1000 to 203 cd/m2, number by number."""
    return np.vectorize(_compressed)(nits)


def _compressed(nits: float) -> float:
    top, aim = float(pq_of(np.array(PEAK))), float(pq_of(np.array(WHITE)))
    e1 = min(float(pq_of(np.array(nits))) / top, 1.0)
    max_lum = aim / top
    ks = 1.5 * max_lum - 0.5
    if e1 < ks:
        return nits
    t = (e1 - ks) / (1 - ks)
    e2 = (2 * t**3 - 3 * t**2 + 1) * ks + (t**3 - 2 * t**2 + t) * (1 - ks) + (-2 * t**3 + 3 * t**2) * max_lum
    return float(nits_of_pq(np.array(e2 * top)))


def sdr_of(signal: Floats, transfer: int) -> NDArray[np.uint8]:
    """What an (h, w, 3) HDR signal of 0 to 1 should be tone-mapped to."""
    nits = nits_of_pq(signal) if transfer == PQ else nits_of_hlg(signal)
    linear = compressed(nits) / WHITE @ np.linalg.inv(REC2020_FROM_709).T
    return np.round(255 * np.clip(linear, 0, 1) ** (1 / 2.4)).astype(np.uint8)


def hdr_of(image: NDArray[np.uint8], transfer: int, *, gain: float = 1.0) -> Floats:
    """The HDR signal, 0 to 1, that shows an SDR picture with a white of 203 cd/m2 times `gain`."""
    nits = (image / 255.0) ** 2.4 @ REC2020_FROM_709.T * WHITE * gain
    return pq_of(nits) if transfer == PQ else hlg_of(nits)


def make_hdr_clip(path: Path, signals: list[Floats], transfer: int, *, is_full: bool = False) -> Path:
    """Write HDR signals as lossless 10-bit FFV1, 4:2:0, with their tags, at 25 frames a second."""
    height, width = signals[0].shape[:2]
    with av.open(str(path), "w") as container:
        video = container.add_stream("ffv1", rate=25, width=width, height=height, pix_fmt="yuv420p10le")
        context = video.codec_context
        context.colorspace, context.color_primaries, context.color_trc = 9, 9, transfer
        context.color_range = 2 if is_full else 1
        for index, signal in enumerate(signals):
            frame = av.VideoFrame.from_ndarray(_yuv420(signal, is_full=is_full), format="yuv420p10le")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return path


def _yuv420(signal: Floats, *, is_full: bool) -> NDArray[np.uint16]:
    """10-bit BT.2020 in one (h * 3 / 2, w) array."""
    height, width = signal.shape[:2]
    r, g, b = np.moveaxis(signal, -1, 0)
    luma = 0.2627 * r + 0.6780 * g + 0.0593 * b
    chroma = np.stack([(b - luma) / 1.8814, (r - luma) / 1.4746])
    half = chroma.reshape(2, height // 2, 2, width // 2, 2).mean(axis=(2, 4))
    black, levels, colours = (0, 1023, 1023) if is_full else (64, 876, 896)
    flat = np.concatenate([(black + levels * luma).reshape(-1), (512 + colours * half).reshape(-1)])
    return np.round(flat).astype(np.uint16).reshape(height * 3 // 2, width)
