"""What the animator learns from: two pictures of a person, and the one moved to the other by its mesh."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from understudy.core.errors import ModelError
from understudy.core.files import write_atomically
from understudy.core.types import Image

ORIGIN_PX = 32  # side of the grid that says where places come from
_FINE = 4096  # steps of it for half a crop's side
_QUALITY = 92  # of the stored pictures
_ARRAYS = ("photo", "warped", "truth", "person", "origin", "points", "mirror")


@dataclass(frozen=True, kw_only=True)
class AnimatorPairs:
    """Pairs of several people.

    Args:
        pictures: (f, size, size, 3) RGB uint8, upright faces.
        photo: (n,) int32, picture of the photo.
        warped: (n,) int32, picture of the photo moved by the mesh.
        truth: (n,) int32, what the face really looked like then.
        person: (n,) int32, place in `people`.
        origin: (n, 2, g, g) int16, where places of the warped face lie in the photo's crop, x and y;
            `_FINE` is half a side, 0 its middle.
        points: (n, k, 2) float16, landmarks of the warped face, x and y from -1 to 1.
        mirror: (k,) int32, landmark that each one becomes in a mirrored face.
        features: how many of them, the first ones, are eyes and mouth.
        people: who they are.
        coverage: side of a crop in sides of the face square.
    """

    pictures: NDArray[np.uint8]
    photo: NDArray[np.int32]
    warped: NDArray[np.int32]
    truth: NDArray[np.int32]
    person: NDArray[np.int32]
    origin: NDArray[np.int16]
    points: NDArray[np.float16]
    mirror: NDArray[np.int32]
    features: int
    people: tuple[str, ...]
    coverage: float

    def __len__(self) -> int:
        return len(self.photo)

    def of(self, people: Sequence[str]) -> AnimatorPairs:
        """Those of some people; pictures and people keep their places."""
        wanted = [number for number, name in enumerate(self.people) if name in people]
        kept = np.isin(self.person, wanted)
        arrays = ("photo", "warped", "truth", "person", "origin", "points")
        return replace(self, **{name: getattr(self, name)[kept] for name in arrays})


def stored_origin(places: NDArray[np.floating]) -> NDArray[np.int16]:
    """Places from -1 to 1, and somewhat beyond, as they are stored."""
    return np.clip(np.rint(places * _FINE), -32768, 32767).astype(np.int16)


def origin_of(stored: NDArray[np.int16]) -> NDArray[np.float32]:
    """The inverse of `stored_origin`."""
    return stored.astype(np.float32) / np.float32(_FINE)


def joined(parts: Sequence[AnimatorPairs]) -> AnimatorPairs:
    """Pairs of different people, one after the other."""
    firsts = np.cumsum([0, *(len(part.pictures) for part in parts)])
    people = tuple(dict.fromkeys(name for part in parts for name in part.people))
    found = list[AnimatorPairs]()
    for first, part in zip(firsts, parts, strict=False):
        moved = {name: getattr(part, name) + np.int32(first) for name in ("photo", "warped", "truth")}
        places = np.array([people.index(name) for name in part.people], np.int32)
        found.append(replace(part, person=places[part.person], **moved))
    names = ("pictures", "photo", "warped", "truth", "person", "origin", "points")
    arrays = {name: np.concatenate([getattr(part, name) for part in found]) for name in names}
    return replace(found[0], people=people, **arrays)


def save_pairs(path: Path, pairs: AnimatorPairs) -> None:
    """Store pairs as a safetensors file, pictures as JPEG; raises UnderstudyError where that fails."""
    with ThreadPoolExecutor() as pool:
        coded = list(pool.map(_coded, pairs.pictures))
    arrays = {name: np.ascontiguousarray(getattr(pairs, name)) for name in _ARRAYS}
    arrays["ends"] = np.cumsum([len(one) for one in coded], dtype=np.int64)
    arrays["coded"] = np.concatenate(coded)
    about = {
        "people": json.dumps(pairs.people),
        "features": str(pairs.features),
        "coverage": str(pairs.coverage),
        "size": str(pairs.pictures.shape[1]),
    }
    write_atomically(path, save(arrays, metadata=about))


def load_pairs(path: Path) -> AnimatorPairs:
    """Read what `save_pairs` wrote.

    Raises:
        ModelError: there is no such file, or it is damaged.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            about = file.metadata()
            arrays = {name: file.get_tensor(name) for name in (*_ARRAYS, "ends", "coded")}
        starts = [0, *arrays["ends"][:-1].tolist()]
        blocks = [arrays["coded"][a:b] for a, b in zip(starts, arrays["ends"].tolist(), strict=True)]
        size = int(about["size"])
        with ThreadPoolExecutor() as pool:
            pictures = np.stack(list(pool.map(lambda block: _decoded(block, size), blocks)))
        return AnimatorPairs(
            pictures=pictures,
            features=int(about["features"]),
            people=tuple(map(str, json.loads(about["people"]))),
            coverage=float(about["coverage"]),
            **{name: arrays[name] for name in _ARRAYS},
        )
    except (OSError, SafetensorError, LookupError, ValueError, TypeError, cv2.error) as error:
        raise ModelError(f"{path} holds no pairs to learn from ({error})", "prepare them again") from error


def _coded(picture: Image) -> NDArray[np.uint8]:
    good, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    assert good
    return data.reshape(-1)


def _decoded(data: NDArray[np.uint8], size_px: int) -> Image:
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if picture is None or picture.shape != (size_px, size_px, 3):
        raise ValueError("a picture is damaged")
    return np.ascontiguousarray(picture[..., ::-1]).astype(np.uint8)
