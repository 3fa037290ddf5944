"""Ottava: a recording of a solo piano becomes sheet music, on the reader's own device."""

__version__ = "0.1.0"
