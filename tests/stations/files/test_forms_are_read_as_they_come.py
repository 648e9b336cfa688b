"""multipart/form-data as a stream: however the body is cut into pieces, the file is the same."""

from __future__ import annotations

import unittest

from hypothesis import given
from hypothesis import strategies as st

from stations.files.multipart import MAX_HEADERS, MAX_PARTS, BadMultipart, FormFile, boundary_of

BOUNDARY = b"----boundary"


def part(content: bytes, *headers: str) -> bytes:
    head = "".join(f"{header}\r\n" for header in headers)
    return b"--" + BOUNDARY + b"\r\n" + head.encode() + b"\r\n" + content + b"\r\n"


def file_part(content: bytes, name: str = "log.txt") -> bytes:
    return part(content, f'Content-Disposition: form-data; name="file"; filename="{name}"', "Content-Type: text/plain")


def field(content: bytes) -> bytes:
    return part(content, 'Content-Disposition: form-data; name="station"')


END = b"--" + BOUNDARY + b"--\r\n"


def read(body: bytes, size: int = 0) -> tuple[bytes, FormFile]:
    form = FormFile(BOUNDARY)
    pieces = [body[start : start + size] for start in range(0, len(body), size)] if size else [body]
    return b"".join(piece for data in pieces for piece in form.feed(data)), form


class FormTests(unittest.TestCase):
    @given(st.binary(max_size=300), st.integers(1, 400))
    def test_the_file_is_the_same_however_it_comes(self, content: bytes, size: int) -> None:
        if BOUNDARY in content:
            return
        found, form = read(b"preamble\r\n" + field(b"CP1") + file_part(content) + field(b"x") + END + b"epilogue", size)
        self.assertEqual((found, form.name, form.complete), (content, "log.txt", True))

    @given(st.binary(max_size=200), st.integers(1, 50))
    def test_nonsense_is_refused_or_incomplete(self, body: bytes, size: int) -> None:
        try:
            _, form = read(body, size)
        except BadMultipart:
            return
        self.assertFalse(form.complete)

    def test_content_that_looks_like_a_delimiter(self) -> None:
        content = b"\r\n--\r\n----bound\r\n--" + BOUNDARY[:-1] + b"\r"
        for size in range(1, 40):
            self.assertEqual(read(file_part(content) + END, size)[0], content)

    def test_an_empty_file(self) -> None:
        found, form = read(file_part(b"") + END)
        self.assertEqual((found, form.complete), (b"", True))

    def test_a_file_without_a_name_but_with_a_kind(self) -> None:
        body = part(b"\x00\x01", 'Content-Disposition: form-data; name="f"', "Content-Type: application/zip") + END
        found, form = read(body)
        self.assertEqual((found, form.name), (b"\x00\x01", ""))

    def test_a_part_without_headers_is_a_field(self) -> None:
        found, form = read(part(b"text") + file_part(b"content") + END)
        self.assertEqual((found, form.complete), (b"content", True))

    def test_a_body_that_ends_early_is_not_complete(self) -> None:
        whole = file_part(b"content") + END
        for length in range(len(whole) - 4):
            with self.subTest(length):
                self.assertFalse(read(whole[:length])[1].complete)

    def test_what_is_not_one_file_is_refused(self) -> None:
        for why, body in {
            "no file": field(b"CP1") + END,
            "two files": file_part(b"a") + file_part(b"b") + END,
            "text after a delimiter": b"--" + BOUNDARY + b" x\r\n",
            "a delimiter without an end": b"--" + BOUNDARY + b" " * (MAX_HEADERS + 1),
            "headers without an end": b"--" + BOUNDARY + b"\r\nX: " + b"x" * (MAX_HEADERS + 1),
            "headers that are too long": part(b"", "X: " + "x" * MAX_HEADERS) + END,
            "too many parts": field(b"x") * (MAX_PARTS + 1) + END,
            "a name in an odd encoding": part(b"x", "Content-Disposition: form-data; filename*=idna''x") + END,
        }.items():
            with self.subTest(why), self.assertRaises(BadMultipart):
                read(body)

    def test_boundaries(self) -> None:
        self.assertEqual(boundary_of('multipart/form-data; boundary="a b"'), b"a b")
        self.assertEqual(boundary_of("Multipart/Form-Data; boundary=x"), b"x")
        for other in ("", "application/octet-stream", "text/plain; boundary=x", "multipart/mixed; boundary=x"):
            self.assertIsNone(boundary_of(other))
        for broken in (
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=" + "x" * 201,
        ):
            with self.subTest(broken), self.assertRaises(BadMultipart):
                boundary_of(broken)
