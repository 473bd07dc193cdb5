"""A faceset's database: opened, read from end to end and written to."""

from __future__ import annotations

import shutil
from contextlib import suppress

from targets.scratch import scratch, written
from understudy.core.errors import UnderstudyError
from understudy.faces.faceset import Faceset


def check(data: bytes) -> None:
    """Everything that a faceset is asked for."""
    shutil.rmtree(scratch() / "faceset", ignore_errors=True)
    folder = written("faceset/faces.sqlite", data).parent
    (folder / "crops").mkdir()
    with suppress(UnderstudyError), Faceset.open(folder) as faceset:
        for look in (faceset.sources, faceset.tracks, faceset.reviews, faceset.reasons, faceset.imported):
            with suppress(UnderstudyError):
                look()
        for measure in (faceset.landmarks, faceset.mean_identity, faceset.digest, faceset.problems):
            with suppress(UnderstudyError):
                measure()
        with suppress(UnderstudyError):
            faces = list(faceset.faces(None))
            assert all(face.crop_path.parent == folder / "crops" for face in faces)
            faceset.set_state([face.id for face in faces[:2]], "rejected", "fuzz", "fuzz")
            faceset.undo_last_review()
        with suppress(UnderstudyError):
            for source in faceset.sources():
                faceset.begin_source(source.record)
