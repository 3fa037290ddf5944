"""The self-check: what is installed, whether the models are whole, and a real transcription of a known clip."""

import asyncio
import hashlib
import platform
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from ottava.datatypes import Note
from ottava.errors import TranscriptionError
from ottava.files.midi import read_midi
from ottava.models import Graph, Model, choose_graphs, choose_setting, find_models_folder, read_models, read_rhythm
from ottava.version import __version__

LIBRARIES = ("numpy", "ai_edge_litert", "av", "pretty_midi", "verovio", "typst", "tqdm")
CLIP = "prelude"
# Share of the clip's notes that must be heard, and how near: as in the tests.
FOUND_SHARE, ONSET_SEC = 0.95, 0.05


def check_installation() -> int:
    """Print what is installed and transcribe the bundled clip.

    Returns
    -------
    int
        0 when all is well.

    Raises
    ------
    TranscriptionError
        With a sentence for the first thing that is not.
    """
    print(f"ottava {__version__}, Python {platform.python_version()} on {platform.system()} {platform.machine()}")
    print(", ".join(f"{library} {version(library)}" for library in LIBRARIES))
    folder = find_models_folder()
    models = read_models((folder / "models.json").read_text(encoding="utf-8"))
    for model in models.values():
        _check_files(model.graphs, folder)
        settings = ", ".join(f"{name} (hop {setting.hop_sec:g} s)" for name, setting in model.settings.items())
        print(f"model {model.name}: {len(model.graphs)} files whole; {settings}; default {model.default_setting}")
    rhythm = read_rhythm((folder / "models.json").read_text(encoding="utf-8"))
    _check_files(rhythm.graphs, folder)
    print(f"model {rhythm.name}: {len(rhythm.graphs)} files whole; {rhythm.licence}")
    found, total = _transcribe_clip(next(iter(models.values())), folder)
    print(f"self-test: {found} of {total} notes of the bundled clip heard")
    if found < FOUND_SHARE * total:
        raise TranscriptionError("The self-test failed: too few notes were heard; install Ottava again.")
    print("all is well")
    return 0


def find_examples_folder() -> Path:
    """Give the folder of the bundled clips: inside the installed package, or at the root of the repository."""
    package = Path(__file__).parent
    for folder in (package / "package_data" / "examples", package.parent.parent / "examples"):
        if (folder / f"{CLIP}.mp3").is_file():
            return folder
    raise TranscriptionError("The bundled clip is missing: install Ottava again.")


def _check_files(graphs: Mapping[str, Graph], folder: Path) -> None:
    for graph in graphs.values():
        path = folder / graph.file
        if not path.is_file():
            raise TranscriptionError(f"The model file {graph.file} is missing: install Ottava again.")
        if hashlib.sha256(path.read_bytes()).hexdigest() != graph.sha256:
            raise TranscriptionError(f"The model file {graph.file} is damaged: install Ottava again.")


def _transcribe_clip(model: Model, folder: Path) -> tuple[int, int]:
    """Notes of the bundled clip that were heard, and how many there are."""
    from ottava.hosts.native import create_run, open_recording
    from ottava.pipeline import listen

    examples = find_examples_folder()
    recording = open_recording(examples / f"{CLIP}.mp3", model.sample_rate)
    setting = choose_setting(model)
    run = create_run(choose_graphs(model, setting), folder)
    print("listening to the bundled clip ...", file=sys.stderr)
    heard = asyncio.run(listen(recording.read, recording.n_samples, model, setting.hop_sec, run, lambda *report: None))
    played = read_midi((examples / f"{CLIP}.mid").read_bytes())
    return sum(_is_heard(note, heard.notes) for note in played.notes), len(played.notes)


def _is_heard(note: Note, heard: tuple[Note, ...]) -> bool:
    return any(h.pitch == note.pitch and abs(h.onset_sec - note.onset_sec) < ONSET_SEC for h in heard)
