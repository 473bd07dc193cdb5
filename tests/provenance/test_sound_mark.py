"""The mark in speech: found after what sound goes through, not found where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
import soxr

from footage import beside
from made_speech import HIGH, LOW, speech
from understudy.media.sound import SoundReader
from understudy.provenance.sound_mark import BANDS, CHIPS, HOP, RATE_HZ, SoundMark, band_lines, sound_pattern
from understudy.provenance.sound_mark_rates import marked_at
from understudy.provenance.sound_mark_read import SoundLooker
from understudy.provenance.watermark_code import CODED_BITS, coded
from understudy.provenance.watermark_detect import Detection

PAYLOAD = 0x0123456789ABCDEF


def said(seconds: float, seed: int = 0) -> np.ndarray:
    """Speech of two made people, by turns."""
    return np.concatenate([speech(who, seconds / 2, seed, RATE_HZ) for who in (LOW, HIGH)])


def in_blocks(sound: np.ndarray, *ends: int) -> list[np.ndarray]:
    return [sound[a:b] for a, b in pairwise((0, *ends, len(sound)))]


def marked(sound: np.ndarray, payload: int = PAYLOAD, *ends: int) -> np.ndarray:
    return np.concatenate(list(SoundMark(payload).marked(in_blocks(sound, *ends))))


def look(sound: np.ndarray, *ends: int) -> Detection:
    looker = SoundLooker()
    looker.add(in_blocks(sound.astype(np.float32), *ends))
    found = looker.found()
    assert found is not None
    return found


@pytest.fixture(scope="module")
def long() -> np.ndarray:
    return said(60)


@pytest.fixture(scope="module")
def long_marked(long: np.ndarray) -> np.ndarray:
    return marked(long)


def test_sound_is_marked_as_it_comes_and_never_held_as_a_whole() -> None:
    asked: list[int] = []

    def blocks() -> Iterator[np.ndarray]:
        for number in range(20):
            asked.append(number)
            yield np.zeros(RATE_HZ // 10, np.float32)

    for count, _ in enumerate(SoundMark(PAYLOAD).marked(blocks()), start=1):
        assert len(asked) <= count + 1


def test_bands_are_louder_or_softer_as_the_signs_say() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.1, 40 * CHIPS * HOP).astype(np.float32)
    changed = marked(noise)
    signs, lines = sound_pattern().signs_of(PAYLOAD), band_lines()
    ratios = np.zeros((CHIPS, BANDS))
    for chip in range(CHIPS):
        # frame n of the mark begins half a frame before sample n * HOP
        at = np.array([(chip + CHIPS * turn) * HOP for turn in range(1, 39)])[:, None] + np.arange(-HOP, HOP)
        before, after = (
            np.square(np.abs(np.fft.rfft(x[at] * np.hanning(2 * HOP)))) for x in (noise, changed)
        )
        ratios[chip] = np.add.reduceat(after.sum(axis=0)[: lines[-1]], lines[:-1]) / np.add.reduceat(
            before.sum(axis=0)[: lines[-1]], lines[:-1]
        )
    told = np.sign(10 * np.log10(ratios))
    assert (told == signs).mean() > 0.9


def test_what_is_marked_is_as_long_and_hardly_changed(long: np.ndarray, long_marked: np.ndarray) -> None:
    assert len(long_marked) == len(long)
    power = np.square(long).sum()
    assert 10 * np.log10(power / np.square(long_marked - long).sum()) > 17
    # above the bands nothing is
    top = [np.abs(np.fft.rfft(x[: 10 * RATE_HZ]))[(7600 * 10) :] for x in (long, long_marked)]
    assert np.square(top[1] - top[0]).sum() < 1e-3 * np.square(top[0]).sum()


@pytest.mark.parametrize("ends", [(), (1,), (255, 256, 257, 5000), (100_000, 100_001)])
def test_blocks_make_no_difference(ends: tuple[int, ...]) -> None:
    sound = said(6)
    assert np.abs(marked(sound, PAYLOAD, *ends) - marked(sound)).max() < 1e-6
    assert look(sound, *ends).score == pytest.approx(look(sound).score, abs=1e-6)


@pytest.mark.parametrize("length", [0, 1, HOP - 1, HOP, 2 * HOP + 1])
def test_very_short_sound_keeps_its_length(length: int) -> None:
    assert sum(map(len, SoundMark(PAYLOAD).marked([said(1)[:length]]))) == length


def coded_again(sound: np.ndarray, path: Path, codec: str, rate_hz: int, bits: int) -> np.ndarray:
    """Through a lossy coder and back."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate_hz, layout="mono")
        stream.bit_rate = bits
        samples = np.clip(soxr.resample(sound, RATE_HZ, rate_hz), -1, 1)[None].astype(np.float32)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate = rate_hz
        out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return np.concatenate(list(SoundReader(path=path, rate_hz=RATE_HZ)))


@pytest.mark.parametrize("way", ["as it is", "begins later", "MP3", "AAC", "softer", "noise"])
def test_it_is_found_and_read_after(way: str, long_marked: np.ndarray, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    ways = {
        "as it is": lambda x: x,
        "begins later": lambda x: x[33_333:],
        "MP3": lambda x: coded_again(x, tmp_path / "a.mp3", "libmp3lame", 44_100, 64_000),
        "AAC": lambda x: coded_again(x, tmp_path / "a.m4a", "aac", 16_000, 48_000),
        "softer": lambda x: 0.05 * x,
        "noise": lambda x: x + rng.normal(0, 0.03 * x.std(), len(x)),
    }
    found = look(ways[way](long_marked))
    assert found.found
    assert found.payload == PAYLOAD


def test_there_is_none_where_there_is_none(long: np.ndarray, long_marked: np.ndarray) -> None:
    assert not look(long).found
    looker = SoundLooker()
    looker.add([long_marked])
    other = looker.found(sound_pattern(b"another key"))
    assert other is not None
    assert not other.found


def test_chance_finds_no_more_than_it_is_said_to(long: np.ndarray) -> None:
    keys, p_values = 60, []
    for key in range(keys):
        looker = SoundLooker()
        looker.add([long[: 8 * RATE_HZ]])
        found = looker.found(sound_pattern(bytes([key])))
        assert found is not None
        p_values.append(found.p_value)
    assert np.mean(np.array(p_values) < 0.1) <= 0.1


def test_too_little_sound_and_none() -> None:
    looker = SoundLooker()
    looker.add([said(1)])
    assert looker.found() is None
    silent = SoundLooker()
    silent.add([np.zeros(10 * RATE_HZ, np.float32)])
    assert silent.found() is None


def test_every_coded_bit_lies_in_as_many_tiles() -> None:
    pattern = sound_pattern()
    counts = np.bincount(pattern.bit[pattern.data != 0], minlength=CODED_BITS)
    assert counts.min() == counts.max() == CHIPS * BANDS // 2 // CODED_BITS
    assert (pattern.signs_of(PAYLOAD)[pattern.pilot == 0] == (pattern.data * coded(PAYLOAD)[pattern.bit])[
        pattern.pilot == 0
    ]).all()  # fmt: skip


def test_real_speech() -> None:
    paths = sorted(beside("data/speech/librispeech").glob("*/train/*.flac"))[:4]
    blocks = (SoundReader(path=path, rate_hz=RATE_HZ) for path in paths)
    sound = np.concatenate([block for reader in blocks for block in reader])
    found = look(marked(sound))
    assert found.score > 9
    assert found.payload == PAYLOAD
    assert not look(sound).found


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 48_000])
def test_sound_of_any_rate_is_marked_and_else_stays(rate_hz: int) -> None:
    sound = speech(HIGH, 6.0, seed=2, rate_hz=rate_hz)
    blocks = [sound[:7], sound[7:70_001], sound[70_001:]]
    marked = np.concatenate(list(marked_at(rate_hz, blocks, 77)))
    assert len(marked) == len(sound)
    # what is changed is what the mark changes at its own rate, at the same times
    at = [np.asarray(soxr.resample(each, rate_hz, RATE_HZ), np.float32) for each in (sound, marked)]
    wanted = np.concatenate(list(SoundMark(77).marked([at[0]])))
    off = at[1] - wanted
    assert off[500:-500].std() < 0.03 * (wanted - at[0]).std()
