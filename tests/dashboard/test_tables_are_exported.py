"""CSV files of what a live table shows: filtered, sorted, in chosen columns, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import User
from django.test import TestCase, override_settings

from devices.models import SolMate
from smartserver.core import clock
from smartserver.dashboard import exports
from stations.models import Station
from tests.stations.support import NOON

HOSTILE = ("=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", '"quoted", with comma', "two\r\nlines", "<b>", "plain")


async def parts_of(answer: Any) -> list[bytes]:
    return [part async for part in answer]


@override_settings(OPEN=True)
class Exports(TestCase):
    async def export(self, topic: str = "stations", **query: str | list[str]) -> list[list[str]]:
        answer = await self.async_client.get(f"/export/{topic}.csv", query)
        self.assertEqual(answer.status_code, 200)
        text = b"".join(await parts_of(answer)).decode()
        self.assertTrue(text.startswith("\ufeff") and text.endswith("\r\n"))
        return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))

    async def test_every_column_has_its_name_and_unit(self) -> None:
        moment = datetime(2026, 6, 21, 12, 0, 0, 123_000, UTC)
        await Station.objects.acreate(identity="CP1", power_w=7000.0, sessions=2, last_seen_at=moment, state="online")
        head, row = await self.export()
        found = dict(zip(head, row, strict=True))
        shown = {"Station": "CP1", "Power (W)": "7000", "Sessions": "2", "State": "online"}
        shown |= {"Last seen": "2026-06-21T12:00:00.123Z", "Session energy (Wh)": ""}
        self.assertEqual(found, found | shown)

    async def test_it_is_what_is_filtered_and_searched_in_order_and_columns(self) -> None:
        for number in range(12):
            await Station.objects.acreate(identity=f"CP{number}", power_w=float(number), vendor="Ä" * (number % 2))
        query = ["filter:power_w:>:3", "sort:power_w:<", "search:ä"]
        rows = await self.export(q=query, columns="power_w,identity,power_w")
        self.assertEqual(rows[0], ["Power (W)", "Station"])
        self.assertEqual(rows[1:], [[str(n), f"CP{n}"] for n in (11, 9, 7, 5)])

    async def test_a_spreadsheet_calculates_nothing_and_numbers_stay_numbers(self) -> None:
        for number, text in enumerate(HOSTILE):
            await Station.objects.acreate(identity=f"CP{number}", vendor=text, power_w=-5.5)
        _, *rows = await self.export(columns="vendor,power_w", q="sort:identity:>")
        self.assertEqual([vendor for vendor, _ in rows], [f"'{text}" for text in HOSTILE[:6]] + list(HOSTILE[6:]))
        self.assertEqual({power for _, power in rows}, {"-5.5"})

    async def test_a_large_table_comes_in_parts(self) -> None:
        number = 2 * exports.ROWS_AT_ONCE + 1
        devices = [SolMate(serial_number=f"{n:05}", manufacturing_date=NOON) for n in range(number)]
        await SolMate.objects.abulk_create(devices)
        answer = await self.async_client.get("/export/devices.csv")
        parts = await parts_of(answer)
        self.assertEqual([part.count(b"\r\n") for part in parts], [1, exports.ROWS_AT_ONCE, exports.ROWS_AT_ONCE, 1])

    async def test_an_empty_table_is_its_head(self) -> None:
        for topic in ("stations", "devices", "sessions", "chargers", "commands", "alerts"):
            self.assertEqual(len(await self.export(topic)), 1, topic)

    async def test_the_file_has_a_name_and_is_kept_by_nobody(self) -> None:
        with clock.frozen(NOON):
            answer = await self.async_client.get("/export/stations.csv")
        self.assertEqual(answer["Content-Disposition"], 'attachment; filename="stations-2026-06-21.csv"')
        self.assertTrue(answer["Content-Type"].startswith("text/csv"))
        self.assertIn("no-store", answer["Cache-Control"])

    async def test_what_is_not_understood_is_refused(self) -> None:
        for query in ({"q": "filter:password_hash:^:a"}, {"q": ["sort:identity:<"] * 21}, {"columns": "password_hash"}):
            answer = await self.async_client.get("/export/stations.csv", query)
            self.assertEqual((answer.status_code, answer.json()["code"]), (400, "bad_query"), query)
        self.assertEqual((await self.async_client.get("/export/users.csv")).status_code, 404)
        self.assertEqual((await self.async_client.post("/export/stations.csv")).status_code, 405)


@override_settings(OPEN=False)
class Strangers(TestCase):
    async def test_only_who_is_logged_in_gets_one(self) -> None:
        for address in ("/export/stations.csv", "/export/users.csv", "/sparklines/stations?keys=1"):
            answer = await self.async_client.get(address)
            self.assertEqual((answer.status_code, answer["Location"].split("?")[0]), (302, "/login/"))
        await self.async_client.aforce_login(await User.objects.acreate_user("viewer"))
        answer = await self.async_client.get("/export/stations.csv")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(len(await parts_of(answer)), 1)
