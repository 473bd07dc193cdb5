"""Landmarks of made people who do known things."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from understudy.expression.apply import apply
from understudy.expression.basis import load_basis
from understudy.expression.names import MESH_NAMES
from understudy.expression.read import Clip
from understudy.faces.pose import HeadPoses, rotations_of

SIZE_PX = (640, 480)


@dataclass(frozen=True)
class Made:
    clip: Clip
    values: np.ndarray  # (n, k) of MESH_NAMES
    angles_deg: np.ndarray
    rest: np.ndarray

    def of(self, name: str) -> np.ndarray:
        return self.values[:, MESH_NAMES.index(name)]


def somebody(seed: int, far: float = 0.7) -> np.ndarray:
    """(468, 3) face at rest of a person unlike the mean one."""
    basis = load_basis()
    weights = np.random.default_rng(seed).normal(0, far, len(basis.people))
    return (basis.rest + np.tensordot(weights, basis.people, axes=1)).astype(np.float32)


def poses_of(angles_deg: np.ndarray, side_px: float = 200.0) -> HeadPoses:
    n = len(angles_deg)
    centre = np.column_stack([np.full(n, 320.0) + np.arange(n) * 0.2, np.full(n, 240.0), np.zeros(n)])
    return HeadPoses(scale_px=np.full(n, side_px), frame_from_head=rotations_of(angles_deg), centre_px=centre)


def performed(
    acts: dict[str, np.ndarray], *, seed: int = 1, noise_px: float = 0.0, turn: float = 0.0
) -> Made:
    """A clip of somebody who does that; the head turns to and fro by `turn` degrees."""
    n = len(next(iter(acts.values())))
    values = np.zeros((n, len(MESH_NAMES)), np.float32)
    for name, curve in acts.items():
        values[:, MESH_NAMES.index(name)] = curve
    phase = np.linspace(0, 6 * np.pi, n)
    angles = np.stack([turn * np.sin(phase), turn / 2 * np.cos(phase), np.full(n, 5.0)], axis=1)
    rest = somebody(seed)
    mesh = apply(rest, MESH_NAMES, values, poses_of(angles), as_landmarks=True)
    rng = np.random.default_rng(seed)
    mesh = (mesh + rng.normal(0, noise_px, mesh.shape)).astype(np.float32)
    iris = np.repeat(mesh[:, [[33, 133], [263, 362]], :2].mean(axis=2)[:, :, None], 5, axis=2)
    times = np.arange(n) / 25
    return Made(Clip(times_s=times, landmarks_px=mesh, iris_px=iris, size_px=SIZE_PX), values, angles, rest)


def bump(n: int, centre: int, width: float, height: float = 1.0) -> np.ndarray:
    """(n,) a smooth rise and fall."""
    return height * np.exp(-0.5 * ((np.arange(n) - centre) / width) ** 2)
