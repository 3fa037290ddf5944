"""The host on a computer: files read in slices and resampled by PyAV, graphs run by LiteRT."""

import os
import sys
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from ottava.datatypes import Read, Run, Tensors
from ottava.errors import TranscriptionError
from ottava.models import Graph, unpack_graph

# A file whose header promises more than this over what it holds was cut off; encoders pad by less.
MISSING_SEC = 1.0
# Hz; what browsers open. Beyond it the number is damage, and resampling would take for ever.
LOWEST_RATE, HIGHEST_RATE = 3000, 768_000


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
    blocks = _decode(path, sample_rate)
    n_samples = sum(len(block) for block in blocks)
    if not n_samples:
        raise TranscriptionError(f"{path.name} holds no sound; the file may be damaged.")
    slices = _Slices(path, sample_rate)

    async def read(first_sample: int, last_sample: int) -> NDArray[np.float32]:
        return slices.read(first_sample, min(last_sample, n_samples))

    held_sec, promised_sec = n_samples / sample_rate, _read_promise(path)
    cut = promised_sec is not None and promised_sec - held_sec > MISSING_SEC
    warning = f"The file is cut off: it holds {held_sec:.0f} of {promised_sec:.0f} seconds." if cut else None
    return Recording(n_samples, read, (warning,) if warning else ())


class _Slices:
    """The samples of a file from the last slice's beginning on, as far as they have been decoded."""

    def __init__(self, path: Path, sample_rate: int) -> None:
        self._path, self._sample_rate = path, sample_rate
        self._restart()

    def _restart(self) -> None:
        self._blocks = _decode(self._path, self._sample_rate)
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
            held.append(block[max(0, first_sample - end_sample) :])
            end_sample += len(block)
        self._held, self._first_sample = np.concatenate(held), first_sample
        return self._held[: last_sample - first_sample].copy()


def _decode(path: Path, sample_rate: int) -> Iterator[NDArray[np.float32]]:
    """Blocks of mono samples, the same ones every time.

    Damage in the middle ends the recording there: what came before is worth having.
    """
    with _open_audio(path) as (container, stream):
        resampler = av.AudioResampler(format="flt", rate=sample_rate)  # in planes PyAV 18 crashes on a ninth channel
        is_begun = False
        try:
            for frame in container.decode(stream):
                if not is_begun:
                    _check_rate(path, frame.sample_rate)
                for resampled in resampler.resample(frame):
                    is_begun = True
                    yield _mix(resampled)
        except (av.FFmpegError, ValueError):  # the second: from here on it is another rate or other channels
            if not is_begun:
                raise
        if is_begun:
            yield from map(_mix, resampler.resample(None))


def _check_rate(path: Path, sample_rate: int) -> None:
    if not LOWEST_RATE <= sample_rate <= HIGHEST_RATE:
        raise TranscriptionError(
            f"{path.name} states a sample rate of {sample_rate} Hz, which no recording has; it may be damaged."
        )


def _read_promise(path: Path) -> float | None:
    """The length in seconds that the file's header states, if it does."""
    with _open_audio(path) as (_, stream):
        return float(stream.duration * stream.time_base) if stream.duration else None


@contextmanager
def _open_audio(path: Path) -> Iterator[tuple[Any, Any]]:
    """The container and the audio stream of a file; whatever is wrong with it becomes one sentence."""
    try:
        if path.stat().st_size == 0:
            raise TranscriptionError(f"{path.name} is empty.")
        with path.open("rb") as file, av.open(file, metadata_errors="replace") as container:
            if not container.streams.audio:
                raise TranscriptionError(f"{path.name} holds no sound.")
            yield container, container.streams.audio[0]
    except FileNotFoundError as error:
        raise TranscriptionError(f"There is no file {path}.") from error
    except IsADirectoryError as error:
        raise TranscriptionError(f"{path.name} is a folder; give a recording in it.") from error
    except PermissionError as error:
        raise TranscriptionError(f"You have no permission to read {path.name}.") from error
    except (av.FFmpegError, OSError, ValueError) as error:
        raise TranscriptionError(
            f"{path.name} is not a recording that can be read; WAV, MP3, FLAC, Ogg, Opus, M4A and AIFF work."
        ) from error


def _mix(frame: Any) -> NDArray[np.float32]:
    """The mean of all channels; what is no number stays none."""
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(frame.to_ndarray().reshape(-1, len(frame.layout.channels)).mean(axis=1), np.float32)


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
