"""Light that stays where it is while a face turns: a bent photo would carry it along with the skin."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image, Points
from understudy.expression.patches import Box
from understudy.expression.topology import LOWER_LIDS, OVAL, UPPER_LIDS, face_triangles
from understudy.faces.mesh import INNER_LIPS, LANDMARK_COUNT, LEFT_EYELIDS, OUTER_LIPS, RIGHT_EYELIDS
from understudy.faces.openings import BROWS

_NO_SKIN = {
    *INNER_LIPS, *OUTER_LIPS, *LEFT_EYELIDS, *RIGHT_EYELIDS, *UPPER_LIDS.flat, *LOWER_LIDS.flat,
    *BROWS[0], *BROWS[1],
}  # fmt: skip
_SKIN = np.array(sorted(set(range(LANDMARK_COUNT)) - _NO_SKIN))
_TRIANGLES = face_triangles()[(face_triangles() < LANDMARK_COUNT).all(axis=1)]

_GAMMA = 2.2
_CALM = 0.012  # of the face's size: deviation by which the photo is smoothed before its light is read
_FACING = 0.2  # cosine to the camera from which on skin tells of the light
_RIDGE = 0.02 * np.array([1e-4, 1, 1, 1, 3, 3, 3, 3, 3])  # light from all sides alike is most likely
_ROUNDS, _FAR = 8, 2.0  # of the robust fit; in its deviations, from where on skin is of another colour
_LEAST_LIT = 0.25  # of the usual brightness: how dark the light makes skin at most
_AMOUNT, _MOST = 0.8, 1.6  # of the change that is shown; factor of brightness
_CELLS = 40  # along the face, in which the change is worked out
_NEAR = 2.2  # deviation, cells: how far a point's change reaches
_EDGE, _FROM, _TO = 1.6, 0.35, 0.95  # of the face's border, cells; from where to where the change is shown
_NOTHING = 0.004

_Wide = NDArray[np.float64]


class Light:
    """The light on a photo's face: brightness by spherical harmonics of order 2, found from its skin.

    Args:
        photo: (h, w, 3) RGB uint8.
        mesh_px: (468, 3) float32 mesh of the face in it.
        model_px: (468, 3) the same as the model has it, z away from the camera, pixels.

    Reference:
        Ramamoorthi and Hanrahan, An Efficient Representation for Irradiance Environment Maps, SIGGRAPH 2001;
        Wen et al., Face Relighting with Radiance Environment Maps, CVPR 2003, section 4: the ratio of two
        shadings of one light relights a photo whose own colours need not be known.
    """

    def __init__(self, photo: Image, mesh_px: Points, model_px: NDArray[np.floating]) -> None:
        """Fit it, less to skin that is darker or lighter than any light explains."""
        harmonics = _harmonics(_normals(model_px))
        seen = _brightness(photo, mesh_px)
        self._light = _fitted(harmonics[_SKIN], seen, _normals(model_px)[_SKIN, 2] < -_FACING)
        self._before = self._shaded(harmonics)

    def relight(self, picture: Image, mesh_px: Points, model_px: NDArray[np.floating]) -> None:
        """Shade a moved face as the light does it there; hair and background stay as they are.

        Args:
            picture: (h, w, 3) RGB uint8, changed in place.
            mesh_px: (468, 3) float32, where the face's mesh went.
            model_px: (468, 3) the same as the model has it.
        """
        change = np.log(self._shaded(_harmonics(_normals(model_px))) / self._before)
        change = np.clip(_AMOUNT / _GAMMA * change, -np.log(_MOST), np.log(_MOST))[_SKIN]
        box = Box.around(mesh_px[OVAL, :2], 2)
        within = box.within(picture)
        if within is None or np.abs(change).max() < _NOTHING:
            return
        step = max(box.width, box.height) / _CELLS
        gain = _spread((mesh_px - [*box.corner, 0]) / step, change, (box.width / step, box.height / step))
        place = np.array([[step, 0, box.left - within.left], [0, step, box.top - within.top]])
        whole = cv2.warpAffine(gain, place, (within.width, within.height), borderValue=(1.0,))
        part = picture[within.top : within.top + within.height, within.left : within.left + within.width]
        part[:] = cv2.multiply(part, cv2.merge([whole, whole, whole]), dtype=cv2.CV_8U)

    def _shaded(self, harmonics: _Wide) -> _Wide:
        return np.maximum(harmonics @ self._light, _LEAST_LIT)


def _fitted(harmonics: _Wide, seen: _Wide, facing: NDArray[np.bool_]) -> _Wide:
    """(9,) coefficients, by iteratively reweighted least squares with Geman and McClure's weights."""
    weight = facing.astype(np.float64)
    light: _Wide = np.zeros(harmonics.shape[1])
    for _ in range(_ROUNDS):
        weighted = harmonics * (weight / max(float(weight.sum()), 1e-6))[:, None]
        light = np.asarray(
            np.linalg.solve(weighted.T @ harmonics + np.diag(_RIDGE), weighted.T @ seen), np.float64
        )
        off = seen - harmonics @ light
        usual = 1.4826 * float(np.median(np.abs(off[facing]))) + 1e-3 if facing.any() else 1.0
        weight = facing / np.square(1 + np.square(off / (_FAR * usual)))
    return light


def _brightness(photo: Image, mesh_px: Points) -> _Wide:
    """Linear light that comes from the skin at its points, 1 in the middle."""
    box = Box.around(mesh_px[:, :2], 2)
    grey = cv2.cvtColor(box.cut(photo), cv2.COLOR_RGB2GRAY).astype(np.float32)
    calm = cv2.GaussianBlur(grey, (0, 0), max(0.5, _CALM * float(np.hypot(box.width, box.height))))
    x, y = (mesh_px[_SKIN, :2] - box.corner).T.astype(np.float32)
    seen = cv2.remap(calm, x[None], y[None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]
    linear = np.maximum((seen / 255.0) ** _GAMMA, 1e-3).astype(np.float64)
    return np.asarray(linear / np.median(linear), np.float64)


def _normals(model_px: NDArray[np.floating]) -> _Wide:
    """(468, 3) towards the outside, which for what is seen is towards the camera: z < 0."""
    a, b, c = np.moveaxis(np.asarray(model_px, np.float64)[_TRIANGLES], 1, 0)
    each = np.cross(b - a, c - a)
    each *= -np.sign(each[:, 2].sum())
    total = np.stack(
        [np.bincount(_TRIANGLES.ravel(), np.repeat(axis, 3), LANDMARK_COUNT) for axis in each.T], axis=1
    )
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-9)


def _harmonics(normals: _Wide) -> _Wide:
    """(n, 9) of unit normals, up to order 2, without their constant factors."""
    x, y, z = normals.T * np.array([[1.0], [1.0], [-1.0]])
    return np.stack([np.ones_like(x), x, y, z, x * y, x * z, y * z, x * x - y * y, 3 * z * z - 1], axis=1)


def _spread(mesh: Points, change: _Wide, size: tuple[float, float]) -> NDArray[np.float32]:
    """(h, w) factors in cells, smooth between the points of the skin and 1 towards the face's border."""
    width, height = (int(np.ceil(length)) + 1 for length in size)
    x, y = np.clip(np.round(mesh[_SKIN, :2]).astype(int), 0, (width - 1, height - 1)).T
    total, count = (
        cv2.GaussianBlur(
            np.bincount(y * width + x, weights, width * height).reshape(height, width).astype(np.float32),
            (0, 0), _NEAR, borderType=cv2.BORDER_CONSTANT,
        )
        for weights in (change, None)
    )  # fmt: skip
    inside = np.zeros((height, width), np.float32)
    cv2.fillPoly(inside, [np.round(16 * mesh[OVAL, :2]).astype(np.int32)], (1.0,), cv2.LINE_AA, 4)
    inside = cv2.GaussianBlur(inside, (0, 0), _EDGE, borderType=cv2.BORDER_CONSTANT)
    share = np.clip((inside - _FROM) / (_TO - _FROM), 0, 1)
    share *= share * (3 - 2 * share)
    return np.exp(share * total / np.maximum(count, 1e-4)).astype(np.float32)
