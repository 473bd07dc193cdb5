"""What draws the frames of a preview, and which frames around them it looks at."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace

from understudy.core.events import OnEvent
from understudy.media.image_picture import ImagePicture
from understudy.media.partial import DecodedPicture, PartialFrame
from understudy.training.model import Model
from understudy.training.model_folder import load_model
from understudy.training.model_index import ModelIndex
from understudy.training.processor import find_device, has_fast_bf16
from understudy.workflows.configs import ConvertConfig
from understudy.workflows.consent import Agreed
from understudy.workflows.consent_of_models import agreed_for
from understudy.workflows.convert_cast import Role, roles_of
from understudy.workflows.convert_draw import DrawnFrame
from understudy.workflows.signer import check_signing

COLOUR_FRAMES = 16  # before and after a frame that are drawn, too: its colours are matched over them


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What draws, for whom, and by whose leave.

    Args:
        model: the networks.
        index: what is known of them.
        roles: who is replaced by whom.
        consent: the records of those put in.
        warnings: what the user should know.
    """

    model: Model
    index: ModelIndex
    roles: list[Role]
    consent: Agreed
    warnings: list[str]

    @classmethod
    def of(cls, conversion: ConvertConfig, on_event: OnEvent) -> Drawing:
        """Load the model; arguments and errors as of `run`."""
        device = find_device(conversion.device)
        loaded = load_model(conversion.model, bf16=has_fast_bf16(device))
        index = loaded.index
        roles = roles_of(index, conversion.source, conversion.target_identity, conversion.mapped)
        check_signing(conversion.cert, conversion.key)
        consent = agreed_for(roles, index, conversion.consent, conversion.people, on_event)
        return cls(
            model=loaded.model.to(device).eval(),
            index=index,
            roles=roles,
            consent=consent,
            warnings=[*consent.warnings, *loaded.warnings],
        )


def between(frames: Iterator[PartialFrame], first: int, last: int) -> Iterator[PartialFrame]:
    """Frames from one position to another; those after it are left in `frames`."""
    for frame in frames:
        if frame.index >= first:
            yield frame
        if frame.index >= last:
            return


def copied(drawn: Iterable[DrawnFrame], wanted: Container[int] | None) -> Iterator[DrawnFrame]:
    """The same frames, those wanted (None: all) with pictures of their own, as composing changes them."""
    for frame, parts in drawn:
        assert isinstance(frame.image, DecodedPicture | ImagePicture)
        is_wanted = wanted is None or frame.index in wanted
        yield (replace(frame, image=frame.image.copy()) if is_wanted else frame), parts
