"""The command line: transcribe a recording, notate a performance, check the installation."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from fractions import Fraction
from functools import cache, partial
from pathlib import Path
from typing import Any, NoReturn

from tqdm import tqdm

from ottava import Choices, Result, TranscriptionError, __version__, check_place, choose_listening, notate, transcribe
from ottava.check import check_installation
from ottava.files.inputs import STDIN, check_notatable, find_read, hold_input, name_title, read_bytes
from ottava.files.midi import read_midi, read_written, write_midi, write_quantised_midi
from ottava.files.musicxml import write_musicxml
from ottava.files.mxl import compress_musicxml
from ottava.files.outputs import (
    DEFAULT_SUFFIX,
    STDOUT,
    OverwriteError,
    check_outputs,
    find_pages,
    is_folder,
    name_outputs,
    number_pages,
    write_files,
)
from ottava.files.project import make_choices, read_choices, read_result, result_to_json
from ottava.files.written import keep_written
from ottava.notation.cells import count_other_bars
from ottava.notation.corrections import take_as_heard
from ottava.notation.key_names import read_key
from ottava.notation.spelling import read_pitch

SUFFIXES = (DEFAULT_SUFFIX, ".mxl", ".mid", ".pdf", ".svg", ".json")
OTHER_SUFFIXES = {".xml": DEFAULT_SUFFIX, ".midi": ".mid"}
ENGRAVED = (".svg", ".pdf")
NAME_COLUMNS = 40  # of a file's name beside its progress
DONE, UNUSABLE, USAGE, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments
        Those after the program's name; None for the process's own.

    Returns
    -------
    int
        Exit status: 0 done, 1 the file cannot be used (one sentence on stderr), 2 wrong usage, also an output that
        would overwrite what is read.
    """
    parser = _make_parser()
    options = parser.parse_args(arguments)
    try:
        return int(options.command(options, parser.error))
    except KeyboardInterrupt:
        print("ottava: stopped.", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        if options.traceback and not isinstance(error, TranscriptionError):
            raise
        return _complain(_describe(error), USAGE if isinstance(error, OverwriteError) else UNUSABLE)


def _describe(error: Exception) -> str:
    """What a person reads of an error; for one that nobody foresaw, never a traceback that they did not ask for."""
    if isinstance(error, TranscriptionError):
        return str(error)
    return f"Something went wrong ({type(error).__name__}: {error}); --traceback shows where."


def _complain(sentence: str, status: int = UNUSABLE) -> int:
    _warn(sentence)
    return status


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ottava", description="A recording of a solo piano becomes sheet music.")
    parser.add_argument("--version", action="version", version=f"ottava {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    transcribe = commands.add_parser("transcribe", help="a recording becomes a score")
    transcribe.add_argument("inputs", nargs="+", metavar="IN", help="wav, mp3, flac, ogg, opus, m4a, aif or a video; "
                            "- reads what is piped in")
    transcribe.set_defaults(reads="a recording", command=lambda options, error: _run(options, error, _transcribe))
    notates = commands.add_parser("notate", help="a played MIDI file or a saved JSON becomes a score, no audio")
    notates.add_argument("inputs", nargs="+", metavar="IN", help="mid or json; - reads what is piped in")
    notates.set_defaults(reads="a MIDI file or a project", command=lambda options, error: _run(options, error, _notate))
    check = commands.add_parser("check", help="what is installed, which models, and a self-test")
    check.set_defaults(command=lambda options, error: check_installation())
    notates.add_argument("--reread", action="store_true",
                         help="read the whole piece again with single notes that were corrected, not only their bars")
    for command in (transcribe, notates):
        _add_choices(command)
    for command in (transcribe, notates, check):
        command.add_argument("--traceback", action="store_true", help="show where an unexpected error arose")
    return parser


def _add_choices(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", dest="outputs", action="append", default=[], metavar="OUT",
                        help=f"file to write ({', '.join(SUFFIXES)}), or - for MusicXML on stdout; may be repeated; "
                        "X.svg becomes X-1.svg, X-2.svg ... where the score has several pages; a folder, the only OUT "
                        f"for several IN, gets NAME{DEFAULT_SUFFIX} of each")
    parser.add_argument("--midi", choices=("played", "written"), default="played", help="how .mid is written: as it "
                        "was played (default), or as the score has it, with a track a hand")
    parser.add_argument("--force", action="store_true",
                        help="overwrite files whose names were not given: the default one, in folders, X-1.svg ...")
    parser.add_argument("--title")
    parser.add_argument("--composer")
    parser.add_argument("--tempo", type=float, metavar="BPM", help="quarter notes a minute")
    parser.add_argument("--tempo-factor", type=_read_ratio, metavar="RATIO",
                        help="so many times as many beats as found: 2, 1/2, 3, 1/3, 3/2 or 2/3")
    parser.add_argument("--meter", type=_read_meter, metavar="3/4")
    parser.add_argument("--key", type=_checked(read_key), metavar="KEY",
                        help='-5 (five flats), "Eb minor", Bbm, gis-moll ...')
    parser.add_argument("--downbeat", type=float, metavar="SEC", help="time of a downbeat in the recording")
    parser.add_argument("--grid", choices=("auto", "8", "16", "triplet"))
    parser.add_argument("--swing", action=argparse.BooleanOptionalAction, help="write swung notes straight or not")
    parser.add_argument("--beats", choices=("model", "dp"), help="who finds the beats: the trained model (default) or "
                        "dynamic programming without one")
    parser.add_argument("--sensitivity", type=float, metavar="0..1",
                        help="0.5 (default): the notes as heard; less: only surer ones; more: also possible ones")
    parser.add_argument("--split", type=_read_split, metavar="auto|C4", help="lowest note of the right hand")
    parser.add_argument("--setting", metavar="exact|balanced|fast", help="how much time listening may take")
    parser.add_argument("--model", metavar="NAME", help="listening model (ottava check lists them)")
    parser.add_argument("--rhythm", type=Path, metavar="FOLDER", help="other rhythm networks (with models.json)")
    parser.add_argument("--choices", type=Path, metavar="FILE.json", help="the choices of the ottava-1 format")


def _checked(read: Any) -> Any:
    """`read` as an argparse type that keeps the sentence of its ValueError."""

    def convert(text: str) -> Any:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return convert


@_checked
def _read_ratio(text: str) -> float:
    try:
        return float(Fraction(text))
    except (ValueError, ZeroDivisionError):
        raise argparse.ArgumentTypeError("must be 2, 1/2, 3, 1/3, 3/2 or 2/3") from None


def _read_meter(text: str) -> tuple[int, int]:
    beats, slash, beat_type = text.partition("/")
    if not (slash and beats.isdecimal() and beat_type.isdecimal()):
        raise ValueError(f'"{text}" is no meter; write for instance 3/4')
    return int(beats), int(beat_type)


@_checked
def _read_split(text: str) -> int | None:
    return None if text == "auto" else read_pitch(text)


def _gather_choices(options: argparse.Namespace, error: Any) -> Choices:
    """The choices file, with what the options say on top."""
    choices = Choices()
    if options.choices:
        try:
            choices = read_choices(json.loads(read_bytes(options.choices)))
        except ValueError as problem:
            raise TranscriptionError(f"{options.choices.name} is not valid JSON.") from problem
    given = {
        "title": options.title,
        "composer": options.composer,
        "tempo_bpm": options.tempo,
        "tempo_factor": options.tempo_factor,
        "meters": options.meter and ((0.0, *options.meter),),
        "keys": options.key and ((0.0, *options.key),),
        "downbeats_sec": None if options.downbeat is None else (options.downbeat,),
        "beats_sec": None,
        "grid": options.grid,
        "swing": options.swing,
        "beats": options.beats,
        "split_pitch": options.split,
        "setting": options.setting,
        "sensitivity": options.sensitivity,
        "corrections": None,
        "added": None,
    }
    fields = {name: getattr(choices, name) if value is None else value for name, value in given.items()}
    try:
        return make_choices(**fields)
    except ValueError as problem:
        return _exit(error, str(problem))


def _exit(error: Any, sentence: str) -> NoReturn:
    error(sentence)
    raise AssertionError("argparse's error() ends the process")


Plan = tuple[str, list[str]]
"""What is read, and where it is written."""

Say = Callable[[str], None]
"""Tell a person a sentence."""


def _plan(options: argparse.Namespace, error: Any) -> list[Plan]:
    """Where each input is written; what is wrong usage whatever the files hold ends here, before the long work."""
    is_one = len(options.inputs) == 1
    if STDIN in options.inputs and not is_one:
        _exit(error, "- reads what is piped in, and is read alone")
    for output in options.outputs:
        if is_folder(output, is_one):
            continue
        if output != STDOUT and _find_suffix(output) not in SUFFIXES:
            _exit(error, f"{output}: this version writes {', '.join(SUFFIXES)}; the name of a new folder ends with /")
        if not is_one:
            _exit(error, f"{output} is one file for several inputs; give a folder with -o, or one input")
    if STDIN in options.inputs and (not options.outputs or any(is_folder(output) for output in options.outputs)):
        _exit(error, "what is piped in has no name: say with -o which file to write, or -o - for the standard output")
    return list(zip(options.inputs, name_outputs(options.inputs, options.outputs), strict=True))


def _find_suffix(output: str) -> str:
    suffix = DEFAULT_SUFFIX if output == STDOUT else Path(output).suffix.lower()
    return OTHER_SUFFIXES.get(suffix, suffix)


def _check_plan(plan: Plan, options: argparse.Namespace) -> None:
    """Refuse, before the long work, what cannot be read at all or written without loss."""
    name, outputs = plan
    read = [*map(find_read, options.inputs), options.choices, options.rhythm and options.rhythm / "models.json"]
    check_outputs(outputs, list(filter(None, read)))
    suffix = Path(name).suffix.lower()
    if OTHER_SUFFIXES.get(suffix, suffix) in {*SUFFIXES} - {".mid", ".json"}:
        raise TranscriptionError(f"Ottava writes {suffix} and does not read it; give {options.reads}.")
    if not options.force:
        # Whether the score will have several pages is not known yet.
        pages = [page for output in outputs if output.lower().endswith(".svg") for page in find_pages(Path(output))]
        unnamed = filter(os.path.exists, {*outputs} - {*options.outputs})
        for path in [*unnamed, *(page.name for page in pages)]:
            raise TranscriptionError(f"{path} is there already; use -o with another name, or --force.")


def _run(options: argparse.Namespace, error: Any, make: Callable[..., Result]) -> int:
    """Make and write the result of each input; of several, one that cannot be used does not keep the others back."""
    plans, choices = _plan(options, error), _gather_choices(options, error)
    if options.model or options.setting:
        choose_listening(options.model, options.setting)
    is_one, failed = len(plans) == 1, set[str]()

    @contextmanager
    def spare_others(name: str) -> Iterator[None]:
        try:
            yield
        except Exception as problem:
            if is_one or isinstance(problem, OverwriteError) or options.traceback:
                raise
            failed.add(name)
            sentence = _describe(problem)
            _warn(sentence, about="" if Path(name).name in sentence else name)

    for plan in plans:
        with spare_others(plan[0]):
            _check_plan(plan, options)
    for number, (name, outputs) in enumerate(plans, 1):
        if name in failed:
            continue
        say, label = _warn, "Listening"
        if not is_one:
            say, label = partial(_warn, about=name), f"{number}/{len(plans)} {_clean(Path(name).name)[:NAME_COLUMNS]}"
        with spare_others(name):
            with hold_input(name) as path:
                result = make(path, choices, options, label, say)
            for warning in result.warnings:
                say(warning)
            for files in _encode(result, outputs, options.midi, say):
                write_files(files)
    if failed:
        _warn(f"{len(failed)} of {len(plans)} files could not be written down.")
    return UNUSABLE if failed else DONE


def _transcribe(path: Path, choices: Choices, options: argparse.Namespace, label: str, say: Say) -> Result:
    with ExitStack() as closing:

        @cache
        def show_bar() -> Any:
            """Show the bar from the first report on: what cannot be opened has no progress."""
            form = "{desc} {percentage:3.0f}% |{bar}| {remaining} left"
            return closing.enter_context(tqdm(total=100, desc=label, bar_format=form))

        def report(fraction: float) -> None:
            show_bar().update(100 * fraction - show_bar().n)
            if fraction >= 1:
                closing.close()

        return transcribe(
            path, choices, title=name_title(path), model=options.model, networks=options.rhythm, report=report
        )


def _notate(path: Path, choices: Choices, options: argparse.Namespace, label: str, say: Say) -> Result:
    content, title = read_bytes(path), name_title(path)
    if check_notatable(path, content) == "project":
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as problem:
            raise TranscriptionError(f"{path.name} is not an Ottava project (format ottava-1).") from problem
        title, duration_sec, performance, saved = read_result(text)
        check_place(choices, duration_sec)
        fresh = Choices()
        # What the options say wins over what was saved.
        chosen = {name: getattr(choices, name) for name in Choices.__slots__}
        choices = replace(saved, **{n: v for n, v in chosen.items() if v != getattr(fresh, n)})
    else:
        performance = read_midi(content)
        duration_sec = max(note.offset_sec for note in performance.notes)
        check_place(choices, duration_sec)
        choices = keep_written(read_written(content), choices)
    if options.reread:
        choices = take_as_heard(choices)
    # What is done in a second needs no bar, but many of them do; in a terminal only.
    with tqdm(desc=label, bar_format="{desc}", leave=False, disable=len(options.inputs) == 1 or None):
        result = notate(performance, duration_sec, choices, title=title, networks=options.rhythm)
    if result.draft:
        reread = notate(performance, duration_sec, take_as_heard(choices), title=title, networks=options.rhythm)
        if n_bars := count_other_bars(result, reread):
            others = "1 other bar" if n_bars == 1 else f"{n_bars} other bars"
            say(f"Read again with the corrected notes, {others} would change; --reread does that.")
    return result


def _encode(
    result: Result, outputs: Sequence[str], midi: str, say: Say
) -> Iterator[list[tuple[str, bytes]]]:
    """Names and contents of the files of each output, those that need engraving last: the others do without it."""
    suffixes = {output: _find_suffix(output) for output in outputs}
    musicxml = write_musicxml(result) if set(suffixes.values()) - {".mid", ".json"} else ""
    pages: list[str] = []
    for output, suffix in sorted(suffixes.items(), key=lambda item: item[1] in ENGRAVED):
        if suffix in ENGRAVED:
            from ottava.files.pages import engrave_pages, write_pdf  # loads Verovio and Typst

            pages = pages or engrave_pages(musicxml)
        if suffix == ".mid":
            yield [(output, write_quantised_midi(result) if midi == "written" else write_midi(result))]
        elif suffix == ".json":
            yield [(output, result_to_json(result).encode("utf-8"))]
        elif suffix == ".mxl":
            yield [(output, compress_musicxml(musicxml))]
        elif suffix == ".svg":
            names = number_pages(Path(output), len(pages))
            yield [(name, page.encode("utf-8")) for name, page in zip(names, pages, strict=True)]
        elif suffix == ".pdf":
            content, warning = write_pdf(pages, result.title)
            if warning:
                say(warning)
            yield [(output, content)]
        else:
            yield [(output, musicxml.encode("utf-8"))]


def _warn(sentence: str, about: str = "") -> None:
    begin = f"{about}: " if about else ""
    tqdm.write(f"ottava: {_clean(begin + sentence)}", file=sys.stderr)


def _clean(words: str) -> str:
    """Take out what a terminal obeys: names of files may hold it."""
    return "".join(filter(str.isprintable, " ".join(words.split())))


if __name__ == "__main__":
    sys.exit(main())
