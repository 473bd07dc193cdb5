"""The kinds of work that the start page orders.

One description a kind. The form, the command line and the job's page are all made of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from understudy.media.images import IMAGE_SUFFIXES
from understudy.studio.work_kinds import MOST_MINUTES, Field, Kind, Panel, Words

_MINUTES = Field(
    name="minutes", what="number", label="Minutes", option="minutes", required=True, usual="10", low=0.01,
    high=MOST_MINUTES,
)  # fmt: skip
_STEPS = Field(
    name="steps", what="number", label="Steps instead of minutes", option="steps", instead_of="minutes",
    low=1, is_whole=True,
)  # fmt: skip
_STRENGTH = Field(
    name="strength", what="number", label="Strength, 1 as it is", option="strength", usual="1", high=2
)


def _name(files: str, option: str, label: str = "Their name") -> Field:
    return Field(name="name", what="name", label=label, option=option, required=True, named_after=files)


def _replaced(words: Words) -> str:
    return words.get("target_name") or words["target"]


_SWAP = Kind(
    command=("swap",),
    tab="Swap",
    title="New swap",
    lede="Put one person's face on another's footage. Everything stays on this machine.",
    panels=(
        Panel(
            title="Who is put in",
            note="Videos or pictures that show this face from many sides.",
            fields=(
                Field(name="source", what="footage", label="Footage of who is put in", option="source",
                      several=True, required=True),
                Field(name="source_name", what="name", label="Their name", option="source-name",
                      required=True, named_after="source"),
            ),
        ),
        Panel(
            title="Whose place they take",
            note="The video that is changed. It is copied, never written over.",
            fields=(
                Field(name="target", what="footage", label="The video that is changed", option="target",
                      required=True, before="Before"),
                Field(name="target_name", what="name", label="Their name, if you like",
                      option="target-name"),
            ),
            more_title="More footage of this person, to learn from",
            more=(Field(name="target_footage", what="footage", label="More footage of who is in the video",
                        option="target-footage", several=True),),
        ),
        Panel(
            title="How long it learns",
            note="More time gives a sharper, more alike face. You can stop at any moment and add time later.",
            fields=(_MINUTES,),
            more=(Field(name="preset", what="choice", label="Network", option="preset"), _STEPS),
        ),
    ),
    person="source_name",
    use="face",
    make="Make the swap",
    called=lambda words: f"{words['source_name']} in the place of {_replaced(words)}",
    folder=lambda words: f"{words['source_name']} as {_replaced(words)}",
    out=lambda _: "swap.mp4",
    has_production=True,
)  # fmt: skip
_ANIMATE = Kind(
    command=("animate",),
    tab="Animate",
    title="New animation",
    lede="Give the face in a photo, or in footage, the expressions of another recording.",
    panels=(
        Panel(
            title="Whose face moves",
            note="A photo with one large face; or footage, in which only the expression changes.",
            fields=(
                Field(name="photo", what="footage", label="The photo or footage", required=True,
                      before="Before"),
                _name("photo", "identity"),
            ),
        ),
        Panel(
            title="What moves it",
            note="A recording of a face: its expressions, its pose and its sound are taken.",
            fields=(Field(name="driving", what="footage", label="The driving recording", option="driving",
                          required=True, before="Driving"),),
            more_title="An expression instead of a recording",
            more=(Field(name="expression", what="text", label="For example smile=0.8, jaw_open=0.3, yaw=-10",
                        option="expression", instead_of="driving"),),
        ),
        Panel(
            title="How far it moves",
            fields=(_STRENGTH, Field(name="keep_pose", what="tick", label="Leave the head as it is",
                                     option="keep-pose")),
        ),
    ),
    person="name",
    use="face",
    make="Make the animation",
    called=lambda words: f"{words['name']} moved by {words.get('driving', 'an expression')}",
    folder=lambda words: f"{words['name']} moved by {words.get('driving', 'expression')}",
    out=lambda words: f"moved{_suffix_moved(words)}",
)  # fmt: skip
_LIPSYNC = Kind(
    command=("lipsync",),
    tab="Lip-sync",
    title="New lip-sync",
    lede="Let a mouth in footage follow other speech. All else of the picture stays.",
    panels=(
        Panel(
            title="Whose mouth follows",
            note="Footage in which they talk, 20 seconds or more: lips are learnt from it.",
            fields=(
                Field(name="footage", what="footage", label="The footage", required=True, before="Before"),
                _name("footage", "identity"),
            ),
            more_title="More footage of them talking, to learn from",
            more=(Field(name="learn", what="footage", label="More footage of them talking", option="learn",
                        several=True),),
        ),
        Panel(
            title="What is said",
            note="A sound file, or footage, of which the sound is taken.",
            fields=(Field(name="speech", what="sound", label="The speech", option="speech", required=True,
                          before="The speech"),),
            more_title="Somebody else says it",
            more=(Field(name="learn_speaker", what="footage", label="Footage of whoever says it",
                        option="learn-speaker", several=True),),
        ),
        Panel(
            title="How it fits",
            fields=(
                Field(name="length", what="choice", label="Length", option="length", usual="pingpong",
                      choices=(("pingpong", "as long as the speech, footage played forth and back"),
                               ("cut", "as long as the shorter of both"),
                               ("footage", "as long as the footage"))),
                _STRENGTH,
            ),
        ),
    ),
    person="name",
    use="face",
    make="Make the lip-sync",
    called=lambda words: f"{words['name']} says {words['speech']}",
    folder=lambda words: f"{words['name']} says {words['speech']}",
    out=lambda _: "spoken.mp4",
)  # fmt: skip
_VOICE_TRAIN = Kind(
    command=("voice", "train"),
    tab="Learn voices",
    title="Learn two voices",
    lede="Learn how two people speak, so that what one says can be said in the other's voice.",
    panels=(
        Panel(
            title="Whose voice is imitated",
            note="A minute or two of clean speech of this person alone: recordings, or a folder of them.",
            fields=(
                Field(name="source", what="sound", label="Recordings of who is imitated", option="source",
                      several=True, required=True),
                Field(name="source_name", what="name", label="Their name", option="source-name",
                      required=True, named_after="source"),
            ),
        ),
        Panel(
            title="Whose speech is changed",
            note="Recordings of the other person, who need not say the same.",
            fields=(
                Field(name="target", what="sound", label="Recordings of who is changed", option="target",
                      several=True, required=True),
                Field(name="target_name", what="name", label="Their name", option="target-name",
                      required=True, named_after="target"),
            ),
        ),
        Panel(title="How long it learns", fields=(_MINUTES,), more=(_STEPS,)),
    ),
    person="source_name",
    use="voice",
    make="Learn the voices",
    called=lambda words: f"The voices of {words['source_name']} and {words['target_name']}",
    folder=lambda words: f"voices of {words['source_name']} and {words['target_name']}",
    out=lambda _: "voices",
)  # fmt: skip
_VOICE_CONVERT = Kind(
    command=("voice", "convert"),
    tab="Change a voice",
    title="Change a voice",
    lede="Say in a voice that was learnt what somebody else has said, in the same rhythm.",
    panels=(
        Panel(
            title="What is said",
            note="A sound file, or footage, of which the sound is taken.",
            fields=(Field(name="speech", what="sound", label="The speech", required=True, before="Before"),),
        ),
        Panel(
            title="In whose voice",
            note="Voices are learnt with “Learn voices”.",
            fields=(Field(name="voice", what="voice", label="The voice", required=True),),
        ),
        Panel(
            title="How high",
            fields=(Field(name="pitch", what="number", label="Semitones higher; below 0 lower",
                          option="pitch", usual="0", low=-24, high=24),),
        ),
    ),
    person="voice",
    use="voice",
    make="Change the voice",
    called=lambda words: f"{words['speech']} in the voice of {words['voice']}",
    folder=lambda words: f"{words['speech']} as {words['voice']}",
    out=lambda _: "speech.wav",
)  # fmt: skip
KINDS: dict[str, Kind] = {
    "swap": _SWAP,
    "animate": _ANIMATE,
    "lipsync": _LIPSYNC,
    "voice-train": _VOICE_TRAIN,
    "voice-convert": _VOICE_CONVERT,
}
_TRAINS = (("swap",), ("train",))  # commands that can be given more minutes when they are done


def kind_of(arguments: Sequence[str]) -> Kind | None:
    """Which kind of work a command is; None where the start page orders none such."""
    return next((one for one in KINDS.values() if tuple(arguments[: len(one.command)]) == one.command), None)


def can_learn_longer(arguments: Sequence[str]) -> bool:
    """Whether a command that is done goes on learning where it is given more minutes."""
    return tuple(arguments[:1]) in _TRAINS


def _suffix_moved(words: Words) -> str:
    """One expression of a photo is a picture, all else a video."""
    is_photo = words["photo_file"].lower().endswith(tuple(IMAGE_SUFFIXES))
    return ".jpg" if is_photo and "expression" in words else ".mp4"
