"""One label a note: which notes there are, their ornaments, hands, lengths, voices, keys and names."""
