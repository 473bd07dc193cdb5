"""A drawn face on its way back into its frame, a picture for each thing that is done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import cv2
import numpy as np

from understudy.compositing.paste import place
from understudy.core.types import Image, Mask
from understudy.media.image_picture import ImagePicture
from understudy.media.partial import PartialFrame
from understudy.training.model import Model
from understudy.workflows.convert_cast import Part, Role
from understudy.workflows.convert_compose import Composer, Look, masked
from understudy.workflows.convert_draw import DrawnPart, drawn_frames
from understudy.workflows.explain_frame import SeenFrame

_SHOWN_PX, _COVERAGE = 460, 1.9  # of each picture, and in sides of the face square


@dataclass(frozen=True, kw_only=True)
class Blended:
    """(s, s, 3) RGB uint8 pictures of the same part of the frame.

    Args:
        before: as it was.
        laid: the drawn square laid over it as it is.
        soft: through the mask, whose border is soft.
        matched: with the target's colours and light, too: the result.
        mask: (s, s) uint8, how much of the drawn face is shown.
        mask_share: of the square's pixels that the mask shows at all, 0 to 1.
    """

    before: Image
    laid: Image
    soft: Image
    matched: Image
    mask: Image
    mask_share: float


def blended(model: Model, seen: SeenFrame, role: Role) -> Blended:
    """Draw the face of a frame as somebody else's, and put it back step by step.

    Args:
        model: with both identities.
        seen: the frame.
        role: who is replaced by whom.
    """
    frame = PartialFrame(index=0, pts=0, time_base=Fraction(1, 25), image=ImagePicture(seen.image))
    ((_, (drawn,)),) = drawn_frames(model, [(frame, [Part(face=seen.face, role=role)])])
    mask = masked(drawn, model.preset).mask
    ways = {
        "soft": Look(colour="none", blend="feather"),
        "matched": Look(),
    }
    made = {name: _composed(model, frame, drawn, look) for name, look in ways.items()}
    return Blended(
        before=_shown(seen, seen.image),
        laid=_shown(seen, _laid(seen.image, drawn)),
        mask=_mask(seen, drawn, mask),
        mask_share=float((mask > 0).mean()),
        **{name: _shown(seen, image) for name, image in made.items()},
    )


def _composed(model: Model, frame: PartialFrame, drawn: DrawnPart, look: Look) -> Image:
    own = replace(frame, image=ImagePicture(frame.image.whole()))
    (composed,) = Composer(model.preset, look).of([(own, [drawn])])
    return composed.frame.image.whole()


def _laid(image: Image, drawn: DrawnPart) -> Image:
    """The whole square, with its edges."""
    return _put(image, drawn.face, np.ones(drawn.mask.shape, np.float32), drawn)


def _mask(seen: SeenFrame, drawn: DrawnPart, mask: Mask) -> Image:
    black = np.zeros_like(seen.image)
    return _shown(seen, _put(black, np.ones_like(drawn.face), mask, drawn))[..., 0]


def _put(image: Image, face: np.ndarray, weight: Mask, drawn: DrawnPart) -> Image:
    placed = place(face, weight, drawn.cut.crop_from_frame, (image.shape[1], image.shape[0]))
    whole = image.copy()
    if placed is not None:
        x0, y0, x1, y1 = placed.window.box
        part, share = whole[y0:y1, x0:x1], placed.weight[..., None]
        mixed = part.astype(np.float32) * (1 - share) + 255 * placed.face * share
        part[:] = np.rint(mixed).astype(np.uint8)
    return whole


def _shown(seen: SeenFrame, image: Image) -> Image:
    """The square around the face, moved so far that it lies in the frame."""
    height, width = image.shape[:2]
    side = int(min(_COVERAGE * seen.face.square.side_px, width, height))
    x0, y0 = (
        round(min(max(middle - side / 2, 0), length - side))
        for middle, length in ((seen.face.square.x_px, width), (seen.face.square.y_px, height))
    )
    part = image[y0 : y0 + side, x0 : x0 + side]
    way = cv2.INTER_AREA if side > _SHOWN_PX else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(part, (_SHOWN_PX, _SHOWN_PX), interpolation=way), np.uint8)
