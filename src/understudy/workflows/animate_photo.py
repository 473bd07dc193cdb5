"""The photo whose face is given an expression: at the size that is drawn, with the face that is meant."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from understudy.core.errors import MediaError
from understudy.core.events import OnEvent
from understudy.core.types import Frame, Image
from understudy.expression.morph import PhotoFace
from understudy.faces.face import Face
from understudy.faces.finder import FaceFinder
from understudy.media.images import read_image

_SMALL_PX = 64  # forehead to chin: less is hardly a face any more when it moves
_SHUT = 0.7  # of both blinks
_PROFILE_DEG = 50.0  # of yaw: half of the face is not there to be drawn


@dataclass(frozen=True, kw_only=True)
class Photo:
    """A photo with one face chosen.

    Args:
        image: (h, w, 3) RGB uint8, as large as it is drawn.
        seen: the face as it was found in it.
        face: what it does there.
        warnings: what the user should know of it.
    """

    image: Image
    seen: Face
    face: PhotoFace
    warnings: list[str]


def read_photo(path: Path, person: int, on_event: OnEvent, *, longest_px: int | None, is_even: bool) -> Photo:
    """Read a photo and find the face.

    Args:
        path: of a picture.
        person: whose face, by size: 1 is the largest.
        on_event: hears of weights that are fetched.
        longest_px: of its sides, at most; as it is where None.
        is_even: whether its sides are to be even, as video needs them: a row or column may be left out.

    Raises:
        MediaError: it cannot be read, or shows no such face.
        WeightsError: the networks' weights cannot be had.
    """
    image = _fitted(read_image(path), longest_px, is_even=is_even)
    frame = Frame(index=0, pts=0, time_base=Fraction(1, 25), image=image)
    ((_, faces),) = FaceFinder(on_event=on_event).stream([frame])
    if not faces:
        raise MediaError(
            f"no face was found in {path}", "give a photo that shows one, large and from the front"
        )
    if person > len(faces):
        count = "one face" if len(faces) == 1 else f"{len(faces)} faces"
        raise MediaError(
            f"{path} shows {count}, so there is no person {person}",
            f"give a number from 1 to {len(faces)}" if len(faces) > 1 else "leave --photo-person away",
        )
    faces = sorted(faces, key=lambda face: -face.square.side_px)
    chosen = faces[person - 1]
    size_px = (image.shape[1], image.shape[0])
    face = PhotoFace.read(chosen.landmarks_px, chosen.iris_px, size_px)
    return Photo(
        image=image,
        seen=chosen,
        face=face,
        warnings=_warnings(path, chosen, face, (len(faces), person)),
    )


def _warnings(path: Path, seen: Face, face: PhotoFace, which: tuple[int, int]) -> list[str]:
    """What the user should know; `which` is how many faces there are, and who was asked for."""
    found: list[str] = []
    yaw, (faces, person) = abs(float(seen.pose_deg[0])), which
    if faces > 1 and person == 1:
        found.append(f"{path.name} shows {faces} faces; the largest is taken: --photo-person takes another")
    if seen.square.side_px < _SMALL_PX:
        found.append(f"the face in {path.name} is {seen.square.side_px:.0f} px high: it will look coarse")
    if yaw > _PROFILE_DEG:
        found.append(
            f"the face in {path.name} is turned by {yaw:.0f} degrees: what is not seen of it cannot be "
            "drawn; a photo from the front does better"
        )
    if min(float(face.own.of(name)[0]) for name in ("eyeBlinkLeft", "eyeBlinkRight")) > _SHUT:
        found.append(f"the eyes in {path.name} are shut: they cannot be opened")
    return found


def _fitted(image: Image, longest_px: int | None, *, is_even: bool) -> Image:
    height, width = image.shape[:2]
    if longest_px is not None and max(height, width) > longest_px:
        scale = longest_px / max(height, width)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
        height, width = image.shape[:2]
    if is_even and height > 1 and width > 1:
        image = np.ascontiguousarray(image[: height // 2 * 2, : width // 2 * 2])
    return image
