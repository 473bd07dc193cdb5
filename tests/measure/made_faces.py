"""Faces made from the template, and pictures of them, without any network."""

import cv2
import numpy as np

from understudy.faces.face import Face
from understudy.faces.mesh import FACE_OVAL, INNER_LIPS, LEFT_EYELIDS, RIGHT_EYELIDS, template
from understudy.faces.pose import fit_pose

LOWER_LIPS = (95, 88, 178, 87, 14, 317, 402, 318, 324)
UPPER_LIDS = (246, 161, 160, 159, 158, 157, 173, 466, 388, 387, 386, 385, 384, 398)
BROWS = (70, 63, 105, 66, 107, 46, 53, 52, 65, 55, 300, 293, 334, 296, 336, 276, 283, 282, 295, 285)


def turned(yaw_deg: float, pitch_deg: float, roll_deg: float) -> np.ndarray:
    """(3, 3) rotation with these angles in the convention of `Face.pose_deg`."""
    (sy, sp, sr), (cy, cp, cr) = (f(np.radians([yaw_deg, pitch_deg, roll_deg])) for f in (np.sin, np.cos))
    yaw = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    pitch = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    roll = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return pitch @ yaw @ roll


def made_face(
    *,
    pose_deg: tuple[float, float, float] = (0, 0, 0),
    centre_px: tuple[float, float] = (128, 128),
    side_px: float = 120,
    mouth: float = 0.0,
    lids: float = 0.0,
    brow: float = 0.0,
    smile: float = 0.0,
    gaze: tuple[float, float] = (0.0, 0.0),
    track: int = 0,
) -> Face:
    """A face with moved parts; the amounts are in sides of the face square, gaze in eye widths."""
    points = template().astype(np.float64).copy()
    points[list(LOWER_LIPS), 1] += mouth
    points[list(UPPER_LIDS), 1] += lids
    points[list(BROWS), 1] -= brow
    points[[61, 78], 0] -= smile
    points[[291, 308], 0] += smile
    iris = np.zeros((2, 5, 3))
    for eye, (outer, inner) in enumerate(((33, 133), (263, 362))):
        width = np.linalg.norm(points[outer] - points[inner])
        iris[eye] = (points[outer] + points[inner]) / 2 + [gaze[0] * width, gaze[1] * width, -0.02]
    rotation = turned(*pose_deg)
    centre = np.array([*centre_px, 0.0])
    landmarks = (points @ rotation.T * side_px + centre).astype(np.float32)
    pose = fit_pose(landmarks)
    box = np.concatenate([landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)])
    return Face(
        box_px=box.astype(np.float32),
        landmarks_px=landmarks,
        iris_px=(iris @ rotation.T * side_px + centre)[..., :2].astype(np.float32),
        confidence=1.0,
        track=track,
        square=pose.square,
        pose_deg=pose.angles_deg,
    )


def picture_of(face: Face, size_px: int = 256, tint: tuple[int, int, int] = (200, 150, 130)) -> np.ndarray:
    """A shaded and textured head on a textured wall, drawn where the face's landmarks are."""
    rng = np.random.default_rng(0)
    wall = cv2.GaussianBlur(rng.integers(0, 256, (size_px, size_px, 3), dtype=np.uint8), (0, 0), 4)
    image = cv2.convertScaleAbs(wall, alpha=0.8, beta=10)
    xy = face.landmarks_px[:, :2]

    def fill(points: tuple[int, ...], colour: tuple[int, int, int]) -> None:
        hull = cv2.convexHull(xy[list(points)].astype(np.float32))
        cv2.fillConvexPoly(image, np.round(hull * 16).astype(np.int32), colour, cv2.LINE_AA, 4)

    fill(FACE_OVAL, tint)
    for lids in (LEFT_EYELIDS, RIGHT_EYELIDS):
        fill(lids, (240, 240, 240))
    for centre in face.iris_px[:, 0]:
        cv2.circle(image, tuple(round(float(v) * 16) for v in centre), 48, (40, 60, 90), -1, cv2.LINE_AA, 4)
    fill(BROWS[:10], (60, 40, 30))
    fill(BROWS[10:], (60, 40, 30))
    fill(INNER_LIPS, (90, 20, 30))
    # skin texture that moves with the face
    for x, y in xy[::7]:
        at = round(float(x) * 16), round(float(y) * 16)
        cv2.circle(image, at, 20, tuple(int(v * 0.93) for v in tint), -1, cv2.LINE_AA, 4)
    return image
