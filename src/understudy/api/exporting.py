"""Hand a model on to other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from understudy.api.paths import AnyPath, maybe_path
from understudy.core.events import OnEvent, ignore

if TYPE_CHECKING:
    from understudy.workflows.export_result import ExportResult


def export(
    model: AnyPath,
    *,
    onnx: AnyPath | None = None,
    dfm: AnyPath | None = None,
    source: str | None = None,
    target_identity: str | None = None,
    on_event: OnEvent = ignore,
) -> ExportResult:
    """Write a model as ONNX, as a .dfm file of the field's other programs, or both.

    Each file is run in ONNX Runtime and compared with torch before it gets its name; one that is there
    is replaced. Needs `pip install 'understudy[export]'`.

    Args:
        model: model folder.
        onnx: folder to write: encoder, a decoder a person, and export.json, which explains them.
        dfm: .dfm file to write.
        source: name of the person that the .dfm draws; the model's first where None.
        target_identity: name of the person whose decoder says where the face is that the .dfm reads; the
            model's first beside the source where None.
        on_event: hears of warnings and files.

    Raises:
        UnderstudyError: what failed and what to do next.
    """
    from understudy.workflows import export as workflow
    from understudy.workflows.export_result import ExportConfig

    config = ExportConfig(
        model=Path(model),
        onnx=maybe_path(onnx),
        dfm=maybe_path(dfm),
        source=source,
        target_identity=target_identity,
    )
    return workflow.run(config, on_event)
