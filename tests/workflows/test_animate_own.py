"""A model of the photo's person draws the moved face anew, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import understudy
from understudy.compositing.mask import face_hull_mask
from understudy.core.errors import ConfigError, ModelError
from understudy.core.identity_record import ConsentReference
from understudy.core.types import Image
from understudy.faces.face import Face
from understudy.faces.finder import FaceFinder
from understudy.media.images import read_image, write_image
from understudy.media.reader import VideoReader
from understudy.training.model_index import IdentityEntry, ModelIndex
from understudy.workflows.animate_own import OwnFace, identity_of

GIVEN = {"expression": "jaw_open=0.4", "identity": "source"}


@pytest.fixture(scope="module")
def photo(clips: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A frame of the footage that the model was trained on."""
    path = tmp_path_factory.mktemp("own") / "photo.png"
    with VideoReader(clips["source"]) as reader:
        write_image(path, next(iter(reader)).image)
    return path


@pytest.fixture(scope="module")
def pictures(photo: Path, model: Path) -> tuple[Image, Image]:
    """Without the model, and with it."""
    plain, anew = photo.with_name("plain.png"), photo.with_name("anew.png")
    understudy.animate(photo, plain, **GIVEN)
    understudy.animate(photo, anew, model=model, **GIVEN)
    return read_image(plain), read_image(anew)


def face_in(path: Path) -> Face:
    with VideoReader(path) as reader:
        ((_, (face, *_)),) = FaceFinder().stream([next(iter(reader))])
    return face


def test_the_face_is_drawn_anew_and_nothing_else_is(
    pictures: tuple[Image, Image], clips: dict[str, Path]
) -> None:
    plain, anew = (picture.astype(int) for picture in pictures)
    points = face_in(clips["source"]).landmarks_px[:, :2]
    near = face_hull_mask(points.mean(axis=0) + 1.3 * (points - points.mean(axis=0)), max(plain.shape)) > 0
    near = near[: plain.shape[0], : plain.shape[1]]
    changed = np.abs(plain - anew).max(axis=-1)
    assert changed[~near].max() == 0
    assert np.median(changed[face_hull_mask(points, max(plain.shape))[: plain.shape[0]] == 1]) > 1
    # in the light that it had: a model of six steps draws a blur, but not a darker or a redder one
    assert np.abs(plain[near].mean(axis=0) - anew[near].mean(axis=0)).max() < 6


def test_what_it_draws_is_what_its_networks_do(model: Path, photo: Path, clips: dict[str, Path]) -> None:
    face, image = face_in(clips["source"]), read_image(photo)
    own = OwnFace.loaded(model, "source")
    given = own.given(image, face.landmarks_px, face.square)
    other = replace(own, identity="target").given(image, face.landmarks_px, face.square)
    nose = tuple(face.landmarks_px[4, 1::-1].astype(int))
    assert tuple(given[nose]) != tuple(image[nose])
    assert np.abs(given.astype(int) - other).max() > 0  # another's decoder draws something else
    np.testing.assert_array_equal(given, own.given(image, face.landmarks_px, face.square))


def test_footage_and_the_manifest(clips: dict[str, Path], model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    result = understudy.animate(clips["source"], out, model=model, **GIVEN)
    assert (result.frames, result.animated) == (48, 48)
    said = understudy.verify(out)
    assert said.verdict == "intact"
    assert said.model is not None
    assert said.model["preset"] == "tiny"


def test_a_model_that_does_not_know_the_person(photo: Path, model: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="knows no A") as caught:
        understudy.animate(photo, tmp_path / "o.png", expression="smile=1", identity="A", model=model)
    assert "source, target" in str(caught.value.next_step)
    with pytest.raises(ModelError):
        understudy.animate(photo, tmp_path / "o.png", model=tmp_path, **GIVEN)
    assert not (tmp_path / "o.png").exists()


def test_a_name_in_a_model_is_nobodys_consent(tmp_path: Path) -> None:
    """The model calls them bob, and was trained by the record of another."""
    reference = ConsentReference(identity="robert", sha256="0" * 64, kind="self", recorded="2026-01-02")
    bob = IdentityEntry(name="bob", faceset_digest="0", faces=20, consent=reference)
    other = IdentityEntry(name="robert", faceset_digest="0", faces=20)
    index = ModelIndex(preset="tiny", identities=[bob], step=1)
    assert identity_of(index, tmp_path, "robert") == "bob"
    assert identity_of(index.model_copy(update={"identities": [bob, other]}), tmp_path, "robert") == "bob"
    with pytest.raises(ConfigError, match="knows no bob"):
        identity_of(index, tmp_path, "bob")
