"""How a swap is done, on one face: what each step has made of it, and codes that can be changed by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from understudy.core.events import OnEvent, ignore
from understudy.core.types import Image
from understudy.expression.topology import face_triangles
from understudy.faces.faceset_records import StoredFace
from understudy.faces.mesh import LANDMARK_COUNT
from understudy.training.validate import centred
from understudy.workflows.convert_cast import Role
from understudy.workflows.explain_blend import Blended, blended
from understudy.workflows.explain_codes import Direction, figures_of, main_directions
from understudy.workflows.explain_frame import SeenFrame, frame_of
from understudy.workflows.explain_material import ExplainConfig, Material, Somebody, gather
from understudy.workflows.explain_warp import Undone, undone

DIRECTIONS = 8
_MOST_OFF = 4.0  # standard deviations


@dataclass(frozen=True, kw_only=True)
class ReadFace:
    """A face, and what the networks make of it.

    Args:
        aligned: (s, s, 3) RGB uint8, what the encoder reads.
        code: (k,) float32.
        offsets: (d,) where it lies along the main directions, in standard deviations from its person's mean.
        own: (s, s, 3) RGB uint8, drawn by the person's own decoder.
        other: likewise by that of who is put in.
    """

    aligned: Image
    code: NDArray[np.float32]
    offsets: NDArray[np.float32]
    own: Image
    other: Image


class Explanation:
    """A production's faces and model, ready to be shown.

    A face of the target is called by its place in `faces`. Use it from one thread at a time.
    """

    def __init__(self, config: ExplainConfig, on_event: OnEvent = ignore) -> None:
        """Open what `config` names; raises as `gather`."""
        self.material: Material = gather(config, on_event)
        self.role = Role(source=self.material.source.identity, target=self.material.target.identity)

    @property
    def faces(self) -> int:
        """How many faces of the target can be chosen from."""
        return len(self.material.target.faces)

    @property
    def best(self) -> int:
        """A face that is large, sharp and seen from the front."""
        return max(range(self.faces), key=lambda i: _suits(self.material.target, i))

    @cached_property
    def directions(self) -> list[Direction]:
        """The main directions of the codes of both people."""
        people = (self.material.source, self.material.target)
        return main_directions(
            self._codes, {one.identity: figures_of(one.faces) for one in people}, DIRECTIONS
        )

    def frame(self, face: int) -> SeenFrame:
        """The frame of a face.

        Raises:
            MediaError: neither footage nor crop can be read.
        """
        stored = self._stored(face)
        return frame_of(stored, self.material.target.footage.get(stored.source_id))

    def time_s(self, face: int) -> float:
        """When it is shown in its footage."""
        return float(self._stored(face).time_s)

    def frame_number(self, face: int) -> int:
        """Its position in the footage, from 0."""
        return self._stored(face).frame_index

    def read(self, face: int) -> ReadFace:
        """Encode a face, and draw it by both decoders."""
        aligned = self._aligned(face)
        code = self._codes[self.role.target][face]
        own, other = self._drawn(code)
        mean = self._codes[self.role.target].mean(axis=0)
        offsets = [float((code - mean) @ one.unit) / one.deviation for one in self.directions]
        return ReadFace(
            aligned=aligned, code=code, offsets=np.array(offsets, np.float32), own=own, other=other
        )

    def draw(self, face: int, offsets: Sequence[float]) -> tuple[Image, Image]:
        """Change a face's code along the main directions, and let both decoders draw it.

        Args:
            face: whose code is changed.
            offsets: by how many standard deviations along each direction, beyond where the face is; missing
                ones are 0, and none goes beyond 4.

        Returns:
            (s, s, 3) RGB uint8 as the target, and as who is put in.
        """
        code = self._codes[self.role.target][face].copy()
        for one, off in zip(self.directions, offsets, strict=False):
            code += np.float32(np.clip(off, -_MOST_OFF, _MOST_OFF) * one.deviation) * one.unit
        return self._drawn(code)

    def undone(self, face: int, seed: int) -> Undone:
        """A training pair of a face; another seed moves and bends it otherwise."""
        return undone(self.material.model, self.material.target.samples, face, seed)

    def blended(self, face: int) -> Blended:
        """The swapped face put back into its frame; raises as `frame`."""
        return blended(self.material.model, self.frame(face), self.role)

    @cached_property
    def _codes(self) -> dict[str, NDArray[np.float32]]:
        people = (self.material.source, self.material.target)
        every = {one.identity: centred(one.samples, np.arange(len(one.samples)))[..., :3] for one in people}
        return {identity: self.material.model.codes(faces) for identity, faces in every.items()}

    def _aligned(self, face: int) -> Image:
        return centred(self.material.target.samples, np.array([face]))[0, ..., :3]

    def _drawn(self, code: NDArray[np.float32]) -> tuple[Image, Image]:
        """As the target and as who is put in."""
        model, role = self.material.model, self.role
        own, _ = model.draw_codes(code[None], role.target, of=role.target)
        other, _ = model.draw_codes(code[None], role.source, of=role.target)
        return _bytes(own[0]), _bytes(other[0])

    def _stored(self, face: int) -> StoredFace:
        return self.material.target.faces[face]


def mesh_lines() -> list[tuple[int, int]]:
    """Pairs of the 468 landmarks that are joined where the mesh is drawn, each once."""
    found: set[tuple[int, int]] = set()
    for triangle in face_triangles().tolist():
        for a, b in zip(triangle, [*triangle[1:], triangle[0]], strict=True):
            if max(a, b) < LANDMARK_COUNT:
                found.add((min(a, b), max(a, b)))
    return sorted(found)


def _suits(somebody: Somebody, index: int) -> float:
    face = somebody.faces[index].face
    turned = float(np.abs(face.pose_deg[:2]).sum())
    sharp = face.quality.get("sharpness", 0.0)
    shut = max(0.0, 0.08 - face.quality.get("eye_open", 0.08))
    return (
        min(sharp, 20.0) / 20 - turned / 20 - 10 * shut + 2 * min(face.quality.get("mouth_open", 0.0), 0.15)
    )


def _bytes(face: NDArray[np.float32]) -> Image:
    return np.rint(np.clip(face, 0, 1) * 255).astype(np.uint8)
