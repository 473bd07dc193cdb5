"""Where a face lies in its frame, as one text that the history of decisions can keep and put back."""

from __future__ import annotations

import base64
import json
import math
import sqlite3
from typing import cast

from understudy.core.bounded import parse_json
from understudy.faces.faceset_rows import floats_from_blob, plain_name

_NUMBERS = (
    *("box_x0_px", "box_y0_px", "box_x1_px", "box_y1_px", "confidence"),
    *("square_x_px", "square_y_px", "square_side_px", "square_roll_rad"),
    *("yaw_deg", "pitch_deg", "roll_deg"),
)
_COLUMNS = (*_NUMBERS, "crop", "crop_sha256", "crop_size_px", "crop_from_frame")
_SHAPES = {"crop_from_frame": (2, 3), "mesh": (468, 3), "iris": (2, 5, 2)}


def place_of(db: sqlite3.Connection, face_id: int) -> str:
    """Box, square, pose, crop, landmarks and figures of a face, as `write_place` takes them."""
    columns = ", ".join(_COLUMNS)
    row = db.execute(
        f"SELECT {columns}, mesh, iris FROM faces JOIN landmarks ON landmarks.face = faces.id "
        "WHERE faces.id = ?",
        (face_id,),
    ).fetchone()
    names = (*_COLUMNS, "mesh", "iris")
    place = {name: _shown(value) for name, value in zip(names, tuple(row), strict=True)}
    figures = dict(db.execute("SELECT name, value FROM quality WHERE face = ? ORDER BY name", (face_id,)))
    return json.dumps({**place, "quality": figures})


def write_place(db: sqlite3.Connection, face_id: int, text: str) -> None:
    """Give a face another place, inside the caller's transaction; raises ValueError for what is none."""
    place = parse_json(text)
    if not isinstance(place, dict):
        raise ValueError("a face's place is not what it should be")
    values = _checked(cast("dict[str, object]", place))
    settings = ", ".join(f"{name} = ?" for name in _COLUMNS)
    db.execute(f"UPDATE faces SET {settings} WHERE id = ?", (*(values[name] for name in _COLUMNS), face_id))
    db.execute(
        "UPDATE landmarks SET mesh = ?, iris = ? WHERE face = ?", (values["mesh"], values["iris"], face_id)
    )
    db.execute("DELETE FROM quality WHERE face = ?", (face_id,))
    figures = cast("dict[str, float]", values["quality"])
    db.executemany(
        "INSERT INTO quality VALUES (?, ?, ?)", [(face_id, name, value) for name, value in figures.items()]
    )


def _shown(value: object) -> object:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _checked(place: dict[str, object]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name in _NUMBERS:
        found[name] = _number(place.get(name))
    for name, shape in _SHAPES.items():
        blob = base64.b64decode(str(place.get(name)), validate=True)
        floats_from_blob(blob, *shape)
        found[name] = blob
    found["crop"] = plain_name(str(place.get("crop")))
    found["crop_sha256"] = str(place.get("crop_sha256"))
    found["crop_size_px"] = int(_number(place.get("crop_size_px")))
    quality = place.get("quality")
    if not isinstance(quality, dict):
        raise ValueError("a face's figures are missing")
    found["quality"] = {
        str(name): _number(value) for name, value in cast("dict[object, object]", quality).items()
    }
    return found


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no number of a face")
    return float(value)
