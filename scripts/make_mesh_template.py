"""Make `assets/mesh_template.npy`: the mean face mesh of rendered people, neutral and frontal.

    python scripts/make_mesh_template.py CROWD_FOLDER OUT.npy

Generalised Procrustes over the first frame of each clip, mirrored copies included so that the mean
is symmetric, then scaled as `faces.mesh.template` says.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from understudy.faces.detect import SHORT_RANGE, BlazeFace
from understudy.faces.landmark import MeshNetwork, region_of_detection, region_of_points
from understudy.faces.mesh import CHIN, FACE_OVAL, FOREHEAD, NOSE_TIP
from understudy.faces.weights import weights_path
from understudy.media.reader import VideoReader

EARS = (234, 454)


def similarity(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Carry (n, 3) points `a` onto `b` by the best similarity."""
    am, bm = a.mean(0), b.mean(0)
    u, s, vt = np.linalg.svd((b - bm).T @ (a - am))
    sign = np.array([1, 1, np.sign(np.linalg.det(u @ vt))])
    scale = (s * sign).sum() / ((a - am) ** 2).sum()
    return scale * (a - am) @ ((u * sign) @ vt).T + bm


def mirrored(points: np.ndarray) -> np.ndarray:
    """Mirror (468, 3) points left to right and put each in its partner's place.

    Partners are found by position: the nearest point of the mirrored cloud.
    """
    flipped = points * [-1, 1, 1]
    flipped = flipped - flipped.mean(0) + points.mean(0)
    nearest = ((points[:, None] - flipped[None]) ** 2).sum(-1).argmin(1)
    return flipped[nearest]


def main() -> None:
    """Read the clips, write the array."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("crowd", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    detector = BlazeFace(weights_path("face_detection_short_range.tflite"), SHORT_RANGE)
    network = MeshNetwork(weights_path("face_landmark_with_attention.tflite"))
    meshes = []
    for clip in sorted(args.crowd.glob("id_*.mp4")):
        with VideoReader(clip) as reader:
            image = next(iter(reader)).image
        for found in detector.detect(image)[:1]:
            rough = network.find(image, region_of_detection(found))
            meshes.append(network.find(image, region_of_points(rough.points_px)).points_px.astype(float))
    mean = meshes[0]
    for _ in range(10):
        mean = np.mean([similarity(mesh, mean) for mesh in meshes], axis=0)
    mean = (mean + similarity(mirrored(mean), mean)) / 2
    # upright: forehead over chin, ears level in x and z
    x = mean[EARS[1]] - mean[EARS[0]]
    y = mean[CHIN] - mean[FOREHEAD]
    x /= np.linalg.norm(x)
    y -= x * (x @ y)
    y /= np.linalg.norm(y)
    mean = mean @ np.stack([x, y, np.cross(x, y)], axis=1)
    mean /= mean[CHIN, 1] - mean[FOREHEAD, 1]
    oval = mean[list(FACE_OVAL)]
    centre = [
        (oval[:, 0].min() + oval[:, 0].max()) / 2,
        (mean[CHIN, 1] + mean[FOREHEAD, 1]) / 2,
        (mean[NOSE_TIP, 2] + mean[list(EARS), 2].mean()) / 2,
    ]
    np.save(args.out, (mean - centre).astype(np.float32))
    print(f"{len(meshes)} faces, width {np.ptp(oval[:, 0]):.3f}, depth {np.ptp(mean[:, 2]):.3f}")


if __name__ == "__main__":
    main()
