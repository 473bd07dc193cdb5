"""Where a video can be written, and what is said when that fails."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from av.error import FFmpegError

from understudy.core.errors import MediaError, UnderstudyError
from understudy.core.files import next_step_for

# what is done to finished files before they get their names; they are gone where it raises
Finish = Callable[[Sequence[Path]], None]

OUTPUT_SUFFIXES = (".mp4", ".mov", ".m4v", ".mkv")


def check_path(path: Path, inputs: Sequence[Path]) -> None:
    """Refuse what can be known to fail before hours of work.

    Args:
        path: the file to write.
        inputs: files that it must not replace.

    Raises:
        MediaError: the suffix, the folder or the name will not do.
    """
    if path.suffix.lower() not in OUTPUT_SUFFIXES:
        raise MediaError(
            f"cannot write {path.suffix or 'files without a suffix'} ({path})", "name it .mp4 or .mkv"
        )
    if not path.parent.is_dir():
        raise MediaError(f"the folder {path.parent} does not exist", "create it or choose another")
    if path.is_dir():
        raise MediaError(f"{path} is a folder", "choose another name")
    for used in inputs:
        if path.exists() and used.exists() and path.samefile(used):
            raise MediaError(f"{path} is an input too and would be overwritten", "choose another name")


@contextmanager
def write_errors(path: Path) -> Generator[None]:
    """Turn failures of the encoder, the container and the disk into one line for the user."""
    try:
        yield
    except MediaError:
        raise
    except UnderstudyError as error:
        raise MediaError(error.what, error.next_step) from error
    except OSError as error:
        raise MediaError(f"cannot write {path} ({error.strerror or error})", next_step_for(error)) from error
    except (FFmpegError, ValueError) as error:
        raise MediaError(
            f"cannot write {path} ({error})", "write a .mkv file, which holds more kinds of streams"
        ) from error
