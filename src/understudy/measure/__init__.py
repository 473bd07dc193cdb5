"""Figures that say how good an output is."""
