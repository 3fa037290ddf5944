"""The schema of MusicXML 4.0."""

from functools import cache
from pathlib import Path

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
