"""Give the drawn face the light and colour of the footage that it goes into."""
