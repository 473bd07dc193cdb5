"""Put one consenting person's face on another's footage, and understand how it is done."""
