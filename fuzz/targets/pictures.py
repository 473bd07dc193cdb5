"""Pictures as footage, and what is kept of them where they are drawn on."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from targets.scratch import written
from understudy.core.errors import UnderstudyError
from understudy.faces.foreign.picture_size import picture_size
from understudy.media.image_edit import edited, is_transparent
from understudy.media.images import decode_image, read_image
from understudy.media.stills import chunks_of
from understudy.provenance.traces import trace_in


def check(data: bytes) -> None:
    """Read as a file, whole and reduced, and edited."""
    path = written("picture.png", data)
    trace_in(path)
    chunks_of(data)
    with suppress(ValueError):
        picture_size(data)
    try:
        image = read_image(path)
    except UnderstudyError:
        is_transparent(data)
        return
    assert image.dtype == np.uint8
    assert image.ndim == 3
    with suppress(ValueError):
        decode_image(data, 4)
    with suppress(ValueError):
        edited(data, image)
