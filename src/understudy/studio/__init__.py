"""The web studio: a local page that draws what workflows do and passes on what people decide."""
