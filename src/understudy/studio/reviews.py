"""The facesets that are being looked through: opened once, as many thousand faces take a second."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

from understudy.core.errors import UnderstudyError
from understudy.faces.faceset_schema import DATABASE
from understudy.studio.context import StudioContext
from understudy.workflows.review import Review
from understudy.workflows.review_move import settle


class Reviews:
    """Open facesets of a studio; safe to use from several threads. Close it."""

    def __init__(self, context: StudioContext) -> None:
        """Nothing is open yet."""
        self._context = context
        self._lock = threading.Lock()
        self._open: dict[Path, tuple[int, Review]] = {}
        self._makers: list[threading.Thread] = []

    def of(self, short: str) -> Review:
        """The faceset that has this id; raises UnderstudyError where it cannot be read."""
        folder = self._context.faceset(short)
        made = (folder / DATABASE).stat().st_ino  # another one where the faceset was made anew
        with self._lock:
            found = self._open.get(folder)
            if found is not None and found[0] == made:
                return found[1]
            if found is not None:
                found[1].close()
            review = Review(folder)
            self._open[folder] = (made, review)
            maker = threading.Thread(target=_make_thumbnails, args=(review,), daemon=True)
            self._makers.append(maker)
        with contextlib.suppress(UnderstudyError, OSError):  # tried again with the next step
            self.settle(review)  # what a kill has left
        maker.start()
        return review

    def settle(self, review: Review) -> None:
        """Let the production's other facesets follow what one has decided; raises UnderstudyError."""

        def opened(folder: Path) -> Review | None:
            known = {path: short for short, path in self._context.facesets().items()}
            return self.of(known[folder]) if folder in known else None

        settle(review, opened)

    def open_all(self) -> None:
        """Open all facesets of the production behind the scenes, so that none has to be waited for."""

        def work() -> None:
            for short in self._context.facesets():
                with contextlib.suppress(UnderstudyError, OSError):  # told to whoever looks at that one
                    self.of(short)

        threading.Thread(target=work, daemon=True).start()

    def close(self) -> None:
        """Let go of all of them."""
        with self._lock:
            for _, review in self._open.values():
                review.close()
            self._open.clear()
        for maker in self._makers:
            maker.join(timeout=5)


def _make_thumbnails(review: Review) -> None:
    # what cannot be written is made again for whoever asks; a closed faceset needs none
    with contextlib.suppress(UnderstudyError, OSError):
        review.make_thumbnails()
