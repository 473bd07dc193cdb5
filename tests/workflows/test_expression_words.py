"""What people say is what is meant, or one line says what is wrong with it."""

from __future__ import annotations

import numpy as np
import pytest

from understudy.core.errors import ConfigError
from understudy.expression.morph import PhotoFace
from understudy.expression.names import READABLE, UNREADABLE
from understudy.faces.mesh import template
from understudy.workflows.expression_words import performed, said_of, spellings


def photo_face() -> PhotoFace:
    mesh = np.float32(150) * template() + np.array([128, 128, 0], np.float32)
    iris = np.stack([np.repeat(mesh[[33, 133]].mean(axis=0)[None, :2], 5, axis=0)] * 2).astype(np.float32)
    return PhotoFace.read(mesh, iris, (256, 256))


def test_names_in_any_spelling_and_simple_ones() -> None:
    both = {"mouthSmileLeft": 0.8, "mouthSmileRight": 0.8}
    for text in ("smile=0.8", "mouth_smile = 0.8", "mouthSmile=.8", "Mouth-Smile=8e-1,"):
        assert said_of(text).values == both, text
    assert said_of("jaw_open=0.3, yaw=-10").values == {"jawOpen": 0.3}
    assert said_of("jaw_open=0.3, yaw=-10").turned_deg == (-10, 0, 0)
    assert said_of({"browInnerUp": 1, "roll": 5}).values == {"browInnerUp": 1}
    assert said_of("wink_left=1").values == {"eyeBlinkLeft": 1}
    # a jaw to the left is no left half of a jaw
    assert "jaw" not in spellings()
    for name in READABLE:
        assert said_of(f"{name}=0.5").values == {name: 0.5}


def test_one_side_goes_before_both_in_any_order() -> None:
    for text in ("smile=0.8, mouth_smile_left=0.2", "mouth_smile_left=0.2, smile=0.8"):
        assert said_of(text).values == {"mouthSmileLeft": 0.2, "mouthSmileRight": 0.8}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("smyle=0.5", "did you mean smile"),
        ("mouth_smle_left=0.5", "did you mean mouthSmileLeft"),
        ("jabberwocky=1", "those of ARKit"),
        ("smile=2", r"smile is 2: give 0 \(not at all\) to 1"),
        ("smile=-0.1", "smile is -0.1"),
        ("yaw=80", "yaw is 80 degrees: give -40 to 40"),
        ("gaze_pitch=-50", "give -30 to 35"),
        ("smile=much", "'much', which is no number"),
        ("smile=nan", "no number"),
        ("smile", "'smile' has no value"),
        ("smile=0.1, mouth_smile=0.2", "said twice"),
        ("yaw=1, Yaw=2", "said twice"),
        ("tongue_out=1", "tongueOut|tongue_out cannot be drawn: the mesh has no tongue"),
        ("cheek_puff=1", "cannot be drawn"),
        (" , ", "is empty"),
        ("", "is empty"),
    ],
)
def test_what_cannot_be_is_one_line(text: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what) as raised:
        said_of(text)
    assert "\n" not in str(raised.value)


def test_each_unreadable_name_says_why() -> None:
    for name, why in UNREADABLE.items():
        with pytest.raises(ConfigError) as raised:
            said_of(f"{name}=0.5")
        assert why in str(raised.value)


def test_what_is_not_named_stays_or_is_at_rest() -> None:
    face = photo_face()
    own = face.own
    own.values[0, own.names.index("browInnerUp")] = 0.4  # as if the photo did it
    smiling = performed(said_of("smile=0.6, yaw=12"), face)
    assert smiling.of("mouthSmileLeft")[0] == pytest.approx(0.6)
    assert smiling.of("browInnerUp")[0] == pytest.approx(0.4)
    np.testing.assert_allclose(smiling.pose_deg - own.pose_deg, [[12, 0, 0]], atol=1e-4)
    np.testing.assert_array_equal(smiling.centre_px, own.centre_px)
    rested = performed(said_of("neutral, smile=0.6"), face)
    assert rested.of("browInnerUp")[0] == 0
    assert performed(said_of("smile=0.6"), face, strength=2).of("mouthSmileLeft")[0] == 1
    assert own.of("mouthSmileLeft")[0] != pytest.approx(0.6)  # the photo's own stays what it is


def test_gaze_is_told_in_degrees_and_as_names_alike() -> None:
    face = photo_face()
    looking = performed(said_of("gaze_yaw=20"), face)
    assert looking.gaze_deg[0, 0] == 20
    assert looking.of("eyeLookOutLeft")[0] == pytest.approx(0.5)
    named = performed(said_of("eyeLookOutLeft=0.5, eyeLookInRight=0.5"), face)
    assert named.gaze_deg[0, 0] == pytest.approx(20)
