"""Encodings: guessed right for the files that people have, and read without losing a byte silently."""

from pathlib import Path

import pytest

from imports.readers import FileProblem, UnreadableFile
from imports.readers.encodings import Utf8Stream, guess_encoding
from tests.imports.readers.files import write_file

GERMAN = "E-Mail;Straße\r\nmüller@example.org;Größe „5“ – 3 €\r\n" * 5


def content_of(path: Path, encoding: str) -> bytes:
    stream = Utf8Stream(path, encoding)
    data = b""
    while piece := stream.read():
        data += piece
    stream.close()
    return data


@pytest.mark.parametrize(
    ("codec", "encoding"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32-le"),
        ("windows-1252", "windows-1252"),
    ],
)
def test_encoding_of_a_german_file_is_found(tmp_path: Path, codec: str, encoding: str) -> None:
    path = write_file(tmp_path, GERMAN.encode(codec))
    assert (guess_encoding(path), content_of(path, encoding).decode()) == (encoding, GERMAN)


def test_utf_16_with_big_endian_mark_is_found(tmp_path: Path) -> None:
    path = write_file(tmp_path, b"\xfe\xff" + GERMAN.encode("utf-16-be"))
    assert (guess_encoding(path), content_of(path, "utf-16-be").decode()) == ("utf-16-be", GERMAN)


def test_ascii_is_utf_8(tmp_path: Path) -> None:
    assert guess_encoding(write_file(tmp_path, "a@example.org\n")) == "utf-8"


def test_one_western_byte_at_the_very_end_decides(tmp_path: Path) -> None:
    path = write_file(tmp_path, b"a@example.org;Max\r\n" * 200_000 + b"b@example.org;J\xfcrgen\r\n")
    assert guess_encoding(path) == "windows-1252"


def test_last_byte_alone_can_be_western(tmp_path: Path) -> None:
    assert guess_encoding(write_file(tmp_path, b"E-Mail;Ort\r\na@example.org;Plau\xdf")) == "windows-1252"


def test_polish_file_is_not_taken_for_western(tmp_path: Path) -> None:
    text = "E-Mail;Imię\r\njan@example.org;Wałęsa źdźbło żółw gęś ślązak\r\n" * 50
    path = write_file(tmp_path, text.encode("windows-1250"))
    assert content_of(path, guess_encoding(path)).decode() == text


def test_utf_8_with_a_few_wrong_bytes_stays_utf_8(tmp_path: Path) -> None:
    path = write_file(tmp_path, "Jürgen;Köln\r\n".encode() * 20 + b"J\xfcrgen\r\n")
    assert guess_encoding(path) == "utf-8"


def test_wrong_bytes_are_read_as_nul(tmp_path: Path) -> None:
    path = write_file(tmp_path, "ü".encode() + b"\xfc\xff" + b"a")
    assert content_of(path, "utf-8") == "ü\x00\x00a".encode()


def test_character_between_two_pieces_is_whole(tmp_path: Path) -> None:
    text = "x" * (1024 * 1024 - 1) + "€" + "y" * (1024 * 1024 - 3) + "😀"
    assert content_of(write_file(tmp_path, text), "utf-8").decode() == text


def test_character_cut_off_at_the_end_is_nul(tmp_path: Path) -> None:
    assert content_of(write_file(tmp_path, b"a\xe2\x82"), "utf-8") == b"a\x00"


def test_bytes_of_no_encoding_are_refused(tmp_path: Path) -> None:
    noise = bytes(range(0x80, 0xA0)) * 20 + bytes(range(0x01, 0x09)) * 20
    with pytest.raises(UnreadableFile) as raised:
        guess_encoding(write_file(tmp_path, noise))
    assert raised.value.code is FileProblem.UNKNOWN_ENCODING
