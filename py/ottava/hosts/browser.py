"""The host in the browser: the seam between the pipeline and ``web/worker.js``.

Only strings and typed arrays cross: no PyProxy leaves this file and no JsProxy goes deeper. The worker gives a host of
functions: ``read`` and ``run`` are awaited, ``post`` takes a reply as JSON, ``finish`` a result, ``deliver`` a file.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from js import Object
from numpy.typing import NDArray
from pyodide.ffi import to_js

from ottava.datatypes import Note, Pedal, Performance, Result, Tensors
from ottava.errors import TranscriptionError
from ottava.files.midi import read_midi, read_written, write_midi, write_quantised_midi
from ottava.files.musicxml import write_musicxml
from ottava.files.mxl import compress_musicxml
from ottava.files.project import (
    choices_to_dict,
    corrected_to_list,
    performance_to_dict,
    read_choices,
    read_performance,
    read_result,
    result_to_json,
)
from ottava.listening.checkpoints import Checkpoint, checkpoint_to_dict, read_checkpoints
from ottava.models import choose_model, choose_setting, read_models
from ottava.notation.cells import count_other_bars
from ottava.notation.corrections import take_as_heard
from ottava.pipeline import listen, notate
from ottava.rhythm.placing import find_pace, needs_pace
from ottava.rhythm.readings import Pace

# Of the performance that was written last: corrections change neither it nor its pace, which takes most of the time.
_paces: dict[Performance, Pace] = {}
# The score that was written last, of which files are made; by the texts that it was made of.
_results: dict[tuple[str, float, str], Result] = {}


WRITERS: dict[str, Callable[[Result], bytes]] = {
    "mxl": lambda result: compress_musicxml(write_musicxml(result)),
    "midi": write_midi,
    "quantised_midi": write_quantised_midi,
}


async def hear_recording(host: Any, models: str, n_samples: int, setting: str | None, begun: str) -> None:
    """Listen to a recording and hand the host what was played, or the sentence that says why not.

    Parameters
    ----------
    host
        The worker's functions.
    models
        The text of models.json.
    n_samples
        Length of the recording, at the model's sample rate.
    setting
        Of the model; None for its default.
    begun
        Checkpoints of a listening that was broken off, a JSON list.
    """

    def keep(checkpoint: Checkpoint) -> None:
        _post(host, type="checkpoint", checkpoint=checkpoint_to_dict(checkpoint))

    try:
        model = choose_model(read_models(models))
        hop_sec = choose_setting(model, setting).hop_sec
        read, run, report = _make_read(host), _make_run(host), _make_report(host)
        checkpoints = read_checkpoints(json.loads(begun))
        performance = await listen(read, n_samples, model, hop_sec, run, report, checkpoints, keep)
        _post(host, type="performance", performance=performance_to_dict(performance))
    except TranscriptionError as error:
        _fail(host, error)


async def write_score(host: Any, performance: str, duration_sec: float, choices: str) -> None:
    """Write a performance down and hand the host the result and its page, or the sentence that says why not.

    Parameters
    ----------
    host
        The worker's functions; ``run`` knows the rhythm graphs, where ``choices`` ask for them.
    performance, choices
        Parts of the ottava-1 format, as JSON.
    duration_sec
        Length of the recording.
    """
    try:
        result = await _notate(host, performance, duration_sec, choices)
        _post(host, type="progress", stage="notating", fraction=0.5)
        notes = json.dumps(corrected_to_list(result.corrected))
        host.finish(result_to_json(result), notes, write_musicxml(result))
    except TranscriptionError as error:
        _fail(host, error)


async def compare_rereading(host: Any, performance: str, duration_sec: float, choices: str) -> None:
    """Tell the host how many other bars would change if the piece were read again with its corrected notes.

    Parameters
    ----------
    host, performance, duration_sec, choices
        See `write_score`.
    """
    try:
        result = await _notate(host, performance, duration_sec, choices)
        n_bars = 0
        if result.draft:
            heard, chosen = read_performance(json.loads(performance)), take_as_heard(result.choices)
            reread = await notate(heard, duration_sec, chosen, _make_run(host), pace=_paces.get(heard))
            n_bars = count_other_bars(result, reread)
        _post(host, type="compared", n_bars=n_bars)
    except TranscriptionError as error:
        _fail(host, error)


async def _notate(host: Any, performance: str, duration_sec: float, choices: str) -> Result:
    """Write a performance down, unless that was done last; of the last one it is known how fast it goes."""
    if written := _results.get((performance, duration_sec, choices)):
        return written
    heard, chosen = read_performance(json.loads(performance)), read_choices(json.loads(choices))
    run = _make_run(host)
    if heard not in _paces and needs_pace(chosen):
        pace = await find_pace(heard, run)
        _paces.clear()
        _paces[heard] = pace
    before = next(iter(_results.values()), None)
    result = await notate(heard, duration_sec, chosen, run, pace=_paces.get(heard), before=before)
    _results.clear()
    _results[performance, duration_sec, choices] = result
    return result


def open_file(host: Any, name: str, content: Any) -> None:
    """Open a MIDI file or a saved project and hand the host what is in it, or the sentence that says why not.

    Parameters
    ----------
    host
        The worker's functions.
    name
        Of the file; what neither ends with .json nor begins with a brace is taken for MIDI.
    content
        Its bytes, a typed array.
    """
    data = _to_numpy(content, "uint8").tobytes()
    try:
        text = data.decode("utf-8-sig", "replace")
        if name.lower().endswith(".json") or text.lstrip().startswith("{"):
            title, duration_sec, performance, choices = read_result(text)
        else:
            performance, choices, title = read_midi(data), read_written(data), ""
            duration_sec = max(note.offset_sec for note in performance.notes)
        heard, chosen = performance_to_dict(performance), choices_to_dict(choices)
        _post(host, type="opened", title=title, duration_sec=duration_sec, performance=heard, choices=chosen)
    except TranscriptionError as error:
        _fail(host, error)


async def write_file(host: Any, kind: str, performance: str, duration_sec: float, choices: str) -> None:
    """Write a performance down and hand the host a file of it, or the sentence that says why not.

    Parameters
    ----------
    host, performance, duration_sec, choices
        See `write_score`.
    kind
        One of `WRITERS`.
    """
    try:
        host.deliver(to_js(WRITERS[kind](await _notate(host, performance, duration_sec, choices))))
    except TranscriptionError as error:
        _fail(host, error)


def _make_read(host: Any) -> Any:
    """Return the seam's ``read``."""

    async def read(first_sample: int, last_sample: int) -> NDArray[np.float32]:
        samples = await host.read(first_sample, last_sample)
        return _to_numpy(samples, "float32")

    return read


def _make_run(host: Any) -> Any:
    """Return the seam's ``run``; a tensor crosses as its flat data, dtype and shape."""

    async def run(graph: str, tensors: Tensors) -> dict[str, NDArray[Any]]:
        # to_js copies: the pipeline may reuse its arrays before the run is over.
        inputs = {
            name: {"type": tensor.dtype.name, "dims": tensor.shape, "data": tensor.ravel()}
            for name, tensor in tensors.items()
        }
        outputs = await host.run(graph, to_js(inputs, dict_converter=Object.fromEntries))
        return {
            output.name: _to_numpy(output.data, output.type).reshape(output.dims.to_py()) for output in outputs
        }

    return run


def _make_report(host: Any) -> Any:
    """Return the seam's ``report``."""

    def report(stage: str, fraction: float, notes: Sequence[Note], pedals: Sequence[Pedal]) -> None:
        _post(host, type="progress", stage=stage, fraction=fraction)
        if notes or pedals:
            _post(host, type="heard", notes=[*map(asdict, notes)], pedals=[*map(asdict, pedals)])

    return report


def _fail(host: Any, error: TranscriptionError) -> None:
    """Tell the page a sentence that is shown as it is."""
    _post(host, type="error", message=str(error), detail="")


def _post(host: Any, **reply: Any) -> None:
    """Send one reply of web/protocol.d.ts."""
    host.post(json.dumps(reply))


def _to_numpy(array: Any, dtype: str) -> NDArray[Any]:
    """Copy a JavaScript typed array into a new, writable, flat one."""
    copy = np.empty(array.length, dtype)
    array.assign_to(copy)
    return copy
