"""Names of keys as people write them."""

import pytest

from ottava.notation.key_names import read_key

SAME = {
    (0, "major"): "C, C major, c major, C-Dur, Cdur, CM, C maj, C:maj, Do majeur, do maggiore, DO MAYOR, 0, C natural",
    (-3, "minor"): "c, Cm, C minor, C MINOR, c-moll, cmoll, C min, C:min, Cmin., do mineur, Do minore, c_minor",
    (-5, "minor"): "Bbm, bb minor, b-moll, b moll, B-Moll, B♭m, B flat minor, b-flat minor, si bémol mineur, "
    "Bes minor",
    (-2, "major"): "Bb, B-Dur, B dur, b-dur, B♭, Bb-Dur, B flat, Bflat major, Sib majeur, si bemolle maggiore, "
    "2 flats, -2, −2, bes-dur, 2b",
    (5, "major"): "B, H, H-Dur, h-dur, B major, 5 sharps, +5, si majeur",
    (2, "minor"): "b, h, Bm, b minor, h-moll, H-moll, h–moll, si mineur",
    (-6, "minor"): "Eb minor, eb minor, eb, es, es-moll, Ebm, E♭ minor, mi bémol mineur, ees minor",
    (-3, "major"): "Es, Eb, Es-Dur, es-dur, E flat major, E-flat Major, EbM, 3 flats",
    (5, "minor"): "gis-moll, gis, Gis moll, g# minor, G#m, g sharp minor, sol dièse mineur, sol# minore",
    (-4, "major"): "As, As-Dur, as-dur, Ab, A flat major, aes-dur, La bémol majeur, lab majeur",
    (-7, "minor"): "as, as-moll, ab minor, Abm",
    (3, "minor"): "fis-moll, fis, f# minor, F♯m, F#-moll, fa dièse mineur",
    (4, "minor"): "C# minor, cis-moll, c sharp minor, C♯ minor, do♯ mineur",
    (6, "major"): "F sharp major, Fis-Dur, F#, F#M, Fis, 6#",
    (-1, "major"): "F, F-Dur, fa majeur, fa, 1 flat",
    (0, "minor"): "a, a-moll, Am, A minor, la mineur",
    (1, "major"): "G, sol, Sol majeur, G-Dur, 1 sharp",
    (-5, "major"): "Des, Db, des-dur, D flat",
    (2, "major"): "D, re majeur, ré majeur, Ré, D  major ",
    (7, "minor"): "ais-moll, a# minor",
    (-7, "major"): "Ces-Dur, Cb, -7",
}  # fmt: skip


@pytest.mark.parametrize("key", SAME)
def test_keys_are_read_as_people_write_them(key: tuple[int, str]) -> None:
    names = SAME[key].split(", ")
    read = {name: read_key(name) for name in names}
    assert read == dict.fromkeys(names, key)


@pytest.mark.parametrize("text", [
    "8", "-8", "", "G# major minor", "B# major", "J", "Ha", "C lydian", "Cb sharp major", "C##", "minor", "moll", "m",
    "8 flats", "gis-dur", "his", "Ab major in 3/4", "1.5", "x" * 5000, "asas", "ss", "c\x00",
])  # fmt: skip
def test_what_is_no_key_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="is no key"):
        read_key(text)
