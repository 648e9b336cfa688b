"""The page of one station, against emulated stations: each part's main job, from the click to the station's answer."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import requests
from playwright.sync_api import expect

from tests.axe import violations
from tests.e2e.station_page import COMMAND, DIALOG, TIMEOUT, StationPageCase, emulated
from tests.services import needs_chromium

PARTS = (
    *("", "sessions", "configuration", "profiles", "local-list", "reservations", "displays", "files"),
    *("certificates", "monitoring", "security", "commands"),
)


@needs_chromium
class StationPages(StationPageCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.enterClassContext(emulated(cls.server, cls.operator, 9, "--quirk", "over-long-texts"))
        cls.operator.post("id-tokens", {"value": "CARD1"})

    def test_a_session_is_started_watched_and_stopped(self) -> None:
        page = self.open("CP0001")
        card = page.locator('.connector[data-row="1/1"]')
        expect(card.locator('[data-do="stop"]')).to_have_attribute("aria-disabled", "true", timeout=TIMEOUT)
        self.does("start", card)
        page.fill(f'{COMMAND} [data-path="idTag"]', "CARD1")
        page.click(f'{COMMAND} [data-part="send"]')
        expect(page.locator(f'{COMMAND} [data-part="outcome"]')).to_contain_text("Accepted", timeout=TIMEOUT)
        page.click(f'{COMMAND} [data-part="close"]')
        expect(card).to_have_attribute("data-status", "Charging", timeout=30_000)
        expect(card).to_contain_text("CARD1")
        expect(card.locator('[data-figure="power"]')).to_contain_text("kW", timeout=TIMEOUT)
        expect(card.locator('[data-figure="energy"]')).to_contain_text("Wh")
        expect(card.locator("meter")).to_be_visible(timeout=TIMEOUT)
        expect(page.locator(".chart-panel .uplot").first).to_be_visible(timeout=30_000)
        labels = page.locator(".chart-panel .u-legend").all_inner_texts()
        for quantity in ("Power", "Meter", "Current", "Voltage", "State of charge"):
            self.assertTrue(any(quantity in label for label in labels), (quantity, labels))
        card.locator('[data-do="start"]').focus()  # it cannot be started twice, and says why
        page.keyboard.press("Enter")
        self.says("A session is running here already.")

        self.does("stop", card)
        expect(page.locator(DIALOG)).to_contain_text("CARD1")
        self.agree()
        self.says("Stop: done.")
        expect(card.locator('[data-do="stop"]')).to_have_attribute("aria-disabled", "true", timeout=30_000)

        page.locator('[data-part-link="sessions"]').click()
        row = page.locator(".part tbody tr").first
        expect(row).to_contain_text("Ended", timeout=TIMEOUT)
        expect(page.locator('[data-part="totals"]')).to_contain_text("1 session:")
        self.does("open", row)
        expect(page).to_have_url(re.compile(r"/sessions\?session=\d+$"))
        expect(page.locator('[data-part="session"] .uplot').first).to_be_visible(timeout=TIMEOUT)
        expect(page.locator('[data-part="session"]')).to_contain_text("Remote")
        page.go_back()
        expect(page.locator('[data-part="session"]')).to_be_hidden()

    def test_the_configuration_is_searched_and_changed(self) -> None:
        page = self.open("CP0002", "configuration")
        page.fill('[data-testid="setting-search"]', "heartbeat")
        setting = page.locator('[data-setting="HeartbeatInterval"]')
        expect(setting).to_be_visible(timeout=TIMEOUT)
        expect(page.locator('[data-part="count"]')).to_have_text("1 setting")
        expect(page.locator('[data-setting="NumberOfConnectors"]')).to_be_hidden()
        self.does("change", setting)
        setting.locator("input").fill("soon")
        self.does("save", setting)
        expect(setting.locator(".setting-word")).to_contain_text("whole number")
        setting.locator("input").fill("240")
        page.keyboard.press("Enter")
        expect(setting.locator(".setting-word")).to_have_text("Accepted", timeout=TIMEOUT)
        expect(setting.locator('[data-part="value"]')).to_have_text("240", timeout=TIMEOUT)
        page.fill('[data-testid="setting-search"]', "")
        only = page.locator('[data-setting="NumberOfConnectors"]')
        expect(only.locator(".chip")).to_have_text("read-only")
        expect(only.locator('[data-do="change"]')).to_have_count(0)
        flag = page.locator('[data-setting="LocalPreAuthorize"]')
        self.does("change", flag)
        self.assertEqual(flag.locator("select option").all_inner_texts(), ["true", "false"])
        page.keyboard.press("Escape")
        expect(flag.locator("select")).to_have_count(0)
        expect(flag.locator('[data-do="change"]')).to_be_focused()
        self.does("refresh")
        self.says("Read the configuration: done.")

    def test_a_limit_is_set_drawn_compared_and_cleared(self) -> None:
        page = self.open("CP0003", "profiles")
        expect(page.locator('[data-part="verdict"]')).to_contain_text("Nothing is limited", timeout=TIMEOUT)
        self.does("limit")
        self.fill_in(limit="10")
        self.says("Limit: done.")
        row = page.locator('tr[data-row="1"]')
        expect(row).to_contain_text("10 A", timeout=TIMEOUT)
        line = page.locator(".schedule-line.line-1")
        expect(line).to_have_attribute("d", re.compile("^M0 .*H1000$"), timeout=TIMEOUT)
        self.does("compare")
        expect(page.locator(".schedule-line.line-2")).to_have_count(1, timeout=TIMEOUT)
        expect(page.locator('[data-part="verdict"]').last).to_have_text("The station allows what its profiles say.")
        page.locator("summary", has_text="As a table").click()
        expect(page.locator("details[open] table").first).to_contain_text("10 A")
        self.does("clear", row)
        self.agree()
        self.says("Clear profiles: done.")
        expect(page.locator('[data-part="nothing"]')).to_contain_text("no charging profiles", timeout=TIMEOUT)

    def test_the_local_list_is_brought_up_to_date(self) -> None:
        page = self.open("CP0004", "local-list")
        expect(page.locator('tr[data-row="CARD1"]')).to_contain_text("add or change", timeout=TIMEOUT)
        self.does("send")
        self.says("Local list: done.")
        expect(page.locator('[data-part="up-to-date"]')).to_be_visible(timeout=TIMEOUT)
        expect(page.locator('tr[data-row="CARD1"]')).to_contain_text("Accepted")
        self.does("refresh")
        self.says("Version of the list: done.")
        expect(page.locator(".facts")).to_contain_text(["The station says"], timeout=TIMEOUT)

    def test_a_reservation_is_made_and_given_up(self) -> None:
        page = self.open("CP0005", "reservations")
        self.does("reserve")
        page.locator(f'{DIALOG} [name="id_token"]').fill("NOBODY")
        page.locator(f'{DIALOG} [data-do="submit"]').click()
        expect(page.locator(f"{DIALOG} [role=alert]")).to_contain_text("no such id token", timeout=TIMEOUT)
        self.fill_in(id_token="CARD1", evse="1")
        row = page.locator(".part tbody tr").first
        expect(row).to_contain_text("Active", timeout=TIMEOUT)
        self.does("cancel", row)
        expect(row).to_contain_text("Given up", timeout=TIMEOUT)
        page.locator(".toast button", has_text="Reserve again").click()
        expect(page.locator(f'{DIALOG} [name="id_token"]')).to_have_value("CARD1")
        self.agree()
        expect(page.locator(".part tbody tr").first).to_contain_text("Active", timeout=TIMEOUT)

    def test_firmware_is_installed_and_diagnostics_fetched(self) -> None:
        requests.post(
            f"{self.server.http}/api/v1/firmware/upload",
            files={"file": ("image.bin", b"new firmware")},
            data={"version": "9.9"},
            headers=self.operator.headers,
            timeout=30,
        ).raise_for_status()
        page = self.open("CP0006", "files")
        self.does("diagnostics")
        diagnostics = page.locator(".part tbody tr", has_text="Diagnostics")
        expect(diagnostics).to_contain_text("Done", timeout=60_000)
        with page.expect_download() as download:
            diagnostics.locator("a[download]").click()
        self.assertGreater(download.value.path().stat().st_size, 0)
        self.does("update")
        expect(page.locator(f'{DIALOG} [name="firmware"]')).to_contain_text("version 9.9")
        self.agree()
        update = page.locator(".part tbody tr", has_text="Firmware update")
        expect(update).to_contain_text("Done", timeout=60_000)
        expect(update).to_contain_text("Installed")

    def test_a_certificate_is_installed_and_deleted_and_a_request_signed(self) -> None:
        page = self.open("CP0007", "certificates")
        self.does("install")
        self.fill_in(use="CentralSystemRootCertificate")
        row = page.locator(".part section").first.locator("tbody tr")
        expect(row).to_contain_text("Installed", timeout=TIMEOUT)
        self.does("delete", row)
        self.agree()
        expect(row).to_contain_text("Deleted", timeout=TIMEOUT)
        self.operator.post(
            "stations/CP0007/commands",
            {"action": "ExtendedTriggerMessage", "payload": {"requestedMessage": "SignChargePointCertificate"}},
        )
        request = page.locator(".part section").last.locator("tbody tr").first
        expect(request).to_be_visible(timeout=30_000)
        if request.locator('[data-do="approve"]').count():
            self.does("approve", request)
            self.agree()
        expect(request).to_contain_text("Signed", timeout=TIMEOUT)

    def test_quirks_are_explained(self) -> None:
        page = self.open("CP0008", "security")
        row = page.locator('tr[data-row^="text_too_long/"]').first
        expect(row).to_contain_text("longer than allowed", timeout=TIMEOUT)
        expect(page.locator('[data-part="nothing"]')).to_contain_text("no security events")

    def test_each_part_can_be_used_by_everybody(self) -> None:
        for part in PARTS:
            for scheme, width, height in (("light", 1440, 900), ("dark", 390, 844)):
                with self.subTest(part=part, scheme=scheme):
                    self.page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
                    self.page.set_viewport_size({"width": width, "height": height})
                    page = self.open("CP0009", part)
                    expect(page.locator(".part [data-loading]")).to_have_count(0, timeout=TIMEOUT)
                    if part == "commands":
                        expect(page.locator('.part [data-part="action"] option')).not_to_have_count(0, timeout=TIMEOUT)
                    self.assertEqual(violations(page), [])
                    wide = page.evaluate("() => document.querySelector('#view').scrollWidth - innerWidth")
                    self.assertLessEqual(wide, 0, "nothing is cut at the side")

    def test_an_expiry_lies_in_the_viewer_s_time(self) -> None:
        page = self.open("CP0009", "reservations")
        self.does("reserve")
        until = page.locator(f'{DIALOG} [name="expires_at"]').input_value()
        # The browser of the test runs in the zone of this machine.
        ahead = datetime.fromisoformat(until).astimezone() - datetime.now(UTC)
        self.assertTrue(timedelta(minutes=55) < ahead < timedelta(minutes=65), until)
        page.keyboard.press("Escape")
        expect(page.locator(DIALOG)).to_have_count(0)
