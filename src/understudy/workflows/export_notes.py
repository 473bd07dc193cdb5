"""What every exported file says about itself."""

from __future__ import annotations

from understudy.training.model import Model
from understudy.training.model_folder import ModelIndex

CONSENT = (
    "For consenting people only: whoever is drawn and whoever is replaced must have agreed. "
    "Say of what it makes that it is synthetic."
)


def about(index: ModelIndex, what: str) -> str:
    """What a file is, for people."""
    return f"{what} Of a face-swap model of Understudy, preset {index.preset}, {index.step} steps. {CONSENT}"


def properties(model: Model, index: ModelIndex) -> dict[str, str]:
    """What a file is, for programs; keys and values are text."""
    return {
        "made_with": f"understudy {index.versions.get('understudy', '')}".strip(),
        "preset": model.preset_name,
        "steps": str(index.step),
        "weights_sha256": index.weights_sha256,
    }
