"""Sound in and out, against what was written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from made_speech import write_wav
from understudy.core.errors import MediaError
from understudy.media.sound import read_sound
from understudy.media.sound_writer import WRITABLE_SOUND, check_sound_name, write_sound


def tone(rate_hz: int, seconds: float = 2.0, amplitude: float = 0.5) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate_hz)) / rate_hz)).astype("f4")


@pytest.mark.parametrize(("rate_hz", "channels"), [(8_000, 1), (24_000, 2), (44_100, 1), (48_000, 8)])
def test_any_rate_and_channels(tmp_path: Path, rate_hz: int, channels: int) -> None:
    path = write_wav(tmp_path / "a.wav", tone(rate_hz), rate_hz, channels)
    sound, reader = read_sound(path, 24_000)
    assert (reader.own_rate_hz, reader.channels) == (rate_hz, channels)
    assert reader.warnings == []
    assert reader.clipped == 0
    assert abs(len(sound) - 48_000) <= 2
    inner = sound[4000:40_000]
    # how loud several channels together are is up to the layout; the tone is the same
    wanted = tone(24_000)[4000:40_000]
    scale = float(inner @ wanted / (wanted @ wanted))
    assert np.abs(inner - scale * wanted).max() < 0.01
    assert channels > 2 or abs(scale - 1) < 0.02


def test_clipping_is_counted(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(16_000, amplitude=3.0), 16_000)
    assert read_sound(path, 24_000)[1].clipped > 0.5


def test_one_channels_peaks_are_not_clipping(tmp_path: Path) -> None:
    """In WAV the samples of channels lie in turns: neighbours there are of one moment, not of one channel."""
    sound = tone(16_000)
    sound[::100] = 1.0
    assert read_sound(write_wav(tmp_path / "a.wav", sound, 16_000, 2), 24_000)[1].clipped == 0
    sound[1::100] = 1.0
    found = read_sound(write_wav(tmp_path / "b.wav", sound, 16_000, 2), 24_000)[1].clipped
    assert found == pytest.approx(0.01, rel=0.02)


def test_a_file_that_breaks_off_is_used_up_to_there(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(16_000), 16_000)
    path.write_bytes(path.read_bytes()[: 44 + 32_000])
    sound, reader = read_sound(path, 24_000)
    assert abs(len(sound) - 24_000) < 200
    assert len(reader.warnings) == 1
    assert "breaks off after 1.0 s" in reader.warnings[0]


@pytest.mark.parametrize("suffix", WRITABLE_SOUND)
def test_what_is_written_is_read(tmp_path: Path, suffix: str) -> None:
    sound, path = tone(24_000), tmp_path / f"a{suffix}"
    assert write_sound(path, [sound[:10_000], sound[10_000:]], 24_000, {"comment": "made"}) == len(sound)
    again, reader = read_sound(path, 24_000)
    assert reader.own_rate_hz == 24_000
    assert abs(len(again) - len(sound)) < 3000
    correlation = np.correlate(again[3000:9000], sound[5000:7000], mode="valid")
    assert correlation.max() > 0.9 * float(sound[5000:7000] @ sound[5000:7000])


def test_what_is_no_sound_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF....WAVEjunk" * 30)
    for path in (tmp_path / "a.wav", tmp_path / "none.wav", tmp_path):
        with pytest.raises(MediaError) as error:
            read_sound(path, 24_000)
        assert "a video file" not in str(error.value) + str(error.value.next_step)
    with pytest.raises(MediaError, match=r"a\.txt"):
        check_sound_name(Path("a.txt"))
