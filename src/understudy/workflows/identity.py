"""Whose face it is that a faceset or footage shows."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from understudy.core.errors import UnderstudyError
from understudy.core.prefetch import prefetch
from understudy.core.types import Vector
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_schema import is_faceset
from understudy.faces.finder import FaceFinder
from understudy.faces.identify import Embedder, Identifier
from understudy.measure.identity import mean_vector
from understudy.media.footage import open_footage
from understudy.workflows.paired_footage import Finder

_SAMPLES = 60  # frames of footage that are looked at: a mean needs no more
_FRAMES_UNKNOWN = 1500  # assumed length of footage that does not state it


def identity_of(
    path: Path, *, new_finder: Callable[[], Finder] = FaceFinder, embedder: Embedder | None = None
) -> Vector:
    """(128,) float32 mean identity vector of a faceset, or of the largest face in footage.

    Args:
        path: either of them.
        new_finder: makes a finder of faces, for footage.
        embedder: another way to tell people apart.

    Raises:
        MediaError: the footage cannot be read.
        WeightsError: the networks' weights cannot be had.
        UnderstudyError: it shows no face.
    """
    if is_faceset(path):
        with Faceset.open(path) as faceset:
            mean = faceset.mean_identity()
    else:
        embedder = embedder or Identifier()
        with open_footage(path) as footage:
            stride = max(1, math.ceil((footage.info.frames_hint or _FRAMES_UNKNOWN) / _SAMPLES))
            some = (frame for frame in footage if frame.index % stride == 0)
            with closing(prefetch(new_finder().stream(some))) as seen:
                vectors = [embedder.vector(f.image, faces[0]) for f, faces in seen if faces]
        mean = mean_vector(vectors)
    if mean is None:
        raise UnderstudyError(f"no face was found in {path}", "give a faceset or footage of one person")
    return mean
