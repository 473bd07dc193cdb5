"""Put a drawn face into an existing picture: colour, mask, paste."""
