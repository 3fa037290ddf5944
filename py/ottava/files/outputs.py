"""Files that are written: never over one that is read, never two into one, and never half of one."""

import os
import re
import secrets
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG
from unicodedata import normalize

from ottava.errors import TranscriptionError

STDOUT = "-"
DEFAULT_SUFFIX = ".musicxml"
PAGED = ".svg"
SLASHES = tuple(filter(None, (os.sep, os.altsep)))


class OverwriteError(TranscriptionError):
    """An output would take the place of a file that is read, or of another output."""


def is_folder(output: str, is_named: bool = True) -> bool:
    """Whether an output is a folder: one that is there, or a name that ends with a slash, or else without a suffix."""
    if output == STDOUT:
        return False
    return Path(output).is_dir() or output.endswith(SLASHES) or not (is_named or Path(output).suffix)


def name_outputs(inputs: Sequence[str], outputs: Sequence[str]) -> list[list[str]]:
    """Name what is written of each input: where no file is named, NAME.musicxml in the folder given, or here.

    Folders that are not there are made.

    Raises
    ------
    OverwriteError
        When two inputs would be written into one file.
    TranscriptionError
        When a folder cannot be made.
    """
    is_one = len(inputs) == 1
    names = [f"{Path(given).stem}{DEFAULT_SUFFIX}" for given in inputs]
    by_name: dict[str, str] = {}
    for given, name in zip(inputs, names, strict=True):
        # Nothing tells of a file yet to be made whether its name is told from others by case.
        key = normalize("NFC", name).casefold()
        if key in by_name:
            raise OverwriteError(f"{by_name[key]} and {given} would both be written into {name}; give them one by one.")
        by_name[key] = given
    for output in outputs:
        if is_folder(output, is_one):
            try:
                Path(output).mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise TranscriptionError(f"The folder {output} cannot be made: {error.strerror}.") from error
    return [
        [str(Path(output, name)) if is_folder(output, is_one) else output for output in outputs] or [name]
        for name in names
    ]


def check_outputs(outputs: Sequence[str], read: Sequence[Path]) -> None:
    """Make sure, before the long work, that every output can be written and that nothing is lost by it.

    Parameters
    ----------
    outputs
        As they were given; "-" is the standard output.
    read
        Files that are read; those that do not exist are left to whoever reads them.

    Raises
    ------
    OverwriteError
        When an output, or a numbered page of it, is a file that is read, by whatever name, or may be another output.
    TranscriptionError
        When an output cannot be written.
    """
    for place, output in enumerate(outputs):
        for path in filter(_find_inode, read):
            if _may_be_one(output, str(path)):
                raise OverwriteError(f"Writing {output} could overwrite {path}, which is read; choose another name.")
        for other in outputs[:place]:
            if _may_be_one(output, other) or _may_be_one(other, output):
                raise OverwriteError(f"{other} and {output} may be one file; choose another name for one of them.")
    for output in outputs:
        try:
            if output != STDOUT:
                _check_place(Path(output))
        except OSError as error:
            raise TranscriptionError(f"{output} cannot be written: {error.strerror}.") from error


def find_pages(path: Path) -> list[Path]:
    """The numbered pages of an output that are there already, X-1.svg, X-2.svg and so on, sorted by name."""
    return sorted(page for page in path.absolute().parent.iterdir() if _is_page(page.name, path))


def number_pages(path: Path, n_pages: int) -> list[str]:
    """Names of the pages; the only page keeps the name that was given."""
    if n_pages == 1:
        return [str(path)]
    return [str(path.with_name(f"{path.stem}-{page}{path.suffix}")) for page in range(1, n_pages + 1)]


def write_files(files: Sequence[tuple[str, bytes]]) -> None:
    """Write names with contents: all of these files are whole, or all are as they were.

    Raises
    ------
    TranscriptionError
        When one cannot be written.
    """
    written: list[tuple[Path, Path]] = []  # beside their places, and where they belong
    try:
        for name, content in files:
            try:
                if name == STDOUT:
                    _write_through(sys.stdout.fileno(), content)
                elif (target := _find_target(Path(name))) is None:
                    _write_through(name, content)
                else:
                    written.append((target.with_name(f".ottava-{secrets.token_hex(8)}.tmp"), target))
                    _write_beside(*written[-1], content)
            except OSError as error:
                what = "The standard output" if name == STDOUT else name
                raise TranscriptionError(f"{what} cannot be written: {error.strerror}.") from error
        for beside, target in written:
            try:
                beside.replace(target)
            except OSError as error:
                raise TranscriptionError(f"{target} cannot be written: {error.strerror}.") from error
    finally:
        for beside, _ in written:
            with suppress(OSError):
                beside.unlink(missing_ok=True)


def _write_through(file: str | int, content: bytes) -> None:
    with open(file, "wb", closefd=isinstance(file, str)) as stream:  # a failed sys.stdout would complain at the end
        stream.write(content)


def _write_beside(beside: Path, target: Path, content: bytes) -> None:
    with beside.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())  # some disks say only now that they are full
    if target.exists():
        with suppress(OSError, AttributeError):  # only an administrator may, and not on Windows
            os.chown(beside, target.stat().st_uid, target.stat().st_gid)
        shutil.copymode(target, beside)


def _find_target(path: Path) -> Path | None:
    """The file itself, where ``path`` is a symbolic link to it; None for a pipe, a device and the like."""
    target = Path(os.path.realpath(path))
    is_file = not _find_inode(path) or (target.is_file() and target.samefile(path))
    return target if is_file else None


def _check_place(path: Path) -> None:
    """Refuse what could not be written after the long work."""
    if path.is_dir():
        raise TranscriptionError(f"{path} is a folder; give a file in it.")
    target = _find_target(path)
    if target and not target.parent.is_dir():
        raise TranscriptionError(f"There is no folder {target.parent} to write to.")
    needed = [path if _find_inode(path) else None, target and target.parent]
    if not all(os.access(place, os.W_OK) for place in needed if place):
        raise TranscriptionError(f"{path} cannot be written: it or its folder is protected; choose another name.")


def _may_be_one(output: str, other: str) -> bool:
    """Whether ``other`` may be written when ``output`` is, which may be several pages."""
    taken = _identify(other)
    if output == other or (taken and taken == _identify(output)):
        return True
    path, place = Path(output), Path(os.path.realpath(other))
    if path.suffix.lower() != PAGED or not path.absolute().parent.is_dir():
        return False
    is_page = _is_page(place.name, path) and _find_inode(place.parent) == _find_inode(path.absolute().parent)
    return is_page or bool(taken and taken in [_identify(str(page)) for page in find_pages(path)])


def _is_page(name: str, path: Path) -> bool:
    pattern = re.escape(path.stem) + r"-\d+" + re.escape(path.suffix)
    return re.fullmatch(pattern, name, re.IGNORECASE) is not None


def _identify(name: str) -> tuple[object, ...] | None:
    """What is the same for all names of a file; None for what cannot be overwritten, as a pipe."""
    try:
        status = os.fstat(sys.stdout.fileno()) if name == STDOUT else Path(name).stat()
    except OSError:
        target = Path(os.path.realpath(name))
        # Nothing tells of a file yet to be made whether its name is told from others by case.
        return _find_inode(target.parent), normalize("NFC", target.name).casefold()
    return (status.st_dev, status.st_ino) if S_ISREG(status.st_mode) else None


def _find_inode(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
