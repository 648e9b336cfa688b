"""The Range header: what part of a file is meant."""

from __future__ import annotations

import unittest

from hypothesis import given
from hypothesis import strategies as st

from stations.files.ranges import requested


class RangeTests(unittest.TestCase):
    def test_parts_of_a_hundred_bytes(self) -> None:
        for header, wanted in {
            "bytes=0-9": range(10),
            "bytes=90-": range(90, 100),
            "bytes=-10": range(90, 100),
            "bytes=-1000": range(100),
            "bytes=95-1000": range(95, 100),
            " bytes=1-1 ": range(1, 2),
        }.items():
            with self.subTest(header):
                self.assertEqual(requested(header, 100), wanted)

    def test_parts_that_do_not_exist_are_empty(self) -> None:
        for header in ("bytes=100-", "bytes=200-300", "bytes=-0"):
            with self.subTest(header):
                self.assertEqual(len(requested(header, 100) or ()), 0)
                self.assertIsNotNone(requested(header, 100))

    def test_everything_else_means_the_whole_file(self) -> None:
        for header in ("", "bytes=-", "bytes=5-4", "bytes=0-1,5-6", "lines=1-2", "bytes=a-b", "bytes=0-9" + "9" * 30):
            with self.subTest(header):
                self.assertIsNone(requested(header, 100))

    @given(st.text(), st.integers(0, 10**6))
    def test_no_header_leads_outside_of_the_file(self, header: str, size: int) -> None:
        part = requested("bytes=" + header, size)
        if part:
            self.assertGreaterEqual(part.start, 0)
            self.assertLessEqual(part.stop, size)
