"""What is said under a lip-synced picture carries a mark, once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from made_speech import HIGH, speech, write_wav
from understudy.media.sound import read_sound
from understudy.provenance.watermark_binding import SOUND_ALGORITHM
from understudy.workflows.consent import Agreed
from understudy.workflows.lipsync_config import LipsyncConfig
from understudy.workflows.lipsync_marks import marking_of
from understudy.workflows.lipsync_sound import Speech, mark_of

RATE_HZ = 44_100


def test_speech_is_marked_once(tmp_path: Path) -> None:
    said = write_wav(tmp_path / "said.wav", speech(HIGH, 14.0, seed=3, rate_hz=RATE_HZ), RATE_HZ)
    assert mark_of(said) is None
    config = LipsyncConfig(footage=said, speech=said, out=tmp_path / "o.mkv")
    marking = marking_of(config, Agreed(references={}))
    assert marking.sound_payload == marking.payload
    assert marking.seal.sound is not None
    assert marking.seal.sound.soft_binding is not None
    assert marking.seal.sound.soft_binding.algorithm == SOUND_ALGORITHM
    once = Speech.read(said).write(tmp_path, config.out, 20.0, marking.sound_payload)
    assert mark_of(once) is not None
    (before, _), (after, reader) = (read_sound(path, RATE_HZ) for path in (said, once))
    assert (reader.own_rate_hz, len(after)) == (RATE_HZ, len(before))
    assert 0.05 < (after - before).std() / before.std() < 0.2
    (_, spoken) = marking.seal.ingredients()
    assert spoken.footage == said
    hidden = replace(config, thumbnails=False)  # nor what its own manifest shows
    assert [one.footage for one in marking_of(hidden, Agreed(references={})).seal.ingredients()] == [None] * 2
    again = LipsyncConfig(footage=said, speech=once, out=tmp_path / "p.mkv")
    assert marking_of(again, Agreed(references={})).sound_payload is None


@pytest.mark.parametrize("out", ["frames/%03d.png", "o.mp4"])
def test_nothing_is_marked_that_is_not_there_or_not_wanted(tmp_path: Path, out: str) -> None:
    said = write_wav(tmp_path / "said.wav", speech(HIGH, 1.0, seed=3))
    (tmp_path / "frames").mkdir()
    config = LipsyncConfig(footage=said, speech=said, out=tmp_path / out, watermark=out == "frames/%03d.png")
    assert marking_of(config, Agreed(references={})).sound_payload is None
