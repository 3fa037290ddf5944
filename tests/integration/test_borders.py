"""Segment borders with the real model: the same notes wherever they lie, and a held note that is one."""

import asyncio
import os
import shutil
import subprocess
from pathlib import Path

import mir_eval
import numpy as np
import pretty_midi
import pytest
from numpy.typing import NDArray

from ottava.check import find_examples_folder
from ottava.datatypes import Note
from ottava.hosts.native import create_run, open_recording
from ottava.models import choose_graphs, choose_model, choose_setting, find_models_folder, read_models
from ottava.pipeline import listen

SOUND_FONT = Path(os.environ.get("OTTAVA_SOUND_FONT", "/usr/share/sounds/sf2/FluidR3_GM.sf2"))


def hear(path: Path, from_sec: float = 0.0, setting_name: str | None = None) -> tuple[Note, ...]:
    """The notes of a recording from a moment on, in times of the whole."""
    folder = find_models_folder()
    model = choose_model(read_models((folder / "models.json").read_text(encoding="utf-8")))
    setting = choose_setting(model, setting_name)
    recording = open_recording(path, model.sample_rate)
    first = round(from_sec * model.sample_rate)

    async def read(first_sample: int, last_sample: int) -> NDArray[np.float32]:
        return await recording.read(first + first_sample, first + last_sample)

    run = create_run(choose_graphs(model, setting), folder)
    return asyncio.run(listen(read, recording.n_samples - first, model, setting.hop_sec, run, lambda *_: None)).notes


def test_notes_move_with_a_recording_that_begins_elsewhere() -> None:
    path, cut_sec = find_examples_folder() / "minuet.mp3", 5.3
    whole, cut = (
        np.array([(note.onset_sec + moved, note.pitch) for note in notes if note.onset_sec + moved > cut_sec + 0.1])
        for notes, moved in ((hear(path), 0.0), (hear(path, cut_sec), cut_sec))
    )
    assert len(whole) > 80
    one, other = (
        (np.column_stack([rows[:, 0], rows[:, 0] + 0.1]), mir_eval.util.midi_to_hz(rows[:, 1])) for rows in (whole, cut)
    )
    assert mir_eval.transcription.precision_recall_f1_overlap(*one, *other, offset_ratio=None)[2] >= 0.995


@pytest.mark.skipif(not (shutil.which("fluidsynth") and SOUND_FONT.is_file()), reason="no FluidSynth to play")
def test_a_note_held_across_three_segments_is_one_note(tmp_path: Path) -> None:
    midi = pretty_midi.PrettyMIDI()
    piano = pretty_midi.Instrument(0)
    piano.notes = [pretty_midi.Note(110, 36, 1.0, 9.5)]
    piano.notes += [pretty_midi.Note(50, (72, 76, 79)[i % 3], 2.0 + i, 2.8 + i) for i in range(10)]
    midi.instruments.append(piano)
    score, path = tmp_path / "pedal point.mid", tmp_path / "pedal point.wav"
    midi.write(str(score))
    command = ["fluidsynth", "-ni", "-g", "0.6", "-r", "44100", "-F", str(path), str(SOUND_FONT), str(score)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    # Of the segments of 16 s the second begins before the note, the first ends in it and the third begins in it.
    notes = hear(path, setting_name="exact")
    assert len(notes) == 11
    (held,) = (note for note in notes if note.pitch == 36)
    assert held.onset_sec == pytest.approx(1.0, abs=0.05)
    assert held.offset_sec == pytest.approx(9.5, abs=0.3)
