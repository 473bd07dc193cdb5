"""What the page shows of each step: pictures, shapes to draw over them, and figures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from understudy.core.errors import ConfigError
from understudy.core.geometry import inverse, transform_points
from understudy.faces.expression import EXPRESSION_SIZE, PLACEMENT_SIZE
from understudy.studio.pictures import shown
from understudy.workflows.explain import Explanation, ReadFace, mesh_lines
from understudy.workflows.explain_frame import SeenFrame

_MINUTES = 3  # that show whom a model draws


def told_of(explanation: Explanation) -> dict[str, Any]:
    """Whose pictures, and what drew them."""
    material, model = explanation.material, explanation.material.model
    return {
        "source": material.source.identity,
        "target": material.target.identity,
        "built_in": material.is_built_in,
        "steps": material.steps,
        "preset": model.preset_name,
        "size": model.preset.size_px,
        "code": model.preset.code,
        "faces": explanation.faces,
        "lines": mesh_lines(),
        "minutes": _MINUTES,
        "directions": [
            {
                "moves": one.moves,
                "share": round(one.share, 4),
                "deviation": round(one.deviation, 3),
                "r": round(one.correlation, 2),
            }
            for one in explanation.directions
        ],
    }


def training_command(explanation: Explanation) -> list[str]:
    """The arguments of the command that trains a model on the two people that are shown.

    Raises:
        ConfigError: no folder was named for it.
    """
    material = explanation.material
    if material.model_folder is None:
        raise ConfigError("no folder is named for the model", "begin a swap on the start page")
    options = [f"--model={material.model_folder}", f"--minutes={_MINUTES}"]
    if material.is_built_in:
        options.append("--consent=rendered")
    return ["train", *map(str, material.facesets), *options]


def steps_of(explanation: Explanation, face: int, seed: int) -> dict[str, Any]:
    """All of it for one face."""
    seen, read = explanation.frame(face), explanation.read(face)
    return {
        "frame": _frame(seen, explanation, face),
        "aligned": _aligned(seen, read, explanation),
        "undone": undone_shown(explanation, face, seed),
        "code": _code(explanation, read),
        "drawn": {
            "own": shown(read.own, is_drawn=True),
            "other": shown(read.other, is_drawn=True),
        },
        "blend": _blend(explanation, face),
    }


def undone_shown(explanation: Explanation, face: int, seed: int) -> dict[str, Any]:
    """What training hands the network, and what it must make of it."""
    undone = explanation.undone(face, seed)
    return {
        "read": shown(undone.read),
        "drawn": shown(undone.drawn, is_drawn=True),
        "wanted": shown(undone.wanted),
        "grid": _rounded(undone.grid, 4),
        "bend_px": round(undone.bend_px, 2),
        "error": round(undone.error, 1),
    }


def _rounded(values: NDArray[np.floating], places: int) -> list[object]:
    """As plain numbers that are short in JSON."""
    return np.round(values.astype(np.float64), places).tolist()


def _frame(seen: SeenFrame, explanation: Explanation, face: int) -> dict[str, Any]:
    height, width = seen.image.shape[:2]
    points = seen.face.landmarks_px
    return {
        "picture": shown(seen.image),
        "width": width,
        "height": height,
        "whole": seen.is_whole,
        "number": explanation.frame_number(face),
        "time_s": round(explanation.time_s(face), 2),
        "box": _rounded(seen.face.box_px, 1),
        "confidence": round(float(seen.face.confidence), 3),
        "points": _rounded(points, 1),
        "pose": _rounded(seen.face.pose_deg, 1),
    }


def _aligned(seen: SeenFrame, read: ReadFace, explanation: Explanation) -> dict[str, Any]:
    preset = explanation.material.model.preset
    matrix = seen.face.square.crop_from_frame(preset.size_px, preset.coverage)
    edge = preset.size_px - 0.5
    corners = np.array([[-0.5, -0.5], [edge, -0.5], [edge, edge], [-0.5, edge]], np.float32)
    return {
        "picture": shown(read.aligned),
        "corners": np.round(transform_points(inverse(matrix), corners), 1).tolist(),
        "matrix": _rounded(matrix, 3),
    }


def _code(explanation: Explanation, read: ReadFace) -> dict[str, Any]:
    model = explanation.material.model
    count = len(read.code)
    said = EXPRESSION_SIZE if model.known is not None else 0
    groups = [("what it chose itself", 0, count)]
    if said:
        groups = [
            ("lips, lids, brows, eyes, turn of the head", 0, said),
            ("where in the square", said, said + PLACEMENT_SIZE),
            ("all else: light, teeth, wrinkles", said + PLACEMENT_SIZE, count),
        ]
    return {
        "values": _rounded(read.code, 2),
        "groups": [{"name": name, "from": first, "to": last} for name, first, last in groups],
        "offsets": _rounded(read.offsets, 2),
    }


def _blend(explanation: Explanation, face: int) -> dict[str, Any]:
    blended = explanation.blended(face)
    return {
        "before": shown(blended.before),
        "laid": shown(blended.laid, is_drawn=True),
        "soft": shown(blended.soft, is_drawn=True),
        "matched": shown(blended.matched, is_drawn=True),
        "mask": shown(blended.mask),
        "share": round(blended.mask_share, 3),
    }
