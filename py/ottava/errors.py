"""The errors that a person sees as they are."""


class TranscriptionError(Exception):
    """A recording or file cannot be used; the text is one sentence that says why and what to do."""
