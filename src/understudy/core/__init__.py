"""Types, errors, geometry, colour and events: what every layer shares."""
