"""What a face does as named numbers, and the same done by another face."""
