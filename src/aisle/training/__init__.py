"""A recipe and a catalogue to weights."""
