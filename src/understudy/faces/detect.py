"""Find faces in a whole frame: boxes with six key points."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from understudy.core.picture import Picture, as_picture
from understudy.core.types import Image, Points, Vector
from understudy.faces.tflite import PictureNetwork


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """One face as a detector sees it.

    Args:
        box_px: (4,) float32 x0, y0, x1, y1, frame pixels.
        keypoints_px: (6, 2) float32: picture-left eye, picture-right eye, nose tip, mouth,
            picture-left ear, picture-right ear.
        score: in [0, 1].
    """

    box_px: Vector
    keypoints_px: Points
    score: float


class Detector(Protocol):
    """Anything that finds faces in a frame."""

    def detect(self, image: Image | Picture) -> list[Detection]:
        """Faces of an (h, w, 3) RGB uint8 picture, best first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BlazeFaceConfig:
    """One of the two published BlazeFace networks.

    Args:
        input_px: side of the square input.
        grids: (stride in pixels, anchors a cell) a feature map.
        min_score: detections below are dropped.
        max_overlap: detections that overlap more (intersection over union) are one face.
    """

    input_px: int
    grids: tuple[tuple[int, int], ...]
    min_score: float
    max_overlap: float = 0.3


SHORT_RANGE = BlazeFaceConfig(input_px=128, grids=((8, 2), (16, 6)), min_score=0.5)
FULL_RANGE = BlazeFaceConfig(input_px=192, grids=((4, 1),), min_score=0.6)


class BlazeFace:
    """The single-shot face detector of MediaPipe.

    Reference:
        Bazarevsky et al., BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs, 2019.
    """

    def __init__(self, weights: Path, config: BlazeFaceConfig) -> None:
        """Load the network; `weights` is a TensorFlow Lite file.

        Raises:
            ValueError: the network is not the one that `config` describes.
        """
        self._config = config
        self._network = PictureNetwork(weights)
        self._anchors = _anchors(config)
        expected = (config.input_px, [(1, len(self._anchors), 16), (1, len(self._anchors), 1)])
        if (self._network.input_px, self._network.output_shapes) != expected:
            raise ValueError(f"{weights.name} is another network than a BlazeFace of {config.input_px} px")

    def with_min_score(self, min_score: float) -> BlazeFace:
        """The same network, giving other detections."""
        other = copy.copy(self)
        other._config = replace(self._config, min_score=min_score)
        return other

    def detect(self, image: Image | Picture) -> list[Detection]:
        """Faces of an (h, w, 3) RGB uint8 picture, best first."""
        config = self._config
        picture = as_picture(image)
        width, height = picture.width_px, picture.height_px
        scale = config.input_px / max(height, width)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        padded = np.zeros((1, config.input_px, config.input_px, 3), np.float32)
        left, top = (config.input_px - size[0]) // 2, (config.input_px - size[1]) // 2
        padded[0, top : top + size[1], left : left + size[0]] = picture.resized(*size)
        boxes, logits = self._network.run(padded / np.float32(127.5) - np.float32(1))
        scores = 1 / (1 + np.exp(-np.clip(logits[0, :, 0], -80, 80)))
        kept = scores >= config.min_score
        if not kept.any():
            return []
        anchors = self._anchors[kept]
        points = boxes[0, kept].reshape(-1, 8, 2)  # centre, size, six key points, in input pixels
        points[:, 0] += anchors
        points[:, 2:] += anchors[:, None]
        offset = np.array([left, top], np.float32)
        points[:, [0, 2, 3, 4, 5, 6, 7]] = (points[:, [0, 2, 3, 4, 5, 6, 7]] - offset) / scale - 0.5
        points[:, 1] /= scale
        return merge_overlapping(points, scores[kept].astype(np.float32), config.max_overlap)


def _anchors(config: BlazeFaceConfig) -> NDArray[np.float32]:
    """(n, 2) centres of the anchors in input pixels, in the order of the network's outputs."""
    grids: list[NDArray[np.float32]] = []
    for stride, per_cell in config.grids:
        cells = config.input_px // stride
        y, x = np.mgrid[0:cells, 0:cells]
        centres = (np.stack([x, y], axis=-1).reshape(-1, 2) + 0.5) * stride
        grids.append(np.repeat(centres, per_cell, axis=0).astype(np.float32))
    return np.concatenate(grids)


def merge_overlapping(
    points: NDArray[np.float32], scores: NDArray[np.float32], max_overlap: float
) -> list[Detection]:
    """Blend detections of one face into one, weighted by score.

    Args:
        points: (n, 8, 2) float32: centre, size, six key points, frame pixels.
        scores: (n,) float32.
        max_overlap: boxes with a larger intersection over union are the same face.

    Returns:
        Detections, best first.

    Reference:
        BlazeFace 2019, section 3.4 (blending instead of suppression).
    """
    half = points[:, 1] / 2
    boxes = np.concatenate([points[:, 0] - half, points[:, 0] + half], axis=1)
    order = np.argsort(-scores)
    found: list[Detection] = []
    while order.size:
        same = overlap(boxes[order[0]], boxes[order]) > max_overlap
        same[0] = True
        group = order[same]
        weight = scores[group] / scores[group].sum()
        found.append(
            Detection(
                box_px=np.tensordot(weight, boxes[group], 1).astype(np.float32),
                keypoints_px=np.tensordot(weight, points[group, 2:], 1).astype(np.float32),
                score=float(scores[order[0]]),
            )
        )
        order = order[~same]
    return found


def overlap(box: NDArray[np.floating], boxes: NDArray[np.floating]) -> NDArray[np.float32]:
    """Intersection over union of one (4,) box x0, y0, x1, y1 with each of (n, 4)."""
    shared = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    inter = np.prod(np.maximum(shared, 0), axis=1)
    union = np.prod(box[2:] - box[:2]) + np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) - inter
    return (inter / np.maximum(union, 1e-9)).astype(np.float32)


def is_same(a: Detection, b: Detection, min_overlap: float) -> bool:
    """Whether two detections are of one thing, seen the same way up (within 45 degrees)."""
    eyes_a, eyes_b = (seen.keypoints_px[1] - seen.keypoints_px[0] for seen in (a, b))
    is_upright = eyes_a @ eyes_b >= np.cos(np.pi / 4) * np.linalg.norm(eyes_a) * np.linalg.norm(eyes_b)
    return bool(is_upright) and bool(overlap(a.box_px, b.box_px[None])[0] > min_overlap)
