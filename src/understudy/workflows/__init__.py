"""One run(config, on_event) -> Result a command."""
