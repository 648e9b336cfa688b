"""Administrators and others in the settings: a section after the other, as people use them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

from playwright.sync_api import expect
from websocket import WebSocketBadStatusException

from tests.clients import Station
from tests.e2e.settings import (
    TIMEOUT,
    SettingsCase,
    act,
    expect_toast,
    fill,
    log_in,
    open_section,
    row,
    secret_of,
    send,
)
from tests.operator import Operator

NEW = "a new and longer passphrase"
HOSTILE = "<img src=x onerror=alert(1)>"


@contextmanager
def receiver(statuses: list[int]) -> Iterator[str]:
    """Takes webhooks and answers with these statuses, then with 200; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(statuses.pop(0) if statuses else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


class People(SettingsCase):
    def test_a_user_from_the_link_to_being_switched_off(self) -> None:
        page = self.page()
        open_section(page, self.server, "users")
        page.click("text=Add a user…")
        send(page)
        expect(page.locator('[data-field="username"] .field-error')).to_have_text("Please fill this in.")
        expect(page.locator('[name="username"]')).to_be_focused()
        fill(page, username="ada lovelace", role="operator", first_name=HOSTILE)
        send(page)
        expect(page.locator('[data-field="username"] .field-error')).to_contain_text("Enter a valid username")
        fill(page, username="ada")
        send(page)
        link = secret_of(page)
        expect(row(page, "ada")).to_contain_text("Has yet to set a password")
        expect(row(page, "ada")).to_contain_text(HOSTILE)

        other = self.page(None)
        other.goto(link)
        other.fill("[name=new_password1]", NEW)
        other.fill("[name=new_password2]", NEW)
        other.click("main button[type=submit]")
        log_in(other, self.server, "ada", NEW)

        act(page, "ada", "Switch off")
        toast = expect_toast(page, "ada is switched off")
        expect(row(page, "ada")).to_contain_text("Switched off")
        # The open page of the other one notices by itself, and leads to the login.
        expect(other).to_have_url(re.compile("/login/"), timeout=30_000)
        toast.get_by_text("Undo").click()
        expect(row(page, "ada")).to_contain_text("Active")

        page.fill(".filters-line .search", "nobody")
        expect(page.locator(".listing-part .note")).to_have_text("Nothing matches the search.")
        page.fill(".filters-line .search", "ad")
        expect(page.locator("tbody tr")).to_have_count(2)
        act(page, "ada", "Delete")
        page.locator("dialog[open] .danger").click()
        expect_toast(page, "ada is deleted")
        expect(row(page, "ada")).to_have_count(0)

    def test_my_password_and_my_tokens(self) -> None:
        operator = Operator(self.server)
        page = self.page()
        open_section(page, self.server, "users")
        page.click("text=Add a user…")
        fill(page, username="grace", role="operator", password=NEW)
        send(page)
        expect_toast(page, "grace can log in now")

        hers = self.page("grace", NEW)
        account = open_section(hers, self.server, "account")
        account.locator('[name="present"]').fill("wrong")
        account.locator('[name="password"]').fill(NEW + "!")
        account.locator('[data-part="password"] button').click()
        expect(account.locator('[data-field="present"] .field-error')).to_have_text(
            "This is not your present password."
        )
        account.locator('[name="present"]').fill(NEW)
        account.locator('[data-part="password"] button').click()
        expect_toast(hers, "The password is changed")
        expect(account.locator('[name="present"]')).to_have_value("")

        hers.click("text=Make a token…")
        expect(hers.locator('dialog[open] [name="role"] option')).to_have_text(["Viewer", "Operator"])
        fill(hers, name="dashboard", role="operator")
        send(hers)
        operator.headers = {"Authorization": f"Bearer {secret_of(hers)}"}
        self.assertEqual(operator.get("me")["username"], "grace")
        act(hers, "dashboard", "Revoke")
        hers.locator("dialog[open]").get_by_text("Cancel").click()
        expect(row(hers, "dashboard")).to_be_visible()
        act(hers, "dashboard", "Revoke")
        hers.locator("dialog[open] .danger").click()
        expect(row(hers, "dashboard")).to_have_count(0)

    def test_who_may_not_see_something_is_told_why(self) -> None:
        page = self.page()
        open_section(page, self.server, "users")
        page.click("text=Add a user…")
        fill(page, username="viewer", role="viewer", password=NEW)
        send(page)
        expect_toast(page, "viewer can log in now")
        hers = self.page("viewer", NEW)
        for name in ("users", "enrolment", "webhooks", "audit"):
            section = open_section(hers, self.server, name)
            expect(section.locator('[data-part="refused"]')).to_contain_text("This is for administrators")
        section = open_section(hers, self.server, "retention")
        expect(section).to_contain_text("Your role only reads")
        expect(section.locator("button")).to_have_count(0)
        section = open_section(hers, self.server, "id-tokens")
        expect(section.locator("button:visible")).to_have_count(0)
        expect(hers.locator('[data-nav="settings"] .badge-count')).to_have_count(0)


class Equipment(SettingsCase):
    def knock(self, identity: str, password: str | None = None) -> Station:
        return Station(self.server.ws, identity, password=password)

    def test_who_knocks_is_let_in_and_undone(self) -> None:
        page = self.page()
        section = open_section(page, self.server, "enrolment")
        expect(section).to_contain_text("Nobody knocks")
        for identity in ("CP-1", "CP-2"):
            with self.assertRaises(WebSocketBadStatusException):
                self.knock(identity).__enter__()
        badge = page.locator('[data-nav="settings"] .badge-count')
        expect(badge).to_have_text("2", timeout=TIMEOUT)
        expect(row(page, "CP-2")).to_be_visible(timeout=TIMEOUT)

        act(page, "CP-1", "Accept")
        password = secret_of(page)
        expect(badge).to_have_text("1")
        with self.knock("CP-1", password) as station:
            self.assertEqual(station.boot()["status"], "Accepted")

        expect_toast(page, "CP-1 is accepted").get_by_text("Undo").click()
        expect_toast(page, "CP-1 is not let in any more")
        with self.assertRaises(WebSocketBadStatusException):
            self.knock("CP-1", password).__enter__()
        expect(row(page, "CP-1")).to_be_visible(timeout=TIMEOUT)
        act(page, "CP-2", "Forget")
        expect(row(page, "CP-2")).to_have_count(0)

    def test_a_station_is_entered_by_hand(self) -> None:
        page = self.page()
        open_section(page, self.server, "enrolment")
        page.click("text=Enter a station…")
        fill(page, identity="CP-9", password="short")
        send(page)
        expect(page.locator('[data-field="password"] .field-error')).to_contain_text("at least 16")
        fill(page, password="0123456789abcdef")
        send(page)
        self.assertEqual(secret_of(page), "0123456789abcdef")

    def test_groups_and_tokens(self) -> None:
        page = self.page()
        open_section(page, self.server, "groups")
        page.click("text=Make a group…")
        fill(page, name="Fleet", description=HOSTILE)
        send(page)
        expect(row(page, "Fleet")).to_contain_text(HOSTILE)

        open_section(page, self.server, "id-tokens")
        page.click("text=Enter a token…")
        fill(page, value="04A2B3C4", holder="Ada", group="Fleet", max_sessions="2", stations="CP-NOWHERE")
        send(page)
        expect(page.locator('dialog[open] [data-field="stations"] .field-error')).not_to_be_empty()
        fill(page, stations="", in_local_list=True)
        send(page)
        expect(row(page, "04A2B3C4")).to_contain_text("Fleet")
        act(page, "04A2B3C4", "Block")
        toast = expect_toast(page, "04A2B3C4 is blocked")
        expect(row(page, "04A2B3C4")).to_contain_text("Blocked")
        toast.get_by_text("Undo").click()
        expect(row(page, "04A2B3C4")).to_contain_text("Accepted")
        found = Operator(self.server).get("id-tokens")["results"][0]
        self.assertEqual((found["group"], found["max_sessions"], found["in_local_list"]), ("Fleet", 2, True))
        act(page, "04A2B3C4", "Change")
        fill(page, max_sessions="", group="")
        send(page)
        expect(row(page, "04A2B3C4")).not_to_contain_text("Fleet")
        act(page, "04A2B3C4", "Delete")
        page.locator("dialog[open] .danger").click()
        expect(row(page, "04A2B3C4")).to_have_count(0)


class Server(SettingsCase):
    open_mode = "1"  # plain http to the receiver of the test

    def test_a_webhook_from_its_secret_to_a_delivery_that_is_made_again(self) -> None:
        with receiver([500]) as url:
            page = self.page()
            open_section(page, self.server, "webhooks")
            page.click("text=Add a webhook…")
            fill(page, url="nonsense")
            send(page)
            expect(page.locator('dialog[open] [data-field="url"] .field-error')).to_contain_text("has to be http")
            fill(page, url=url)
            page.locator('dialog[open] [value="*"]').uncheck()
            page.locator('dialog[open] [value="transaction.ended"]').check()
            send(page)
            self.assertRegex(secret_of(page), r"^whsec_")
            expect(row(page, url)).to_contain_text("1 kind")
            act(page, url, "Test")
            expect_toast(page, "A test event is on its way").get_by_text("Show deliveries").click()
            dialog = page.locator("dialog[open]")
            expect(dialog).to_contain_text("webhook.test")
            again = dialog.locator("button", has_text="Deliver again")
            again.click()
            expect_toast(page, "on its way once more")
            page.keyboard.press("Escape")
            act(page, url, "Deliveries")
            expect(dialog).to_contain_text("Delivered", timeout=TIMEOUT)
            page.keyboard.press("Escape")
            act(page, url, "Switch off")
            expect_toast(page, "switched off").get_by_text("Undo").click()
            expect_toast(page, "switched on")
            act(page, url, "Delete")
            page.locator("dialog[open] .danger").click()
            expect(row(page, url)).to_have_count(0)

    def test_retention_is_decided_paused_and_goes_on(self) -> None:
        page = self.page()
        section = open_section(page, self.server, "retention")
        days = row(page, "messages").locator('[data-part="days"]')
        expect(days).to_have_text("90 days")
        row(page, "messages").locator("button").click()
        fill(page, how="days", days="0.5")
        send(page)
        expect(page.locator('[data-field="days"] .field-error')).to_contain_text("whole number")
        fill(page, days="30")
        send(page)
        page.locator("dialog[open] .danger").click()
        expect(days).to_have_text("30 days")
        expect(row(page, "messages")).to_contain_text("decided here")
        row(page, "meter_hours").locator("button").click()
        fill(page, how="days", days="100")
        send(page)
        page.locator("dialog[open] .danger").click()
        expect(page.locator('[data-field="days"] .field-error')).to_contain_text("sum up meter_values")
        page.keyboard.press("Escape")
        section.get_by_text("Pause", exact=True).click()
        expect(section.locator(".run")).to_contain_text("Paused")
        section.get_by_text("Go on").click()
        expect(section.locator(".run")).to_contain_text("On")
        section.get_by_text("Run now").click()
        expect_toast(page, "A run begins within a minute")

        audit = open_section(page, self.server, "audit")
        expect(audit.locator("tbody tr").first).to_contain_text("runRetention")
        audit.locator('[name="action"]').fill("changeKeptDays")
        expect(audit.locator("tbody tr")).to_have_count(2)
        expect(audit).to_contain_text("Refused: bad_input")

    def test_visitors_of_an_open_server_are_told_to_log_in(self) -> None:
        page = self.page(None)
        section = open_section(page, self.server, "account")
        expect(section).to_contain_text("log in to see this")
        expect(open_section(page, self.server, "about")).to_contain_text("0.1.0")
