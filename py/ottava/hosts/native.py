"""The host on a computer: recordings read in slices, graphs run by LiteRT."""

import os
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil, floor
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from ottava.datatypes import Read, Run, Tensors
from ottava.errors import TranscriptionError
from ottava.files.decoding import decode, read_facts
from ottava.listening.mono import choose_track, measure_energy
from ottava.models import Graph, unpack_graph

# A file whose header promises more than this over what it holds was cut off; encoders pad by less.
MISSING_SEC = 1.0
NEAR_SEC = 0.5  # holes that are nearer are told as one
MOST_PLACES = 3  # that a sentence names


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording: its length in samples at the model's rate, `read` for the pipeline, and warnings."""

    n_samples: int
    read: Read
    warnings: tuple[str, ...]


def open_recording(path: Path, sample_rate: int) -> Recording:
    """Open a recording; its samples are decoded when they are asked for.

    The file is decoded once to count its samples, as no header can be trusted to the sample: an hour takes 3 s.

    Parameters
    ----------
    path
        Any format that FFmpeg knows.
    sample_rate
        In Hz, of the samples to give.

    Returns
    -------
    Recording
        Its `read` gives mono float32 and raises TranscriptionError when the file has changed meanwhile. It is quickest
        in order: a slice that begins before the last one is found by decoding from the beginning once more.

    Raises
    ------
    TranscriptionError
        When the file is missing, may not be read or holds no sound.
    """
    surveys = [_survey(path, track, sample_rate) for track in range(read_facts(path).n_tracks)]
    track = choose_track([survey.energies for survey in surveys])
    facts = read_facts(path, track)
    n_samples, holes = surveys[track].n_samples, surveys[track].holes
    if not n_samples:
        raise surveys[0].problem or TranscriptionError(f"{path.name} holds no sound; the file may be damaged.")
    slices = _Slices(path, track, sample_rate)

    async def read(first_sample: int, last_sample: int) -> NDArray[np.float32]:
        return slices.read(first_sample, min(last_sample, n_samples))

    warnings = [describe_holes([(first / sample_rate, last / sample_rate) for first, last in holes])] if holes else []
    held_sec, promised_sec = n_samples / sample_rate, facts.promised_sec
    if promised_sec is not None and promised_sec - held_sec > MISSING_SEC:
        # Without time stamps what is missing may have been where the hole is.
        begin = "Some of the file is missing" if holes and not facts.is_stamped else "The file is cut off"
        warnings.append(f"{begin}: it holds {held_sec:.0f} of {promised_sec:.0f} seconds.")
    return Recording(n_samples, read, tuple(warnings))


@dataclass(frozen=True, slots=True)
class _Survey:
    """Of a sound track: its length, first and last sample of each hole, mean square of each block, why it is empty."""

    n_samples: int
    holes: Sequence[tuple[int, int]]
    energies: NDArray[np.float64]
    problem: TranscriptionError | None = None


def _survey(path: Path, track: int, sample_rate: int) -> _Survey:
    n_samples, holes, energies = 0, list[tuple[int, int]](), list[float]()
    try:
        for block in decode(path, track, sample_rate):
            first, n_samples = n_samples, n_samples + len(block.samples)
            energies.append(measure_energy(block.samples))
            if block.is_hole:
                is_near = holes and first - holes[-1][1] < NEAR_SEC * sample_rate
                holes.append((holes.pop()[0] if is_near else first, n_samples))
    except TranscriptionError as problem:
        return _Survey(0, (), np.zeros(0), problem)
    return _Survey(n_samples, holes, np.array(energies))


def describe_holes(holes: Sequence[tuple[float, float]]) -> str:
    """Say where nothing could be read; begin and end of each place in seconds."""

    def tell(sec: int) -> str:
        return f"{sec // 60}:{sec % 60:02}"

    places = [f"from {tell(floor(begin))} to {tell(ceil(end))}" for begin, end in holes[:MOST_PLACES]]
    places += [f"in {n_more} more places"] if (n_more := len(holes) - MOST_PLACES) > 0 else []
    listed = " and ".join([", ".join(places[:-1]), places[-1]] if len(places) > 1 else places)
    return f"The recording is damaged or has a gap {listed}: nothing could be read there."


class _Slices:
    """The samples of a file from the last slice's beginning on, as far as they have been decoded."""

    def __init__(self, path: Path, track: int, sample_rate: int) -> None:
        self._path, self._track, self._sample_rate = path, track, sample_rate
        self._restart()

    def _restart(self) -> None:
        self._blocks = decode(self._path, self._track, self._sample_rate)
        self._first_sample = 0
        self._held = np.zeros(0, np.float32)

    def read(self, first_sample: int, last_sample: int) -> NDArray[np.float32]:
        """Decode as far as ``last_sample`` and forget what is before ``first_sample``."""
        if first_sample < self._first_sample:
            self._restart()
        end_sample = self._first_sample + len(self._held)
        held = [self._held[first_sample - self._first_sample :]]
        while end_sample < last_sample:
            block = next(self._blocks, None)
            if block is None:
                raise TranscriptionError(f"{self._path.name} has changed while it was read; try again.")
            held.append(block.samples[max(0, first_sample - end_sample) :])
            end_sample += len(block.samples)
        self._held, self._first_sample = np.concatenate(held), first_sample
        return self._held[: last_sample - first_sample].copy()


def create_run(graphs: Mapping[str, Graph], folder: Path) -> Run:
    """Load graphs of a model.

    Parameters
    ----------
    graphs
        By the names under which they are run, see `ottava.models.choose_graphs`.
    folder
        Where their files lie.

    Returns
    -------
    Run
        The seam's `run`, on all cores.

    Raises
    ------
    TranscriptionError
        When a file is missing or is not a LiteRT model.
    """
    interpreters: dict[str, Interpreter] = {}
    for name, graph in graphs.items():
        path = folder / graph.file
        try:
            content = unpack_graph(path.read_bytes())
            with _no_chatter():
                interpreters[name] = Interpreter(model_content=content, num_threads=os.cpu_count())
                interpreters[name].allocate_tensors()
        except (OSError, ValueError, RuntimeError, zlib.error) as error:
            problem = "is missing" if isinstance(error, FileNotFoundError) else "is damaged"
            raise TranscriptionError(f"The model file {path.name} {problem}; install Ottava again.") from error

    async def run(name: str, tensors: Tensors) -> dict[str, NDArray[Any]]:
        interpreter, graph = interpreters[name], graphs[name]
        for place, tensor in zip(interpreter.get_input_details(), graph.inputs, strict=True):
            interpreter.set_tensor(place["index"], tensors[tensor.name])
        interpreter.invoke()
        results: dict[str, NDArray[Any]] = {}
        for place, tensor in zip(interpreter.get_output_details(), graph.outputs, strict=True):
            if tensor.above is None:
                results[tensor.name] = interpreter.get_tensor(place["index"])
            else:
                whole = interpreter.tensor(place["index"])().ravel()  # a view of what the next run overwrites
                results["index"] = np.flatnonzero(whole > tensor.above)
                results[tensor.name] = whole[results["index"]]
        return results

    return run


@contextmanager
def _no_chatter() -> Iterator[None]:
    """Keep from stderr what LiteRT writes there about itself, past Python."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
