"""Recordings that are damaged, read by the page both ways: decoded at once and in slices; hundreds: make soak."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from bench.page.damaged import open_in_page, slice_always
from tests.damage import Sources, encode_sources, make_damaged

N_FILES = 20


@pytest.fixture(scope="module")
def sources() -> Sources:
    return encode_sources()


@pytest.fixture(scope="module", params=["at once", "in slices"])
def page(browser: Browser, site: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    page = browser.new_context(service_workers="block").new_page()
    if request.param == "in slices":
        slice_always(page)
    page.goto(site)
    yield page
    page.context.close()


def test_damaged_files_give_samples_or_a_sentence(page: Page, sources: Sources, tmp_path: Path) -> None:
    """Nothing that has gone wrong, nothing that hangs, and a page that is alive after each."""
    readings = []
    for number in range(N_FILES):
        name, content = make_damaged(sources, 1000 + number)
        (tmp_path / name).write_bytes(content)
        readings.append(open_in_page(page, tmp_path / name))
    assert [(reading.name, reading.fault) for reading in readings if reading.fault] == []
    assert sum(reading.n_samples > 0 for reading in readings) > N_FILES / 4
    assert sum(reading.sentence != "" for reading in readings) > N_FILES / 8


def overwrite(content: bytes, mark: bytes, offset: int, written: bytes) -> bytes:
    """Other bytes some way after a mark."""
    at = content.index(mark) + offset
    return content[:at] + written + content[at + len(written) :]


def test_a_flac_whose_first_packet_is_damaged_does_not_hang(page: Page, sources: Sources, tmp_path: Path) -> None:
    """Mediabunny 1.61 looks for it for ever."""
    _, content = sources["flac"]
    first_packet = content.index(b"\xff\xf8")
    path = tmp_path / "damaged.flac"
    path.write_bytes(content[:first_packet] + bytes(2) + content[first_packet + 2 :])
    assert open_in_page(page, path).fault == ""


@pytest.mark.parametrize("sample_rate", [1, 2999, 10_000_000])
def test_rates_that_no_recording_has_are_told(page: Page, sources: Sources, tmp_path: Path, sample_rate: int) -> None:
    path = tmp_path / "rate.wav"
    path.write_bytes(overwrite(sources["wav"][1], b"fmt ", 12, sample_rate.to_bytes(4, "little")))
    reading = open_in_page(page, path)
    assert (reading.fault, reading.n_samples) == ("", 0)
    assert "rate.wav" in reading.sentence


def test_packets_that_make_no_sense_are_passed_over(page: Page, sources: Sources, tmp_path: Path) -> None:
    """More channels than each packet holds samples for: no file that is gone, and no fault of the program."""
    path = tmp_path / "channels.wav"
    path.write_bytes(overwrite(sources["wav"][1], b"fmt ", 10, (300).to_bytes(2, "little")))
    reading = open_in_page(page, path)
    assert reading.fault == ""
    assert "could not be read" not in reading.sentence


def test_a_length_that_the_file_cannot_hold_is_not_believed(page: Page, sources: Sources, tmp_path: Path) -> None:
    """Every packet a hundred seconds long: hours of silence would be listened to."""
    path = tmp_path / "long.m4a"
    path.write_bytes(overwrite(sources["m4a"][1], b"stts", 16, (100 * 44100).to_bytes(4, "big")))
    reading = open_in_page(page, path)
    assert reading.fault == ""
    assert reading.n_samples < 60 * 44100
