"""From a performance to beats, bars and the places of its chords on them."""
