"""Names of files where only UTF-8 can be written, which they need not be."""

from __future__ import annotations


def shown(text: str) -> str:
    """A text in which bytes of file names that are no UTF-8 are replaced by the sign for what is unknown."""
    return text.encode(errors="surrogateescape").decode(errors="replace")
