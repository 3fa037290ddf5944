"""Ottava: a recording of a solo piano becomes sheet music, on the reader's own device.

    import ottava
    from ottava.files.musicxml import write_musicxml

    result = ottava.transcribe("waltz.mp3", ottava.Choices(meters=((0.0, 3, 4),)))
    text = write_musicxml(result)

These are the names for other programs; the command line calls them, too. The page has no files and no LiteRT of
Python's: there `ottava.hosts.browser` gives what its worker calls. Both end in `ottava.pipeline`.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

from ottava import pipeline
from ottava.datatypes import Choices, Note, Pedal, Performance, Result, Run
from ottava.errors import TranscriptionError
from ottava.models import Model, Setting, choose_model, choose_setting, find_models_folder, read_models
from ottava.version import __version__

T = TypeVar("T")

__all__ = ["Choices", "Performance", "Result", "TranscriptionError", "__version__", "notate", "transcribe"]


def transcribe(
    path: str | PathLike[str],
    choices: Choices | None = None,
    *,
    title: str | None = None,
    model: str | None = None,
    networks: Path | None = None,
    report: Callable[[float], None] = lambda fraction: None,
) -> Result:
    """Hear a recording and write it down.

    Parameters
    ----------
    path
        WAV, MP3, FLAC, Ogg, Opus, M4A or AIFF.
    choices
        What a person decided; all else is found.
    title
        Of the piece, where ``choices`` has none; None for the file's name.
    model
        Name of the listening model; None for the default one.
    networks
        Folder with other networks of notation than those that come with Ottava, and their models.json.
    report
        Called while it listens with the share done, 0..1.

    Returns
    -------
    Result
        The score and what was heard.

    Raises
    ------
    TranscriptionError
        With one sentence for a reader: the recording cannot be used, or a model file is missing.
    """
    from ottava.files.inputs import name_title

    choices = choices or Choices()
    performance, duration_sec, warnings = _hear(Path(path), choices, model, report)
    # The graphs are gone: the score of an hour takes nearly half as much again.
    title = name_title(Path(path)) if title is None else title
    result = notate(performance, duration_sec, choices, title=title, networks=networks)
    return replace(result, warnings=(*warnings, *result.warnings))


def notate(
    performance: Performance,
    duration_sec: float | None = None,
    choices: Choices | None = None,
    *,
    title: str = "",
    networks: Path | None = None,
) -> Result:
    """Write a performance down.

    Parameters
    ----------
    performance
        At least one note: as heard before, or of a MIDI file (`ottava.files.midi.read_midi`).
    duration_sec
        Length of the recording; None for the end of the last note.
    choices
        What a person decided; all else is found.
    title
        Of the piece, where ``choices`` has none.
    networks
        See `transcribe`.

    Raises
    ------
    TranscriptionError
        When the choices leave no note, or a model file is missing.
    """
    choices = choices or Choices()
    if duration_sec is None:
        duration_sec = max(note.offset_sec for note in performance.notes)
    return _wait_for(pipeline.notate(performance, duration_sec, choices, open_networks(choices, networks), title))


def open_networks(choices: Choices, folder: Path | None = None) -> Run | None:
    """Return the seam's ``run`` for the networks of notation; None where ``choices`` need none."""
    if choices.beats == "dp":
        return None
    from ottava.files.inputs import read_bytes
    from ottava.hosts.native import create_run  # loads LiteRT
    from ottava.models import read_rhythm

    folder = folder or find_models_folder()
    text = read_bytes(folder / "models.json").decode("utf-8", "replace")
    return create_run(read_rhythm(text).graphs, folder)


def _hear(
    path: Path, choices: Choices, model_name: str | None, report: Callable[[float], None]
) -> tuple[Performance, float, tuple[str, ...]]:
    """What was played, how long the recording is in seconds, and warnings about the file."""
    from ottava.files.inputs import check_hearable
    from ottava.hosts.native import create_run, open_recording  # loads LiteRT and FFmpeg: not for `notate`
    from ottava.models import choose_graphs

    folder, model, setting = choose_listening(model_name, choices.setting)
    check_hearable(path)
    recording = open_recording(path, model.sample_rate)
    check_place(choices, recording.n_samples / model.sample_rate)
    run = create_run(choose_graphs(model, setting), folder)

    def tell(stage: str, fraction: float, notes: Sequence[Note], pedals: Sequence[Pedal]) -> None:
        report(fraction)

    hearing = pipeline.listen(recording.read, recording.n_samples, model, setting.hop_sec, run, tell)
    return _wait_for(hearing), recording.n_samples / model.sample_rate, recording.warnings


def choose_listening(model: str | None = None, setting: str | None = None) -> tuple[Path, Model, Setting]:
    """Find the folder of a listening model, the model and its setting by their names; None for the default ones.

    Raises
    ------
    TranscriptionError
        When there is no such one; the sentence lists those there are.
    """
    folder = find_models_folder()
    chosen = choose_model(read_models((folder / "models.json").read_text(encoding="utf-8")), model)
    return folder, chosen, choose_setting(chosen, setting)


def check_place(choices: Choices, duration_sec: float) -> None:
    """Refuse a downbeat after the end: it would change nothing, and not say so."""
    for sec in choices.downbeats_sec:
        if sec > duration_sec:
            raise TranscriptionError(f"There is no downbeat at {sec:g} s: the piece ends at {duration_sec:.1f} s.")


def _wait_for(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end.

    `asyncio.run` would write out all of its outcome twice, for a message of the signal module that nobody sees.
    """
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.close()
