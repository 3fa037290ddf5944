"""The host on a computer: files read and resampled by PyAV, graphs run by ONNX Runtime."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from ottava.datatypes import Read, Run, Tensors
from ottava.errors import TranscriptionError
from ottava.models import Model

# A file whose header promises more than this over what it holds was cut off; encoders pad by less.
MISSING_SEC = 1.0


@dataclass(frozen=True, slots=True)
class Recording:
    """A decoded recording: its length in samples at the model's rate, `read` for the pipeline, and warnings."""

    n_samples: int
    read: Read
    warnings: tuple[str, ...]


def open_recording(path: Path, sample_rate: int) -> Recording:
    """Decode a recording to mono.

    Parameters
    ----------
    path
        Any format that FFmpeg knows.
    sample_rate
        In Hz, of the samples to give.

    Returns
    -------
    Recording
        Mono float32 in memory: 10 minutes at 44.1 kHz take 106 MB.

    Raises
    ------
    TranscriptionError
        When the file is missing, may not be read or holds no sound.
    """
    try:
        if path.stat().st_size == 0:
            raise TranscriptionError(f"{path.name} is empty.")
        with path.open("rb") as file, av.open(file, metadata_errors="replace") as container:
            samples, promised_sec = _decode(container, path.name, sample_rate)
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
    if not len(samples):
        raise TranscriptionError(f"{path.name} holds no sound; the file may be damaged.")

    async def read(first_sample: int, last_sample: int) -> NDArray[np.float32]:
        return samples[first_sample:last_sample]

    held_sec = len(samples) / sample_rate
    cut = promised_sec is not None and promised_sec - held_sec > MISSING_SEC
    warning = f"The file is cut off: it holds {held_sec:.0f} of {promised_sec:.0f} seconds." if cut else None
    return Recording(len(samples), read, (warning,) if warning else ())


def _decode(container: Any, name: str, sample_rate: int) -> tuple[NDArray[np.float32], float | None]:
    """Mono samples, and the length in seconds that the file's header states, if it does.

    Damage in the middle ends the recording there: what came before is worth having.
    """
    if not container.streams.audio:
        raise TranscriptionError(f"{name} holds no sound.")
    stream = container.streams.audio[0]
    stated = stream.duration * stream.time_base if stream.duration else None
    resampler = av.AudioResampler(format="fltp", rate=sample_rate)
    blocks: list[NDArray[np.float32]] = []
    try:
        for frame in container.decode(stream):
            blocks += [_mix(resampled) for resampled in resampler.resample(frame)]
    except av.FFmpegError:
        if not blocks:
            raise
    blocks += [_mix(resampled) for resampled in resampler.resample(None)] if blocks else []
    samples = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
    return samples, None if stated is None else float(stated)


def _mix(frame: Any) -> NDArray[np.float32]:
    """The mean of all channels."""
    return np.asarray(frame.to_ndarray().mean(axis=0), np.float32)


def create_run(model: Model, folder: Path) -> Run:
    """Load the graphs of a model.

    Parameters
    ----------
    model
        Of models.json.
    folder
        Where its files lie.

    Returns
    -------
    Run
        The seam's `run`, on all cores.

    Raises
    ------
    TranscriptionError
        When a file is missing or is not an ONNX model.
    """
    options = ort.SessionOptions()
    options.log_severity_level = 3
    sessions: dict[str, ort.InferenceSession] = {}
    for name, graph in model.graphs.items():
        path = folder / graph.file
        try:
            sessions[name] = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's own exception classes are private
            problem = "is damaged" if path.exists() else "is missing"
            raise TranscriptionError(f"The model file {path.name} {problem}; install Ottava again.") from error

    async def run(graph: str, tensors: Tensors) -> dict[str, NDArray[Any]]:
        session = sessions[graph]
        names = [output.name for output in session.get_outputs()]
        return dict(zip(names, session.run(names, dict(tensors)), strict=True))

    return run


