"""Voices: reading, measuring, analysing, converting and making speech."""
