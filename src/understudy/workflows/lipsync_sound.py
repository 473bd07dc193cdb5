"""The sound under new pictures: what is said, as the container holds it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from understudy.core.errors import MediaError
from understudy.media.sound import Samples, SoundReader, read_sound
from understudy.media.sound_writer import write_sound
from understudy.provenance.sound_mark import RATE_HZ as MARK_RATE_HZ
from understudy.provenance.sound_mark_rates import marked_at
from understudy.provenance.sound_mark_read import SoundLooker
from understudy.provenance.watermark_detect import Detection
from understudy.speech.log_mel import RATE_HZ, ROW_S, Floats, heard, log_mel

_RATES_HZ = (16_000, 22_050, 24_000, 32_000, 44_100, 48_000)  # that AAC knows, but for telephones'


def mark_of(path: Path) -> Detection | None:
    """The watermark that speech has already; None where there is none.

    Raises:
        MediaError: it cannot be read.
    """
    looker = SoundLooker()
    looker.add(SoundReader(path=path, rate_hz=MARK_RATE_HZ))
    found = looker.found()
    return found if found is not None and found.found else None


def sound_name(out: Path) -> str:
    """What a file of sound is called that a video takes: FLAC for Matroska, else AAC."""
    return "sound.flac" if out.suffix.lower() == ".mkv" else "sound.m4a"


@dataclass(frozen=True, kw_only=True)
class Speech:
    """What is said.

    Args:
        path: of the file.
        rows: from `log_mel`.
        length_s: of all of it.
        rate_hz: to write it with.
        warnings: what is wrong with it.
    """

    path: Path
    rows: Floats
    length_s: float
    rate_hz: int
    warnings: list[str]

    @classmethod
    def read(cls, path: Path) -> Speech:
        """Read it.

        Raises:
            MediaError: it cannot be read, or holds no sound.
        """
        sound, reader = read_sound(path, RATE_HZ)
        if not len(sound):
            raise MediaError(f"{path} holds no sound", "give a file with speech")
        rows = log_mel(sound)
        warnings = list(reader.warnings)
        if not heard(rows).any():
            warnings.append(f"nobody speaks in {path.name}: the mouth stays shut")
        rate = min((rate for rate in _RATES_HZ if rate >= reader.own_rate_hz), default=_RATES_HZ[-1])
        return cls(path=path, rows=rows, length_s=len(sound) / RATE_HZ, rate_hz=rate, warnings=warnings)

    @property
    def spoken_s(self) -> float:
        """Seconds in which somebody speaks."""
        return float(heard(self.rows).sum() * ROW_S)

    def write(self, folder: Path, out: Path, most_s: float, payload: int | None = None) -> Path:
        """Write it as a container takes it, one channel: FLAC for Matroska, else AAC.

        Args:
            folder: where to.
            out: the output that it is for.
            most_s: what is later is left out.
            payload: of the watermark; none where None.

        Raises:
            MediaError: it cannot be written.
        """
        path = folder / sound_name(out)
        blocks: Iterator[Samples] = self._blocks(round(most_s * self.rate_hz))
        if payload is not None:
            blocks = marked_at(self.rate_hz, blocks, payload)
        write_sound(path, blocks, self.rate_hz)
        return path

    def _blocks(self, most: int) -> Iterator[Samples]:
        for block in SoundReader(path=self.path, rate_hz=self.rate_hz):
            if most <= 0:
                return
            yield block[:most]
            most -= len(block)
