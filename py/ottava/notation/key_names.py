"""Names of keys as people write them: English, German (h, b, fis, es), French, Italian, Spanish, or by accidentals."""

import re
import unicodedata

from ottava.datatypes import Mode

LONGEST = 40  # letters, before anything is looked for
FIFTHS = {"f": -1, "c": 0, "g": 1, "d": 2, "a": 3, "e": 4, "b": 5, "h": 5}  # of the major key on a step
SYLLABLES = {"do": "c", "re": "d", "mi": "e", "fa": "f", "sol": "g", "la": "a", "si": "b"}
SHARP, FLAT = "#|sharp|diese|diesis|sostenido", "b|flat|bemol(?:le)?"
GERMAN_MODES = {"dur", "moll"}
MODES: dict[str, Mode] = {
    **dict.fromkeys(("maj", "major", "dur", "majeur", "maggiore", "mayor"), "major"),
    **dict.fromkeys(("m", "min", "minor", "moll", "mineur", "minore", "menor"), "minor"),
}
COUNT = re.compile(r"([+-]?)([0-7])(?:\s?(#|sharps?|b|flats?))?")
NAME = re.compile(
    r"(?P<step>do|re|mi|fa|sol|la|si|[a-h])"
    rf"(?:(?P<sharp>is|[ -]?(?:{SHARP}))|(?P<flat>es|(?<=[ae])s|[ -]?(?:{FLAT}))|[ -]?natural)?"
    rf"(?:[ :_-]*(?P<mode>{'|'.join(sorted(map(str.lower, MODES), key=len, reverse=True))})\.?)?"
)


def read_key(text: str) -> tuple[int, Mode]:
    """Read a key as a person writes it: "-5", "Eb minor", "F sharp major", "Bbm", "gis-moll", "Es", "si bémol majeur".

    A letter without a mode is major where it is a capital, else minor. "b" is B, but with "Dur" or "moll" B flat; "M"
    is major and "m" minor.

    Returns
    -------
    tuple
        Fifths -7..7 and mode; a number of accidentals is major.

    Raises
    ------
    ValueError
        When it is none.
    """
    problem = ValueError(f'"{text[:LONGEST]}" is no key; write for instance -5, "Eb minor" or "gis-moll"')
    written = _simplify(text) if len(text) <= LONGEST else ""
    if count := COUNT.fullmatch(written.lower()):
        sign, number, kind = count.groups()
        if sign and kind:
            raise problem
        return -int(number) if sign == "-" or (kind or "#")[0] in "bf" else int(number), "major"
    name = NAME.fullmatch(written.lower())
    if not name:
        raise problem
    step, mode_word = name["step"], name["mode"]
    if not mode_word:
        mode: Mode = "minor" if written[0].islower() and step not in SYLLABLES else "major"
    else:
        mode = "major" if written.endswith("M") and mode_word == "m" else MODES[mode_word]
    is_flat = name["flat"] or (step == "b" and not name["sharp"] and mode_word in GERMAN_MODES)
    fifths = FIFTHS[SYLLABLES.get(step, step)] + 7 * bool(name["sharp"]) - 7 * bool(is_flat) - 3 * (mode == "minor")
    if not -7 <= fifths <= 7:
        raise problem
    return fifths, mode


def _simplify(text: str) -> str:
    """Plain letters, "#" and "b" for the signs of music, one kind of dash, one kind of space."""
    text = text.replace("♯", "#").replace("♭", "b").replace("♮", "")
    letters = unicodedata.normalize("NFKD", text)
    plain = "".join("-" if unicodedata.category(c) == "Pd" or c == "−" else c for c in letters
                    if not unicodedata.combining(c))  # fmt: skip
    return " ".join(plain.split())
