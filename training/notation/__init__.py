"""The networks of notation: their corpus, how each is trained, and their export."""
