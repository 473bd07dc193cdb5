"""What each named expression does to the mesh, how its landmarks err, and how people differ."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from understudy.core.errors import UnderstudyError
from understudy.expression.names import MESH_NAMES
from understudy.faces.mesh import LANDMARK_COUNT, template

ASSET = "expression_basis.safetensors"
POSE_TERMS = 5  # yaw, pitch, yaw squared, pitch squared, yaw times pitch; unit 30 degrees
SHUT_GAP = 0.2  # of a person's usual gap between the lids is what landmarks show of shut eyes
_POSE_UNIT_DEG, _POSE_MOST = 30.0, 1.3

Floats = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Basis:
    """All in units of the template face, its axes as `faces.mesh.template`'s; the pose is undone.

    Args:
        names: of expressions, `MESH_NAMES`.
        moves: (k, 468, 3) float32, what a coefficient of 1 adds to a mean face at rest.
        rest: (468, 3) float32, that face.
        people: (p, 468, 3) float32, in which ways faces at rest differ, each a standard deviation long.
        people_sd: what else they differ by, the same in each direction.
        pose: (`POSE_TERMS`, 468, 3) float32, what the landmark network adds to a face that is turned.
        noise: (r, 468, 3) float32, in which ways it errs, each a standard deviation long.
        noise_sd: (468, 3) float32, what else it errs by.
        steady: (468,) float32, how much each point counts where a pose is fitted.
        usual: (k,) float32, deviation of each coefficient; a ridge's prior.
    """

    names: tuple[str, ...]
    moves: Floats
    rest: Floats
    people: Floats
    people_sd: float
    pose: Floats
    noise: Floats
    noise_sd: Floats
    steady: Floats
    usual: Floats

    def turned(self, angles_deg: NDArray[np.floating]) -> Floats:
        """What the network adds at (n, 3) angles, (n, 468, 3); held beyond what was learnt from."""
        yaw, pitch = np.clip(angles_deg[:, :2].T / _POSE_UNIT_DEG, -_POSE_MOST, _POSE_MOST)
        terms = np.stack([yaw, pitch, yaw * yaw, pitch * pitch, yaw * pitch], axis=1)
        return np.tensordot(terms, self.pose, axes=1).astype(np.float32)


@cache
def load_basis() -> Basis:
    """The basis that comes with the package.

    Raises:
        UnderstudyError: the installation lacks it, or has one of another version.
    """
    try:
        with as_file(files("understudy") / "assets" / ASSET) as path:
            stored = load_file(path)
    except (OSError, SafetensorError) as error:
        raise UnderstudyError("the expression basis cannot be loaded", "install understudy again") from error
    basis = unpack(stored)
    for array in (basis.moves, basis.rest, basis.people, basis.pose, basis.noise, basis.noise_sd):
        array.setflags(write=False)
    return basis


def unpack(stored: dict[str, NDArray[np.floating]]) -> Basis:
    """A basis of what `pack` made; raises UnderstudyError where it is that of another version."""
    wide = {name: np.asarray(value, np.float32) for name, value in stored.items()}
    shape = (len(MESH_NAMES), LANDMARK_COUNT, 3)
    if wide.keys() != _STORED or wide["moves"].shape != shape:
        raise UnderstudyError("the expression basis is that of another version", "install understudy again")
    return Basis(
        names=MESH_NAMES,
        moves=wide["moves"],
        rest=wide["rest"] + template(),
        people=wide["people"],
        people_sd=wide["people_sd"].item(),
        pose=wide["pose"],
        noise=wide["noise"],
        noise_sd=wide["noise_sd"],
        steady=wide["steady"],
        usual=wide["usual"],
    )


def pack(basis: Basis) -> dict[str, NDArray[np.float16]]:
    """What is stored: halves, the face at rest as what it differs from the template by."""
    stored = {name: np.asarray(getattr(basis, name), np.float32) for name in _STORED}
    stored["rest"] = basis.rest - template()
    return {name: np.ascontiguousarray(value.astype(np.float16)) for name, value in stored.items()}


_STORED = {"moves", "rest", "people", "people_sd", "pose", "noise", "noise_sd", "steady", "usual"}
