"""The faces that are learnt from, out of their facesets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from understudy.core.events import OnEvent, Progress
from understudy.faces.faceset import Faceset
from understudy.training.model import Model
from understudy.training.samples import Samples, load_samples


def load_faces(facesets: Sequence[Path], model: Model, on_event: OnEvent) -> list[Samples]:
    """Read everybody's faces as a model wants them.

    Args:
        facesets: one an identity, in the order of the decoders.
        model: decides how large they are.
        on_event: hears of progress.

    Raises:
        FacesetError: a faceset is missing or damaged.
        MediaError: a crop cannot be read.
    """
    identities: list[Samples] = []
    for number, folder in enumerate(facesets):
        on_event(Progress(stage="load faces", done=number, total=len(facesets), unit="facesets"))
        with Faceset.open(folder) as faceset:
            faces = list(faceset.faces("kept"))
            identities.append(
                load_samples(faceset.identity, faces, model.preset.size_px, model.preset.coverage)
            )
    return identities
