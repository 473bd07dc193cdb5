"""How near a picture comes to the known truth, inside the face."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from understudy.core.geometry import inverse
from understudy.core.types import Image, Matrix
from understudy.faces.crop import cut
from understudy.faces.face import Face
from understudy.measure.region import inner_face_mask, luma
from understudy.measure.ssim import masked_psnr, masked_ssim

_SIZE_PX = 128
_COVERAGE = 1.2
_MARGIN_PX = 16  # cut wider than compared, so that the search brings no edge in
_MOST_SHIFT_PX = 8.0
_MOST_TURN_RAD = 0.12
_ITERATIONS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthFigures:
    """Likeness to the truth inside the inner face.

    Args:
        ssim: structural similarity, mean over R, G, B.
        psnr: peak signal-to-noise ratio in decibels.
    """

    ssim: float
    psnr: float


def compare_with_truth(image: Image, face: Face, truth: Image, truth_face: Face) -> TruthFigures | None:
    """Compare two pictures of a face after aligning both.

    Both are cut out through their own face square; what is left of shift and turn (the landmarks'
    error, other proportions) is searched for by the enhanced correlation coefficient.

    Args:
        image: (h, w, 3) RGB uint8, e.g. the output's frame.
        face: the face in it.
        truth: (h, w, 3) RGB uint8, the truth's frame; it may have another size.
        truth_face: the face in that.

    Returns:
        The figures, of the better of both alignments; None where the inner face is outside the crop.

    Reference:
        Evangelidis and Psarakis, Parametric image alignment using enhanced correlation coefficient
        maximization, PAMI 30(10), 2008.
    """
    wide_px = _SIZE_PX + 2 * _MARGIN_PX
    coverage = _COVERAGE * wide_px / _SIZE_PX
    truth_from_frame = truth_face.square.crop_from_frame(wide_px, coverage)
    image_from_frame = face.square.crop_from_frame(wide_px, coverage)
    truth_crop = cut(truth, truth_from_frame, wide_px)
    image_crop = cut(image, image_from_frame, wide_px)
    points = truth_face.landmarks_px[:, :2] @ truth_from_frame[:, :2].T + truth_from_frame[:, 2]
    inner = slice(_MARGIN_PX, -_MARGIN_PX)
    mask = inner_face_mask(points, wide_px)
    found: list[TruthFigures] = []
    # both alignments look at one resampling each, so none is favoured by its blur
    for image_from_truth in (np.eye(2, 3, dtype=np.float32), _refine(truth_crop, image_crop, mask)):
        if image_from_truth is None:
            continue
        moved = _through(image, image_from_frame, image_from_truth, wide_px)
        ssim = masked_ssim(moved[inner, inner], truth_crop[inner, inner], mask[inner, inner])
        psnr = masked_psnr(moved[inner, inner], truth_crop[inner, inner], mask[inner, inner])
        if ssim is not None and psnr is not None:
            found.append(TruthFigures(ssim=ssim, psnr=psnr))
    return max(found, key=lambda figures: figures.ssim, default=None)


def _refine(truth: Image, image: Image, mask: np.ndarray) -> Matrix | None:
    """Shift and turn `image_from_truth` in crop pixels, None where the search fails or runs away."""
    start = np.eye(2, 3, dtype=np.float32)
    until = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, _ITERATIONS, 1e-4)
    try:
        _, found = cv2.findTransformECC(
            luma(truth), luma(image), start, cv2.MOTION_EUCLIDEAN, until, mask.astype(np.uint8), 5
        )
    except cv2.error:  # it raises where the pictures have nothing in common
        return None
    centre = np.full(2, (len(truth) - 1) / 2)
    shift = np.linalg.norm(found[:, :2] @ centre + found[:, 2] - centre)
    turn = abs(np.arctan2(found[1, 0], found[0, 0]))
    usable = bool(shift < _MOST_SHIFT_PX and turn < _MOST_TURN_RAD)
    return np.asarray(found, np.float32) if usable else None


def _through(image: Image, image_from_frame: Matrix, image_from_truth: Matrix, size_px: int) -> Image:
    """Cut straight from the frame through both matrices, so that the picture is resampled once."""
    truth_from_image = inverse(image_from_truth.astype(np.float64))
    linear = truth_from_image[:, :2] @ image_from_frame[:, :2]
    shift = truth_from_image[:, :2] @ image_from_frame[:, 2] + truth_from_image[:, 2]
    return cut(image, np.column_stack([linear, shift]).astype(np.float32), size_px)
