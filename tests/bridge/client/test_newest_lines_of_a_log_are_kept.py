"""Of a long log its newest lines are kept, however it is cut into chunks, and it is never in memory."""

from __future__ import annotations

import os
import tempfile
import tracemalloc
import unittest
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.client.tail import BLOCK, Tail, newest_lines

LONG = 1000
LARGE = 10_000_000


def tail(
    *chunks: bytes | str, lines: int = 3, max_line: int = LONG, max_bytes: int = LARGE, directory: Path | None = None
) -> Tail:
    parts = (chunk.encode() if isinstance(chunk, str) else chunk for chunk in chunks)
    return newest_lines(parts, lines=lines, max_line=max_line, max_bytes=max_bytes, directory=directory)


def split_whole(data: bytes, lines: int, max_line: int) -> tuple[list[str], int, int]:
    """What is expected, from the whole text at once: the kept lines, how many there were, how many are cut."""
    every = data.split(b"\n")
    if not every[-1]:
        every.pop()
    every = [line.removesuffix(b"\r") for line in every]
    kept = every[max(0, len(every) - lines) :]
    cut = sum(len(line) > max_line for line in kept)
    return [line[:max_line].decode("utf-8", "replace") for line in kept], len(every), cut


def chunked(data: bytes, places: Iterable[int]) -> Iterator[bytes]:
    borders = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return (data[begin:end] for begin, end in pairwise(borders))


PIECES = st.sampled_from([b"\n", b"\r\n", b"\r", b"", b"a", b"abcdefgh", "ü€😀".encode(), b"\xff\xf0", b"\x00"])


class AnyLogTests(unittest.TestCase):
    @settings(deadline=None)
    @given(
        pieces=st.lists(PIECES, max_size=40),
        places=st.lists(st.integers(0, 500), max_size=8),
        lines=st.integers(0, 12),
        max_line=st.integers(1, 12),
    )
    @example(pieces=[b"abcdefgh", b"\r", b"\n"], places=[8, 9], lines=1, max_line=8)
    @example(pieces=[b"abcdefgh", b"\r", b"\n"], places=[], lines=1, max_line=7)
    @example(pieces=[b"abcdefgh", b"\r"], places=[], lines=1, max_line=7)
    def test_it_is_as_if_the_whole_were_split(
        self, pieces: list[bytes], places: list[int], lines: int, max_line: int
    ) -> None:
        data = b"".join(pieces)
        kept, seen, cut = split_whole(data, lines, max_line)
        with newest_lines(
            chunked(data, places), lines=lines, max_line=max_line, max_bytes=LARGE, directory=None
        ) as found:
            self.assertEqual(list(found), kept)
            self.assertEqual((found.seen, found.kept, found.cut), (seen, len(kept), cut))
            self.assertEqual((found.size, found.truncated), (len(data), False))

    @settings(deadline=None)
    @given(pieces=st.lists(PIECES, max_size=20), places=st.lists(st.integers(0, 200), max_size=5), room=st.integers(0))
    def test_what_is_beyond_the_limit_is_not_there(self, pieces: list[bytes], places: list[int], room: int) -> None:
        data = b"".join(pieces)
        room %= len(data) + 2
        with newest_lines(chunked(data, places), lines=3, max_line=LONG, max_bytes=room, directory=None) as found:
            self.assertEqual(list(found), split_whole(data[:room], 3, LONG)[0])
            self.assertEqual(found.truncated, len(data) > room)

    def test_lines_that_lie_across_the_blocks_in_which_the_file_is_searched(self) -> None:
        for length in (BLOCK - 2, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK):
            data = b"first\n" + b"x" * length + b"\nlast\n"
            for lines in (1, 2, 3):
                with self.subTest(length=length, lines=lines), tail(data, lines=lines, max_line=LARGE) as found:
                    self.assertEqual(list(found), split_whole(data, lines, LARGE)[0])


class PlainCaseTests(unittest.TestCase):
    def test_the_newest_not_the_oldest(self) -> None:
        with tail("1\n2\n3\n4\n5\n", lines=2) as found:
            self.assertEqual(list(found), ["4", "5"])
            self.assertEqual((found.seen, found.kept), (5, 2))

    def test_both_kinds_of_line_ends_and_a_last_line_without(self) -> None:
        with tail("1\r\n2\n3") as found:
            self.assertEqual(list(found), ["1", "2", "3"])

    def test_empty_lines_are_lines(self) -> None:
        with tail("1\n\n\n") as found:
            self.assertEqual(list(found), ["1", "", ""])

    def test_an_empty_log_has_no_lines(self) -> None:
        with tail() as nothing, tail("", b"") as empty:
            self.assertEqual((list(nothing), nothing.seen), ([], 0))
            self.assertEqual((list(empty), empty.seen), ([], 0))

    def test_none_wanted_none_kept(self) -> None:
        for text in ("1\n2\n", "1\n2"):
            with tail(text, lines=0) as found:
                self.assertEqual((list(found), found.seen), ([], 2))

    def test_a_character_cut_by_the_border_of_a_chunk_is_whole(self) -> None:
        text = "ü€😀\n".encode()
        with tail(*(text[place : place + 1] for place in range(len(text)))) as found:
            self.assertEqual(list(found), ["ü€😀"])

    def test_what_is_no_utf8_is_replaced(self) -> None:
        with tail(b"a\xff\n") as found:
            self.assertEqual(list(found), ["a\ufffd"])

    def test_a_long_line_is_cut_and_counted_and_the_next_one_is_whole(self) -> None:
        with tail("short\n", "x" * 50, "x" * 50, "\nafter\n", max_line=10) as found:
            self.assertEqual(list(found), ["short", "x" * 10, "after"])
            self.assertEqual(found.cut, 1)

    def test_a_long_line_that_is_not_kept_is_not_counted_as_cut(self) -> None:
        with tail("x" * 50, "\nafter\n", lines=1, max_line=10) as found:
            self.assertEqual(found.cut, 0)

    def test_it_can_be_read_again(self) -> None:
        """An upload that failed is repeated."""
        with tail("1\n2\n") as found:
            iterator = iter(found)
            next(iterator)
            self.assertEqual(list(found), ["1", "2"])
            self.assertEqual(len(found), 2)

    def test_senseless_limits_are_refused(self) -> None:
        for lines, max_line, max_bytes in ((-1, 1, 1), (1, 0, 1), (1, 1, -1)):
            with self.subTest(lines=lines, max_line=max_line, max_bytes=max_bytes), self.assertRaises(ValueError):
                tail("1\n", lines=lines, max_line=max_line, max_bytes=max_bytes)


class ResourceTests(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def open_files(self) -> list[str]:
        found = []
        for descriptor in os.listdir("/proc/self/fd"):
            try:
                found.append(os.readlink(f"/proc/self/fd/{descriptor}"))
            except FileNotFoundError:  # the one that listed them
                continue
        return [name for name in found if name.startswith(str(self.folder))]

    def test_its_file_stands_where_it_should_and_goes_with_it(self) -> None:
        found = tail("1\n", directory=self.folder)
        self.assertEqual(len(self.open_files()), 1)
        found.close()
        self.assertEqual(self.open_files(), [])
        self.assertEqual(os.listdir(self.folder), [])

    def test_a_source_that_breaks_off_leaves_no_file(self) -> None:
        def breaking() -> Iterator[bytes]:
            yield b"1\n"
            raise ConnectionResetError

        with self.assertRaises(ConnectionResetError):
            newest_lines(breaking(), lines=1, max_line=9, max_bytes=9, directory=self.folder)
        self.assertEqual(self.open_files(), [])

    def test_a_folder_that_is_not_there_is_an_error_of_the_system(self) -> None:
        with self.assertRaises(OSError):
            tail("1\n", directory=self.folder / "missing")

    def test_an_endless_source_is_left_alone_at_the_limit(self) -> None:
        taken = 0

        def endless() -> Iterator[bytes]:
            nonlocal taken
            while True:
                taken += 1
                yield b"x" * 1000

        with newest_lines(endless(), lines=5, max_line=10, max_bytes=10_000, directory=None) as found:
            self.assertEqual((list(found), found.truncated, found.size), (["x" * 10], True, 10_000))
        self.assertEqual(taken, 11)

    def test_memory_does_not_grow_with_the_log(self) -> None:
        chunk = b"x" * 79 + b"\n"
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        chunks = (chunk * 100 for _ in range(2000))
        with newest_lines(chunks, lines=50_000, max_line=LONG, max_bytes=LARGE * 10, directory=self.folder) as found:
            self.assertEqual(sum(1 for _ in found), 50_000)
            self.assertEqual(found.size, 16_000_000)
        self.assertLess(tracemalloc.get_traced_memory()[1], 1_000_000)
