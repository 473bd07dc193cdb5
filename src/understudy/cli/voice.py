"""`understudy voice train`, `understudy voice convert` and `understudy voice say`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from understudy.cli.consent_option import VoiceConsent
from understudy.cli.output import number, print_rows
from understudy.cli.perform import Debug, Json, perform
from understudy.cli.signing_options import Cert, Key
from understudy.cli.training_options import checked_minutes, either_minutes_or_steps
from understudy.core.events import OnEvent
from understudy.workflows.voice_configs import (
    DEFAULT_STEPS,
    VoiceConvertResult,
    VoiceSayResult,
    VoiceTrainResult,
)

VoiceModel = Annotated[Path, typer.Option("--model", help="Voice model folder.")]
Out = Annotated[Path, typer.Option(help="Sound file to write: .wav, .flac, .mp3 or .m4a.")]
As = Annotated[
    str | None, typer.Option("--as", metavar="NAME", help="Whose voice.", show_default="the source's")
]
Pitch = Annotated[float, typer.Option(min=-24, max=24, help="Semitones higher or lower than that voice.")]
Watermark = Annotated[
    bool,
    typer.Option(
        help="Put a faint mark into the speech, which verify --watermark finds again; "
        "the manifest says whether it is there."
    ),
]

app = typer.Typer(help="Learn voices, and say something in another one.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Learn voices, and say something in another one."""


@app.command()
def train(
    source: Annotated[
        list[Path],
        typer.Option(
            metavar="SPEECH",
            help="Recordings of who is usually imitated: audio files, footage, or folders of them. Give it "
            "several times.",
        ),
    ],
    target: Annotated[
        list[Path], typer.Option(metavar="SPEECH", help="Recordings of who is usually changed; likewise.")
    ],
    out: Annotated[Path, typer.Option(metavar="MODEL", help="Model folder to write.")],
    source_name: Annotated[
        str | None, typer.Option(help="Whose voice the source's is.", show_default="its file's name")
    ] = None,
    target_name: Annotated[
        str | None, typer.Option(help="Whose voice the target's is.", show_default="its file's name")
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(callback=checked_minutes, help="Minutes to train for.", show_default=False),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(min=1, help="Training steps instead of minutes.", show_default=str(DEFAULT_STEPS)),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every random choice.")] = 0,
    consent: VoiceConsent = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Train a voice model on speech of two people, who need not say the same.

    A minute or two of clean speech each is enough. Either voice can be asked for afterwards.
    """
    either_minutes_or_steps(minutes, steps)

    def work(on_event: OnEvent) -> VoiceTrainResult:
        from understudy import voice_train as api

        return api(
            source,
            target,
            out,
            source_name=source_name,
            target_name=target_name,
            minutes=minutes,
            steps=steps,
            seed=seed,
            consent=consent,
            on_event=on_event,
        )

    perform(work, _show_training, as_json=json, debug=debug)


@app.command()
def convert(
    speech: Annotated[
        Path, typer.Argument(metavar="SPEECH", help="An audio file, or footage with sound, of any length.")
    ],
    model: VoiceModel,
    out: Out,
    as_name: As = None,
    pitch: Pitch = 0.0,
    watermark: Watermark = True,
    consent: VoiceConsent = None,
    cert: Cert = None,
    key: Key = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Say in a model's voice what was said in another, in the same rhythm and as loud."""

    def work(on_event: OnEvent) -> VoiceConvertResult:
        from understudy import voice_convert as api

        return api(
            speech,
            model,
            out,
            as_name=as_name,
            pitch=pitch,
            watermark=watermark,
            consent=consent,
            cert=cert,
            key=key,
            on_event=on_event,
        )

    perform(work, _show_conversion, as_json=json, debug=debug)


@app.command()
def say(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What is said.")],
    model: VoiceModel,
    out: Out,
    as_name: As = None,
    pitch: Pitch = 0.0,
    speaker_command: Annotated[
        str | None,
        typer.Option(
            metavar="COMMAND",
            help="Program that says the text first: it reads the text from its input, and writes sound to "
            "{out}, or to its output. Another language: 'espeak-ng -v de --stdin -w {out}'.",
            show_default="espeak-ng, where it is installed",
        ),
    ] = None,
    watermark: Watermark = True,
    consent: VoiceConsent = None,
    cert: Cert = None,
    key: Key = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Say a text in a model's voice: a text-to-speech program says it first, and that is converted."""

    def work(on_event: OnEvent) -> VoiceSayResult:
        from understudy import voice_say as api

        return api(
            text,
            model,
            out,
            as_name=as_name,
            pitch=pitch,
            speaker_command=speaker_command,
            watermark=watermark,
            consent=consent,
            cert=cert,
            key=key,
            on_event=on_event,
        )

    perform(work, _show_said, as_json=json, debug=debug)


def _show_said(result: VoiceSayResult) -> None:
    _show_conversion(result)
    print_rows([("said by", result.program)])


def _show_training(result: VoiceTrainResult) -> None:
    speech = [
        f"{name}: {seconds:.0f} s of speech, {result.noise_db[name]:.0f} dB above the noise"
        for name, seconds in result.speech_s.items()
    ]
    print_rows(
        [
            ("model", str(result.model)),
            ("voices", "; ".join(speech)),
            ("trained", f"{result.steps} steps in {result.seconds:.0f} s"),
            ("own speech", number(result.own_db, 1, " dB off")),
        ]
    )


def _show_conversion(result: VoiceConvertResult) -> None:
    print_rows(
        [
            ("output", str(result.output)),
            ("voice", result.speaker),
            ("length", number(result.length_s, 1, " s")),
            ("took", number(result.realtime, 2, " s for each second")),
        ]
    )
