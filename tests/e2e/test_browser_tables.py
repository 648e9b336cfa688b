"""The live tables as people use them: searched, narrowed down, arranged, paused, kept, exported; many rows at once."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
from pathlib import Path
from typing import ClassVar

from django.test import SimpleTestCase
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import chromium
from tests.clients import Station
from tests.operator import Operator
from tests.server import PASSWORD, ServerProcess
from tests.services import needs_chromium

STATIONS = 'section[data-topic="stations"]'
NUMBERS = ("power_w", "session_energy_wh", "sessions")


@needs_chromium
class Tables(SimpleTestCase):
    server: ClassVar[ServerProcess]
    browser: ClassVar[Browser]
    operator: ClassVar[Operator]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.server = cls.enterClassContext(ServerProcess())
        cls.browser = cls.enterClassContext(chromium())
        for number, vendor in enumerate(("Alpha", "Alpha", "Beta", "<b>Gamma</b>")):
            with Station(cls.server.ws, f"CP-{number}") as station:
                station.boot(vendor)
        with Station(cls.server.ws, "CP-4", version="2.0.1"):
            pass
        cls.operator = Operator(cls.server)

    def setUp(self) -> None:
        context = self.browser.new_context(viewport={"width": 1440, "height": 900})
        self.addCleanup(context.close)
        self.page = context.new_page()
        self.errors: list[str] = []
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.addCleanup(lambda: self.assertEqual(self.errors, []))

    def open(self, address: str = "/stations", *, log_in: bool = False) -> Page:
        if log_in:
            self.page.goto(f"{self.server.http}/login/")
            self.page.fill("input[name=username]", "admin")
            self.page.fill("input[name=password]", PASSWORD)
            self.page.click("main button[type=submit]")
            expect(self.page.locator("#connection")).to_have_text("Live")
        self.page.goto(f"{self.server.http}{address}")
        expect(self.page.locator("[data-key]").first).to_be_visible()
        return self.page

    @property
    def names(self) -> Locator:
        return self.page.locator(f'{STATIONS} [data-column="identity"]')

    def row(self, name: str) -> Locator:
        return self.page.locator("[data-key]", has=self.page.get_by_text(name, exact=True))

    def part(self, name: str) -> Locator:
        return self.page.locator(f'[data-part="{name}"]')

    # -- what is shown -----------------------------------------------------------------

    def test_the_quick_search_finds_texts_of_every_column_and_stands_in_the_address(self) -> None:
        page = self.open()
        page.keyboard.press("/")
        expect(self.part("search")).to_be_focused()
        page.keyboard.type("bETa")
        expect(self.names).to_have_text(["CP-2"])
        self.assertIn("q=search:bETa", page.url)
        page.reload()
        expect(self.part("search")).to_have_value("bETa")
        expect(self.names).to_have_text(["CP-2"])
        self.part("search").fill("")
        expect(self.names).to_have_count(5)
        self.part("search").fill("<b>gam")
        expect(self.names).to_have_text(["CP-3"])
        page.go_back()
        expect(self.names).to_have_count(5)

    def test_states_are_counted_live_and_narrow_the_table_down(self) -> None:
        page = self.open()
        online, offline = page.locator('[data-chip="online"]'), page.locator('[data-chip="offline"]')
        expect(offline).to_contain_text("5")
        with Station(self.server.ws, "CP-1") as station:
            station.boot("Alpha")
            expect(online).to_contain_text("1")
            online.click()
            expect(online).to_have_attribute("aria-pressed", "true")
            expect(self.names).to_have_text(["CP-1"])
            self.assertIn("filter:state:%3D:online", page.url)
        expect(self.names).to_have_count(0)
        offline.click()
        expect(online).to_have_attribute("aria-pressed", "false")
        expect(self.names).to_have_count(5)
        offline.click()
        self.assertNotIn("filter", page.url)

    def test_columns_are_chosen_and_moved_and_the_address_has_them(self) -> None:
        page = self.open()
        heads = page.locator(f"{STATIONS} [data-header]")
        self.part("columns").click()
        for name in (
            "state",
            "status",
            "connectors",
            "power_w",
            "last_hour",
            "session_energy_wh",
            "sessions",
            "quirks",
        ):
            page.locator(f'[data-name="{name}"]').uncheck()
        self.part("up-model").click()
        expect(self.part("up-model")).not_to_be_focused()  # it is the second now, and goes no further
        expected = ["Station", "Model", "Vendor", "Firmware", "Protocol", "Last seen"]
        expect(heads).to_have_text([re.compile(f"^{name}") for name in expected])
        self.assertIn("columns=identity%2Cmodel%2Cvendor", page.url)
        page.keyboard.press("Escape")
        page.reload()
        expect(heads).to_have_text([re.compile(f"^{name}") for name in expected])
        expect(self.row("CP-2").locator('[data-column="vendor"]')).to_have_text("Beta")
        self.part("columns").click()
        self.part("usual").click()
        expect(heads).to_have_count(13)
        self.assertNotIn("columns", page.url)

    def test_a_paused_table_stands_still_and_catches_up(self) -> None:
        page = self.open()
        self.part("pause").click()
        expect(self.part("pause")).to_have_text("Resume")
        with Station(self.server.ws, "CP-0") as station:
            station.boot("Renamed")
            expect(self.part("pause")).to_have_text("Resume: 1 change waiting")
            vendor = page.locator("[data-key]", has=page.get_by_text("CP-0", exact=True)).locator(
                '[data-column="vendor"]'
            )
            expect(vendor).to_have_text("Alpha")
            self.part("pause").click()
            expect(vendor).to_have_text("Renamed")
            expect(self.part("pause")).to_have_text("Pause")
            station.boot("Alpha")
            expect(vendor).to_have_text("Alpha")

    def test_what_was_pressed_is_opened_wherever_it_has_moved_meanwhile(self) -> None:
        page = self.open("/messages")
        first = page.locator("[data-key]").first
        key = first.get_attribute("data-key") or ""
        for released_elsewhere in (False, True):
            first = page.locator(f'[data-key="{key}"]')
            first.locator('[data-column="action"]').hover()
            page.mouse.down()
            with Station(self.server.ws, "CP-0") as station:
                station.call("Heartbeat", {})
                expect(page.locator("[data-key]").first).not_to_have_attribute("data-key", key)
            if released_elsewhere:
                page.mouse.move(700, 700)
            page.mouse.up()
            if released_elsewhere:
                expect(page).not_to_have_url(re.compile("message="))
            else:
                expect(page).to_have_url(re.compile(f"message={key}(&|$)"))
                page.keyboard.press("Escape")
                expect(page).not_to_have_url(re.compile("message="))

    def test_the_last_hour_is_a_line_in_the_row(self) -> None:
        with Station(self.server.ws, "CP-3") as station:
            station.boot("<b>Gamma</b>")
            sample = {"value": "7000", "measurand": "Power.Active.Import"}
            value = {"timestamp": "2026-06-21T12:00:00Z", "sampledValue": [sample]}
            station.call("MeterValues", {"connectorId": 1, "meterValue": [value]})
        self.open()
        cell = self.row("CP-3").locator('[data-column="last_hour"]')
        expect(cell).to_have_attribute("aria-label", "7.00 kW to 7.00 kW in the last hour")
        expect(cell.locator("path")).to_have_attribute("d", re.compile("^M"))

    def test_what_is_filtered_is_exported(self) -> None:
        page = self.open("/stations?q=filter:vendor:=:alpha&q=sort:identity:<:abc&columns=identity,last_hour,vendor")
        expect(self.names).to_have_text(["CP-1", "CP-0"])
        with page.expect_download() as download:
            self.part("export").click()
        self.assertRegex(download.value.suggested_filename, r"^stations-\d{4}-\d\d-\d\d\.csv$")
        text = Path(download.value.path()).read_text("utf-8-sig")
        found = list(csv.reader(io.StringIO(text)))
        self.assertEqual(found, [["Station", "Vendor"], ["CP-1", "Alpha"], ["CP-0", "Alpha"]])

    # -- saved views -------------------------------------------------------------------

    def check_views(self, page: Page) -> None:
        page.locator("[data-chip=offline]").click()
        expect(page.locator("[data-chip=offline]")).to_have_attribute("aria-pressed", "true")
        self.part("views").click()
        self.part("view-name").fill("Lost <i>ones</i>")
        page.keyboard.press("Enter")
        link = self.part("views-menu").get_by_role("link", name="Lost <i>ones</i>")
        expect(link).to_be_visible()
        page.goto(f"{self.server.http}/stations")
        self.part("views").click()
        link.click()
        expect(page).to_have_url(re.compile("filter:state:%3D:offline"))
        expect(self.part("views-menu")).not_to_be_visible()
        self.part("views").click()
        self.part("view-delete").click()
        expect(link).to_have_count(0)
        page.locator(".toast").get_by_role("button", name="Undo").click()
        if not self.part("views-menu").is_visible():
            self.part("views").click()
        expect(link).to_be_visible()
        self.part("view-delete").click()
        expect(link).to_have_count(0)

    def test_views_are_kept_by_the_server_for_whoever_is_logged_in(self) -> None:
        self.check_views(self.open(log_in=True))

    def test_views_are_kept_by_the_browser_of_a_visitor(self) -> None:
        self.check_views(self.open())

    # -- many rows ---------------------------------------------------------------------

    def select(self, *numbers: int) -> None:
        for number in numbers:
            self.row(f"CP-{number}").locator(".select").click()

    def test_visitors_select_nothing(self) -> None:
        page = self.open()
        expect(page.locator(".select")).to_have_count(0)
        self.names.first.click()
        expect(page).to_have_url(re.compile("/stations/CP-"))

    def test_rows_are_selected_by_pointer_and_keyboard(self) -> None:
        page = self.open("/stations?q=sort:identity:>", log_in=True)
        rows, bar = page.locator("[data-key]"), self.part("selection")
        expect(bar).not_to_be_visible()
        self.select(0)
        rows.nth(2).locator(".select").click(modifiers=["Shift"])
        expect(bar).to_contain_text("3 rows are selected")
        expect(rows.nth(1)).to_have_attribute("aria-selected", "true")
        expect(rows.nth(3)).to_have_attribute("aria-selected", "false")
        expect(self.part("select-all")).to_have_attribute("aria-checked", "mixed")
        self.part("select-matching").click()
        expect(bar).to_contain_text("5 rows are selected")
        expect(self.part("select-all")).to_have_attribute("aria-checked", "true")
        self.part("select-none").click()
        expect(bar).not_to_be_visible()
        grid = page.get_by_role("grid")
        grid.focus()
        for key in ("Home", "Space", "Shift+ArrowDown"):
            page.keyboard.press(key)
        expect(bar).to_contain_text("2 rows are selected")
        page.keyboard.press("Control+a")
        expect(bar).to_contain_text("5 rows are selected")
        # Rows that do not match any more are left alone.
        self.part("search").fill("beta")
        expect(bar).to_contain_text("1 row is selected")

    def test_many_stations_are_asked_and_refusals_are_told_in_words(self) -> None:
        page = self.open("/stations?q=sort:identity:>", log_in=True)
        self.select(0, 1, 4)
        self.part("bulk-ask").click()
        dialog = page.locator("#command")
        expect(dialog).to_contain_text("Ask 3 stations")
        dialog.locator('[data-part="action"]').select_option("GetConfiguration")
        dialog.locator('[data-part="send"]').click()
        expect(dialog).not_to_be_visible()
        expect(self.part("progress")).to_have_text("3 of 3 done. 1 failed.")
        failure = self.part("failures").get_by_role("listitem")
        expect(failure).to_contain_text("CP-4")
        expect(failure).to_contain_text("GetConfiguration")
        self.part("done").click()
        expect(self.part("progress")).to_have_count(0)
        found = self.operator.get("commands", action="GetConfiguration")["results"]
        self.assertLessEqual({"CP-0", "CP-1"}, {command["station"] for command in found})
        self.assertNotIn("CP-4", {command["station"] for command in found})

    def test_what_hurts_is_confirmed_with_the_number_of_stations(self) -> None:
        page = self.open("/stations?q=sort:identity:>", log_in=True)
        self.select(0, 1)
        self.part("bulk-ask").click()
        dialog = page.locator("#command")
        dialog.locator('[data-part="action"]').select_option("ClearCache")
        dialog.locator('[data-part="send"]').click()
        expect(dialog.locator('[data-part="note"]')).to_have_text(
            "ClearCache at 2 stations: this cannot be taken back."
        )
        dialog.locator('[data-part="close"]').click()
        self.assertEqual(self.operator.get("commands", action="ClearCache")["results"], [])

    def test_a_bulk_command_that_cannot_be_sent_says_so_for_each_station(self) -> None:
        page = self.open("/stations?q=sort:identity:>", log_in=True)
        self.select(0, 1)
        self.part("bulk-ask").click()
        dialog = page.locator("#command")
        dialog.locator('[data-part="action"]').select_option("GetLocalListVersion")
        expect(dialog.locator('[data-part="send"]')).to_be_enabled()
        page.context.set_offline(True)
        dialog.locator('[data-part="send"]').click()
        expect(self.part("progress")).to_have_text("2 of 2 done. 2 failed.")
        expect(self.part("failures").get_by_role("listitem")).to_have_count(2)
        page.context.set_offline(False)
        self.errors.clear()  # the browser writes a line for each request that found no network

    def test_many_alerts_are_cleared(self) -> None:
        with sqlite3.connect(self.server.database, timeout=20) as database:
            (station,) = database.execute("SELECT id FROM stations_station WHERE identity = 'CP-0'").fetchone()
            for code in (1, 2, 3):
                row = (station, 0, code, "emergency stop pressed", "", "<b>pressed</b>", "", "2026-06-21 12:00:00")
                columns = "station_id, outlet, code, meaning, source, message, session, raised_at"
                database.execute(f"INSERT INTO bridge_alert ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        page = self.open("/alerts", log_in=True)
        rows = page.locator("[data-key]")
        rows.nth(0).locator(".select").click()
        rows.nth(2).locator(".select").click()
        self.part("bulk-clear").click()
        page.get_by_role("button", name="Clear", exact=True).click()
        expect(self.part("progress")).to_have_text("2 of 2 done.")
        self.part("done").click()
        expect(page.locator('[data-column="state"][data-state="cleared"]')).to_have_count(2)
        expect(page.locator('[data-chip="standing"]')).to_contain_text("1")

    # -- on a telephone ----------------------------------------------------------------

    def test_a_telephone_has_room_for_all_of_it(self) -> None:
        page = self.open(log_in=True)
        page.set_viewport_size({"width": 390, "height": 844})
        expect(self.part("query")).not_to_be_visible()
        self.part("filters-toggle").click()
        expect(self.part("query")).to_be_visible()
        self.part("columns").click()
        expect(self.part("columns-menu")).to_be_in_viewport(ratio=0.99)
        self.assertEqual(page.evaluate("document.documentElement.scrollWidth"), 390)
