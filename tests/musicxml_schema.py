"""What every MusicXML file must be: valid by the schema of 4.0, its bars full."""

from collections import Counter
from fractions import Fraction
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import musicxml
import xmlschema


@cache
def read_schema() -> xmlschema.XMLSchema:
    """Read the schema from the test dependency that carries it, without the net."""
    folder = Path(musicxml.__file__).parent / "generate_classes"
    addresses = {
        "http://www.musicxml.org/xsd/xml.xsd": folder / "xml.xsd",
        "http://www.musicxml.org/xsd/xlink.xsd": Path(xmlschema.__file__).parent / "schemas" / "XLINK" / "xlink.xsd",
    }
    mapper = {address: path.as_uri() for address, path in addresses.items()}
    return xmlschema.XMLSchema(str(folder / "musicxml_4_0.xsd"), uri_mapper=mapper, allow="local")


def bar_sums(text: str) -> list[tuple[Fraction, Fraction]]:
    """(sum of a voice's values, length of its bar) in divisions, over all bars, staves and voices that are written."""
    sums = []
    root = ElementTree.fromstring(text)
    length, divisions = Fraction(0), 1
    for measure in root.iter("measure"):
        for attributes in measure.iter("attributes"):
            divisions = int(attributes.findtext("divisions") or divisions)
            if attributes.find("time") is not None:
                length = Fraction(4 * int(attributes.findtext("time/beats") or 4),
                                  int(attributes.findtext("time/beat-type") or 4))
        voices: Counter[tuple[str, str]] = Counter()
        for note in measure.findall("note"):
            if note.find("chord") is None:
                voice = note.findtext("staff") or "1", note.findtext("voice") or "1"
                voices[voice] += int(note.findtext("duration") or 0)
        sums += [(Fraction(total, divisions), length) for total in voices.values() if measure.get("implicit") != "yes"]
    return sums
