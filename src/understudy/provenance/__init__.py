"""What outputs say of themselves: the record that travels with them, and the mark inside their pictures."""
