"""What a training looks at now and then: held-out figures, a preview, and the best weights so far."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from understudy.core.errors import UnderstudyError
from understudy.core.events import OnEvent, Written
from understudy.core.files import write_atomically
from understudy.media.images import encode_jpeg
from understudy.provenance.certificate import Signer
from understudy.training.model import Model
from understudy.training.model_folder import save_best
from understudy.training.model_index import Best, ModelIndex
from understudy.training.samples import Samples
from understudy.training.validate import Validation, preview
from understudy.workflows.marks import marks_of_model
from understudy.workflows.training_board import Board
from understudy.workflows.training_result import MEAN_FACE, SSIM, mean_ssim, previews_of

_DONE = "faces, and what a model in training draws of them"


class HeldOut:
    """Looks at a model in training, and notes in its index what is seen.

    Args:
        model: is looked at.
        folder: of the model.
        identities: faces of each, in the order of the decoders.
        board: is shown scalars and previews.
        on_event: hears of previews.
        warn: hears of what could not be written.
        says_expression: see `Validation`.
        signer: signs previews; this machine's own where None.
    """

    def __init__(
        self,
        model: Model,
        folder: Path,
        identities: list[Samples],
        board: Board,
        on_event: OnEvent,
        warn: Callable[[str], None],
        *,
        says_expression: bool = True,
        signer: Signer | None = None,
    ) -> None:
        """Work out what does not depend on the model."""
        self._model, self._folder, self._identities = model, folder, identities
        self._board, self._on_event, self._warn, self._signer = board, on_event, warn, signer
        self._validation = Validation(identities, says_expression=says_expression)

    def know_codes(self) -> None:
        """Note in the model where everybody's codes lie, which belongs to its weights of now."""
        self._validation.know_codes(self._model)

    def look(self, index: ModelIndex, known: dict[str, Any]) -> None:
        """Add an entry to the index's history, keep the best weights, and show a preview.

        Args:
            index: of the model as it is now.
            known: what else the entry says.
        """
        self.know_codes()
        entry: dict[str, Any] = {"step": index.step} | known
        ssim = self._validation.ssim(self._model)
        entry |= {SSIM + name: value for name, value in ssim.items()}
        entry |= {MEAN_FACE + name: value for name, value in self._validation.mean_face_ssim.items()}
        index.history.append(entry)
        self._keep_best(index, entry)
        self._board.scalars({f"held-out SSIM/{name}": value for name, value in ssim.items()}, index.step)
        self._show(index)

    def _show(self, index: ModelIndex) -> None:
        image = preview(self._model, self._identities[0], self._identities[1])
        path = previews_of(self._folder) / f"step_{index.step:07d}.jpg"
        try:
            marks = marks_of_model(index, "train", self._signer)
            jpeg = marks.picture(encode_jpeg(image), name=path.name, done=_DONE)
            self._board.picture(jpeg, (image.shape[1], image.shape[0]), index.step)
            write_atomically(path, jpeg)
        except (UnderstudyError, OSError) as error:  # a picture less is no reason to stop
            self._warn(f"no preview of step {index.step}: {error}")
        else:
            self._on_event(Written(path=path, what="preview"))

    def _keep_best(self, index: ModelIndex, entry: dict[str, Any]) -> None:
        """A copy of the weights at the best validation: training may get worse, and be stopped then."""
        mean = mean_ssim(entry)
        if index.best is not None and mean <= index.best.ssim:
            return
        before, index.best = index.best, Best(step=index.step, ssim=mean)
        try:
            save_best(self._folder, self._model, index)
        except UnderstudyError as error:
            index.best = before
            self._warn(f"the best so far, step {index.step}, is not kept aside: {error}")
