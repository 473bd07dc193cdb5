"""One tree of errors: each says what failed, with which value, and what to do next."""

from __future__ import annotations


class UnderstudyError(Exception):
    """A failure that the user can act on.

    Args:
        what: what failed and with which value, one line.
        next_step: what to do about it, one line.
    """

    def __init__(self, what: str, next_step: str = "") -> None:
        """Join both parts into the one line that the command line prints."""
        super().__init__(f"{what}: {next_step}" if next_step else what)
        self.what = what
        self.next_step = next_step


class MediaError(UnderstudyError):
    """Footage cannot be read or written."""


class WeightsError(UnderstudyError):
    """A pretrained weights file is missing or is not the pinned one."""


class FacesetError(UnderstudyError):
    """A faceset is missing, damaged, or too small for what is asked of it."""


class ModelError(UnderstudyError):
    """A model folder is missing, damaged, or does not fit the request."""


class ConfigError(UnderstudyError):
    """A setting is unknown or has a value that cannot be used."""


class ConsentError(UnderstudyError):
    """A person's face or voice is to be used, and no record says that it may."""


class RefusedError(UnderstudyError):
    """What is asked for is something that this software does not do."""


class ProcessLost(UnderstudyError):
    """One of several processes that work together has ended, and the others cannot go on without it."""
