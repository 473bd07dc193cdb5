"""A model and footage to new footage."""
