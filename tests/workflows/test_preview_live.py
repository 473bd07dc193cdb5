"""Frames that are finished live, against the same frames of a preview that is written."""

from __future__ import annotations

import numpy as np
import pytest

from understudy.core.errors import ConfigError
from understudy.media.images import read_image
from understudy.workflows import preview
from understudy.workflows.configs import ConvertConfig
from understudy.workflows.preview_config import PreviewConfig
from understudy.workflows.preview_live import Choice, LivePreview, conversion_of

FRAME = 24


@pytest.fixture(scope="module")
def production(facesets, model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("production")
    for role, path in zip(("source", "target"), facesets, strict=True):
        (folder / f"{role}.faceset").symlink_to(path)
    (folder / "model").symlink_to(model)
    return folder


@pytest.fixture(scope="module")
def conversion(production) -> ConvertConfig:
    return conversion_of(production)


@pytest.fixture(scope="module")
def live(conversion) -> LivePreview:
    return LivePreview(conversion)


def test_a_productions_conversion_takes_its_own_faces_and_footage(conversion, production, clips):
    assert conversion.target == clips["target"]
    assert conversion.model == production / "model"
    assert conversion.faces == (production / "target.faceset",)


@pytest.mark.parametrize("choice", [Choice(), Choice(colour="mkl", blend="poisson", strength=0.5)])
def test_a_frame_is_what_a_preview_of_it_writes(live, conversion, tmp_path, choice):
    out = tmp_path / "frame.png"
    config = ConvertConfig(
        target=conversion.target, model=conversion.model, out=out, faces=conversion.faces,
        colour=choice.colour, blend=choice.blend, strength=choice.strength,
    )  # fmt: skip
    preview.run(PreviewConfig(conversion=config, frames=(FRAME,)))
    (one,) = live.finished(FRAME, choice)
    assert one.index == FRAME
    assert np.abs(one.after.astype(int) - read_image(out)).max() <= 1
    assert len(one.faces) == 1


def test_choices_do_not_change_what_others_show(live):
    (first,) = live.finished(FRAME, Choice())
    live.finished(FRAME, Choice(colour="none", blend="feather"))
    (again,) = live.finished(FRAME, Choice())
    assert np.array_equal(first.after, again.after)
    assert np.abs(first.before.astype(int) - first.after).max() > 20
    (nothing,) = live.finished(FRAME, Choice(strength=0))
    assert np.abs(nothing.before.astype(int) - nothing.after).max() <= 1


def test_a_short_range_has_every_frame_around(live):
    found = live.finished(FRAME, Choice(), reach=3)
    assert [one.index for one in found] == list(range(FRAME - 3, FRAME + 4))
    (alone,) = live.finished(FRAME, Choice())
    assert np.array_equal(found[3].after, alone.after)


def test_what_is_not_there_is_said(live):
    with pytest.raises(ConfigError, match="no colour"):
        live.finished(FRAME, Choice(colour="banana"))
    with pytest.raises(ConfigError, match="beyond the end"):
        live.finished(4000, Choice())
