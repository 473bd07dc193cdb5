"""Facesets to a model."""
