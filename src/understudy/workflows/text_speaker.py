"""Programs that say a text: whichever is installed, or is named."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from understudy.core.errors import ConfigError, MediaError

OUT = "{out}"
# read the text from their input; the first that is installed is used
_KNOWN = ("espeak-ng --stdin -w {out}", "espeak --stdin -w {out}")
_MOST_S = 600.0
_HINT = "install espeak-ng, or name a program: --speaker-command 'PROGRAM ... {out}'"


class TextSpeaker(Protocol):
    """Says a text in a voice of its own."""

    @property
    def name(self) -> str:
        """What it is called in a manifest."""
        ...

    def say(self, text: str, out: Path) -> None:
        """Write speech.

        Args:
            text: what is said.
            out: the WAV file to write.

        Raises:
            MediaError: it has not worked.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class ProgramSpeaker:
    """A program that reads the text, UTF-8, from its input and writes a sound file.

    Args:
        words: the program and what it is given; `{out}` in them is the file. Without it, what the program
            writes to its output is the file.
    """

    words: tuple[str, ...]

    @property
    def name(self) -> str:
        """The program, without where it lies."""
        return Path(self.words[0]).name

    def say(self, text: str, out: Path) -> None:
        """As of `TextSpeaker`."""
        words = [word.replace(OUT, str(out)) for word in self.words]
        try:
            ran = subprocess.run(
                words, input=text.encode(), capture_output=True, timeout=_MOST_S, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise MediaError(f"{self.name} has not said it in {_MOST_S:.0f} s", "give less text") from error
        except OSError as error:
            raise MediaError(f"cannot run {self.name} ({error.strerror or error})", _HINT) from error
        if ran.returncode:
            said = ran.stderr.decode(errors="replace").strip().splitlines()
            why = f": {said[-1][:200]}" if said else ""
            raise MediaError(f"{self.name} failed with exit code {ran.returncode}{why}", "see its manual")
        if not any(OUT in word for word in self.words):
            out.write_bytes(ran.stdout)
        if not out.is_file() or not out.stat().st_size:
            raise MediaError(f"{self.name} has written no sound", f"let its command write to {OUT}")


def text_speaker(command: str | None) -> TextSpeaker:
    """The program that says texts.

    Args:
        command: it and what it is given, as in a shell; `{out}` is the WAV file that it writes, and without
            it its output is. None for one that is installed.

    Raises:
        ConfigError: there is none.
    """
    for each in (command,) if command is not None else _KNOWN:
        try:
            words = tuple(shlex.split(each))
        except ValueError as error:
            raise ConfigError(
                f"the speaker's command cannot be read ({error})", "close its quotes"
            ) from error
        if words and shutil.which(words[0]) is not None:
            return ProgramSpeaker(words=words)
    missing = "no program that says texts is installed"
    if command is not None:
        missing = (
            f"there is no program {shlex.split(command)[0]}" if command.strip() else "no program is named"
        )
    raise ConfigError(missing, _HINT)
