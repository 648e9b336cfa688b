"""What a crash leaves behind is removed; what is under way, or named by a row, is not."""

from __future__ import annotations

import asyncio
import os
import time
from unittest import mock

from django.test import override_settings

from stations import storage
from stations.files import tasks
from stations.services import files
from tests.core.support import until
from tests.stations.files.support import FilesCase, firmware, upload_job

HOUR = 3600.0


class RemainsTests(FilesCase):
    def half_file(self) -> storage.Draft:
        draft = storage.Draft(1000)
        self.addCleanup(draft.close)  # as the end of the process that was at it
        draft.write(b"half a file")
        return draft

    def whole_file(self, folder: str = storage.UPLOADS) -> storage.Kept:
        draft = self.half_file()
        return draft.keep(folder)

    def age(self) -> None:
        """Everything there is was written an hour ago."""
        for path in self.stored_files():
            os.utime(self.folder / path, (time.time() - HOUR,) * 2)

    def test_half_files_and_files_without_a_row_go(self) -> None:
        self.half_file()
        self.whole_file()
        self.whole_file(storage.FIRMWARE)
        named = self.whole_file()
        upload_job(self.station, path=named.path)
        image = firmware(b"image")
        self.age()
        self.assertEqual(len(storage.sweep(files.named_files, before=time.time() - 1)), 3)
        self.assertEqual(self.stored_files(), sorted((named.path, image.path)))

    def test_what_is_young_may_be_under_way(self) -> None:
        self.half_file()
        self.whole_file()
        self.assertEqual(storage.sweep(files.named_files, before=time.time() - 60), [])
        self.assertEqual(len(self.stored_files()), 2)

    def test_a_file_that_vanishes_during_the_sweep(self) -> None:
        self.whole_file()
        self.age()

        def named(paths: object) -> set[str]:
            for path in self.stored_files():
                (self.folder / path).unlink()
            return set()

        self.assertEqual(len(storage.sweep(named, before=time.time())), 1)

    def test_many_files_are_looked_up_in_parts(self) -> None:
        kept = [self.whole_file() for _ in range(5)]
        self.age()
        asked: list[int] = []

        def named(paths: object) -> set[str]:
            assert isinstance(paths, list)
            asked.append(len(paths))
            return {each.path for each in kept}

        with mock.patch.object(storage, "AT_ONCE", 2):
            self.assertEqual(storage.sweep(named, before=time.time()), [])
        self.assertEqual(asked, [2, 2, 1])

    def clear(self) -> None:
        """Run the task until its first sweep is over, because the second begins."""

        sweep_away = storage.sweep

        async def work() -> None:
            swept = mock.patch("stations.storage.sweep")
            with swept as sweep, mock.patch.object(tasks, "SWEEP_INTERVAL", 0.0):
                # Only the first: another one might still be at it when the folder is removed.
                sweep.side_effect = lambda *args, **kwargs: sweep_away(*args, **kwargs) if sweep.call_count == 1 else []
                running = asyncio.create_task(tasks.clear_remains(self.server.runtime))
                await until(lambda: sweep.call_count >= 2)
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)

        asyncio.run(work())

    def test_the_only_process_clears_up_at_its_start(self) -> None:
        self.half_file()
        self.age()
        with self.assertLogs("stations.files.tasks", "INFO"):
            self.clear()
        self.assertEqual(self.stored_files(), [])

    def test_one_of_several_processes_leaves_what_others_may_be_at(self) -> None:
        self.half_file()
        self.age()
        with override_settings(REDIS_URL="redis://x"):
            self.clear()
        self.assertEqual(len(self.stored_files()), 1)

    def test_discarding_is_possible_at_any_step(self) -> None:
        draft = self.half_file()
        draft.discard()
        draft.discard()
        self.assertEqual(self.stored_files(), [])
