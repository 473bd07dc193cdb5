"""Whose voice something is said in, and what is made of what is heard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from understudy.core.errors import ConfigError, MediaError
from understudy.core.events import OnEvent, Progress
from understudy.media.sound import Samples, SoundReader
from understudy.provenance.manifest import Ingredient
from understudy.provenance.sound_mark import SoundMark
from understudy.speech.frames import RATE_HZ, Vocoder
from understudy.speech.listening import Recording, listened
from understudy.speech.remembered import RememberingVocoder
from understudy.speech.voice_convert import change_for, spoken
from understudy.speech.voice_model import SpeakerEntry, VoiceModel, load_voice
from understudy.speech.world import WorldVocoder
from understudy.workflows.choices import nearest
from understudy.workflows.consent import Agreed, agreed, check_agreed
from understudy.workflows.marks import by_digest

VIVID = 0.0  # see `VoiceChange`
_SHORTEST_S = 0.1
_NOISY_DB = 10.0


@dataclass(frozen=True, kw_only=True)
class ChosenVoice:
    """One voice of a model.

    Args:
        folder: of the model.
        model: which is loaded.
        entry: of the speaker.
        vocoder: takes what is said apart, and makes it anew.
    """

    folder: Path
    model: VoiceModel
    entry: SpeakerEntry
    vocoder: Vocoder = field(default_factory=lambda: RememberingVocoder(WorldVocoder()))

    @classmethod
    def of(cls, folder: Path, name: str | None, likely: Sequence[str] = ()) -> ChosenVoice:
        """Load a model.

        Args:
            folder: of it.
            name: whose voice; where None, that of the first of `likely` who is there, else the source's.
            likely: names that somebody may have there, as a speaker or as the record says, whatever
                their letters' case.

        Raises:
            ConfigError: no such speaker.
            ModelError: it cannot be loaded.
        """
        model = load_voice(folder)
        speakers = {entry.name: entry for entry in model.index.speakers}
        if name is not None:
            if name not in speakers:
                raise ConfigError(f"the model has no voice {name!r}", nearest(name, tuple(speakers)))
            return cls(folder=folder, model=model, entry=speakers[name])
        known = speakers | {entry.consent.identity: entry for entry in speakers.values() if entry.consent}
        folded = {one.casefold(): entry for one, entry in known.items()}
        found = (known.get(one) or folded.get(one.casefold()) for one in likely)
        entry = next((entry for entry in found if entry is not None), model.index.speakers[0])
        return cls(folder=folder, model=model, entry=entry)

    @property
    def person(self) -> str:
        """Whose record it needs."""
        return self.entry.consent.identity if self.entry.consent else self.entry.name

    def check_agreed(self, consent: str | None) -> None:
        """Raise ConsentError where no record says that it may be used; see `consent.check_agreed`."""
        check_agreed([self.person], "voice", consent)

    def agreed(self, consent: str | None, on_event: OnEvent) -> Agreed:
        """The record by which it is used; errors as of `check_agreed`."""
        return agreed({self.person: None}, "voice", consent, on_event)

    @property
    def said_of_model(self) -> dict[str, Any]:
        """What a manifest says of the model."""
        index = self.model.index
        return {
            "sha256": index.weights_sha256,
            "preset": "voice",
            "steps": index.steps,
            "people": index.names,
        }

    @property
    def ingredients(self) -> list[Ingredient]:
        """The voice and the model, by their digests."""
        return [
            by_digest(f"voice of {self.entry.name}", self.entry.digest),
            by_digest(f"model {self.folder.name}".strip(), self.model.index.weights_sha256),
        ]

    def listen(self, path: Path, *, is_timed: bool = False) -> tuple[Recording, list[str]]:
        """What a recording is like, and what is wrong with it.

        A quick look is enough for that: all of it is taken apart again when it is converted. What is short is
        taken apart once.

        Args:
            path: an audio file, or footage.
            is_timed: as of `SoundReader`.

        Raises:
            MediaError: it cannot be read, or nobody speaks.
        """
        reader = SoundReader(path=path, rate_hz=RATE_HZ, is_timed=is_timed)
        with closing(iter(reader)) as opened:
            heard = listened(opened, WorldVocoder(careful=False), short=self.vocoder)
        if heard is None:
            if reader.read_s < _SHORTEST_S:
                raise MediaError(f"{path} has {reader.read_s:.2f} s of sound", "give speech")
            raise MediaError(f"nobody speaks in {path}", "give a recording of somebody speaking")
        warnings = list(reader.warnings)
        if not heard.is_speech:
            warnings.append(f"{path} does not sound like one person speaking: expect oddities")
        elif heard.noise_db < _NOISY_DB:
            warnings.append(f"{path} is noisy: speech is {heard.noise_db:.0f} dB above the noise")
        if heard.is_several:
            warnings.append(
                f"more than one person seems to speak in {path}: all are given the same voice, and "
                "their pitch is moved as if they were one"
            )
        return heard, warnings

    def says(
        self,
        reader: SoundReader,
        heard: Recording,
        on_event: OnEvent,
        *,
        semitones: float = 0.0,
        payload: int | None = None,
    ) -> Iterator[Samples]:
        """What is read, said in this voice: blocks at `RATE_HZ`, together as long.

        Args:
            reader: of the speech, at `RATE_HZ`.
            heard: what the recording is like.
            on_event: hears of progress.
            semitones: higher or lower than the voice is.
            payload: of the watermark; none where None.
        """
        change = change_for(self.model, self.entry.name, heard, semitones=semitones, vivid=VIVID)
        blocks = spoken(_told(reader, on_event), self.vocoder, self.model, change)
        return blocks if payload is None else SoundMark(payload).marked(blocks)


def _told(reader: SoundReader, on_event: OnEvent) -> Iterator[Samples]:
    for block in reader:
        on_event(Progress(stage="convert speech", done=reader.read_s, total=reader.stated_s, unit="s"))
        yield block
