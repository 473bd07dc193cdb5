"""Facesets that other programs made: their files read as plain data, nothing in them is ever run."""
