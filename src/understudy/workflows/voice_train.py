"""Two people's speech to a voice model."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from understudy.core.errors import ConfigError, ModelError
from understudy.core.events import Notice, OnEvent, Progress, Written, ignore
from understudy.core.files import check_writable, peak_rss_mb
from understudy.core.identity_record import ConsentReference, checked_name
from understudy.speech.samples import VoiceSamples, collect, sound_files
from understudy.speech.speaker import SpeakerStats, speaker_stats
from understudy.speech.training_rows import rows_of_speaker
from understudy.speech.voice_model import SpeakerEntry, StatsEntry, VoiceIndex, holds_voice, save_voice
from understudy.speech.voice_training import Trained, VoiceTrainingConfig, train_voice
from understudy.speech.world import WorldVocoder
from understudy.workflows.consent import Agreed, agreed, agreed_earlier, check_agreed
from understudy.workflows.swap_names import OPTIONS, SOURCE, TARGET, name_of_footage
from understudy.workflows.training_result import versions
from understudy.workflows.voice_configs import DEFAULT_STEPS, VoiceTrainConfig, VoiceTrainResult
from understudy.workflows.voice_finished import NOISE, ORDER, doubts_about, finished, order_of

_REPORT_EVERY = 10  # steps
_LONG_ENOUGH_S = 60.0  # of speech; with less, voices are learnt badly


def run(config: VoiceTrainConfig, on_event: OnEvent = ignore) -> VoiceTrainResult:
    """Train one encoder, and a decoder for each of both speakers; what is trained already is not again.

    Raises:
        ConfigError: settings or names that cannot be used.
        ConsentError: no record says that the source's voice may be used.
        MediaError: recordings cannot be read, hold no speech, too little or too noisy speech.
        ModelError: the folder holds another voice model already.
    """
    names = _names(config)
    _check(config)
    check_agreed(names[:1], "voice", config.consent)
    agreed_earlier(names[1], "voice")
    _check_recordings(config)
    order = order_of(config, names)
    if holds_voice(config.out):
        return finished(config.out, order, on_event)
    paths = (config.source, config.target)
    samples = [_collected(one, name, on_event) for one, name in zip(paths, names, strict=True)]
    warnings = [message for one in samples for message in one.warnings]
    warnings += [
        f"there are only {one.speech_s:.0f} s of speech of {name}; the voice gets better with more"
        for one, name in zip(samples, names, strict=True)
        if one.speech_s < _LONG_ENOUGH_S
    ]
    consent = agreed({names[0]: None}, "voice", config.consent, on_event)
    for message in warnings:
        on_event(Notice(message=message))
    stats = [speaker_stats(one.recordings) for one in samples]
    rows = [rows_of_speaker(one.recordings, known) for one, known in zip(samples, stats, strict=True)]
    settings = VoiceTrainingConfig(
        steps=None if config.minutes else config.steps or DEFAULT_STEPS,
        minutes=config.minutes,
        seed=config.seed,
    )
    trained = train_voice(rows, names, settings, _told(on_event, settings))
    references = [_reference(name, consent) for name in names]
    index = _index(settings, trained, names, samples, stats, references)
    index.settings |= {
        ORDER: order,
        NOISE: {one.name: some.noise_db for one, some in zip(index.speakers, samples, strict=True)},
    }
    save_voice(config.out, trained.net, index)
    on_event(Written(path=config.out, what="voice model"))
    for message in (doubts := doubts_about(trained.losses["own"])):
        on_event(Notice(message=message))
    return VoiceTrainResult(
        model=config.out,
        speakers=names,
        speech_s={name: one.speech_s for name, one in zip(names, samples, strict=True)},
        noise_db={name: one.noise_db for name, one in zip(names, samples, strict=True)},
        steps=trained.steps,
        seconds=trained.seconds,
        own_db=trained.losses["own"],
        matched_db=trained.losses["matched"],
        peak_rss_mb=peak_rss_mb(),
        warnings=[*consent.warnings, *warnings, *doubts],
    )


def _names(config: VoiceTrainConfig) -> list[str]:
    """What both are called, in the order source, target."""
    names: list[str] = []
    asked = {SOURCE: (config.source_name, config.source), TARGET: (config.target_name, config.target)}
    for role, (said, paths) in asked.items():
        if not paths:
            raise ConfigError(f"no recordings of the {role} are given", f"give them with --{role}")
        if said is None:
            names.append(name_of_footage(paths[0], OPTIONS[role]))
            continue
        try:
            names.append(checked_name(said))
        except ValueError as error:
            raise ConfigError(
                f"{said!r} is no name ({error})", f"give another with {OPTIONS[role]}"
            ) from error
    if names[0].casefold() == names[1].casefold():
        raise ConfigError(
            f"both speakers are called {names[0]}",
            f"say who is who with {OPTIONS[SOURCE]} and {OPTIONS[TARGET]}",
        )
    return names


def _check(config: VoiceTrainConfig) -> None:
    if config.minutes is not None and config.steps is not None:
        raise ConfigError("how long to train is not clear", "give either minutes or steps")
    if (config.minutes is not None and not 0 < config.minutes < float("inf")) or (
        config.steps is not None and config.steps < 1
    ):
        raise ConfigError("training time is not positive", "give minutes or steps above 0")
    if config.out.exists() and not config.out.is_dir():
        raise ModelError(f"{config.out} is a file", "name a folder for the model")
    missing = [one for one in (config.out, *config.out.parents) if not one.exists()]
    check_writable(config.out / "voice.json")
    for folder in missing:  # the model is not there yet, and may never be
        with suppress(OSError):
            folder.rmdir()


def _check_recordings(config: VoiceTrainConfig) -> None:
    """Refuse before the work what is not there, and recordings that are said to be of both speakers."""
    ours, theirs = (
        {path.resolve(): path for path in sound_files(paths)} for paths in (config.source, config.target)
    )
    if both := [ours[one] for one in ours if one in theirs]:
        raise ConfigError(
            f"{both[0]} is given as speech of both speakers", "give recordings of one speaker to each"
        )


def _collected(paths: tuple[Path, ...], name: str, on_event: OnEvent) -> VoiceSamples:
    def told(done: int, total: int) -> None:
        on_event(Progress(stage=f"listen to {name}", done=done, total=total, unit="files"))

    return collect(paths, name, WorldVocoder(), told)


def _told(on_event: OnEvent, settings: VoiceTrainingConfig) -> Callable[[int, float, dict[str, float]], None]:
    def told(step: int, done: float, losses: dict[str, float]) -> None:
        if step % _REPORT_EVERY and done < 1:
            return
        figures = {"own dB": losses["own"], "matched dB": losses["matched"]}
        if settings.steps is not None:
            event = Progress(stage="train", done=step, total=settings.steps, unit="steps", figures=figures)
        else:
            seconds = 60 * (settings.minutes or 0)
            event = Progress(stage="train", done=done * seconds, total=seconds, unit="s", figures=figures)
        on_event(event)

    return told


def _reference(name: str, consent: Agreed) -> ConsentReference | None:
    return consent.references.get(name) or agreed_earlier(name, "voice")


def _index(
    settings: VoiceTrainingConfig,
    trained: Trained,
    names: list[str],
    samples: list[VoiceSamples],
    stats: list[SpeakerStats],
    references: list[ConsentReference | None],
) -> VoiceIndex:
    sizes = trained.net.config
    speakers = [
        SpeakerEntry(
            name=name, digest=one.digest, speech_s=one.speech_s, stats=StatsEntry.of(known), consent=reference
        )
        for name, one, known, reference in zip(names, samples, stats, references, strict=True)
    ]
    return VoiceIndex(
        coefficients=sizes.coefficients,
        width=sizes.width,
        code=sizes.code,
        blocks=sizes.blocks,
        speakers=speakers,
        steps=trained.steps,
        seconds=trained.seconds,
        settings=asdict(settings),
        figures={f"{name}_db": value for name, value in trained.losses.items() if name != "guess"},
        versions=versions(),
    )
