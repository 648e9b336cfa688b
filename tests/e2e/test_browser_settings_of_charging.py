"""What charging costs and who may, in the settings: tariffs, contracts of vehicles, id tokens of OCPP 2.x."""

from __future__ import annotations

from typing import ClassVar

from playwright.sync_api import expect

from tests.e2e.settings import SettingsCase, act, expect_toast, fill, open_section, row, send
from tests.operator import Operator
from tests.stations.tariffs import energy, tariff

HOSTILE = "<img src=x onerror=alert(1)>"
PASSPHRASE = "a new and longer passphrase"
EMAID = "DE8AA1A2B3C4D5"


class Charging(SettingsCase):
    operator: ClassVar[Operator]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.operator = Operator(cls.server)

    def test_a_tariff_from_its_prices_to_whose_it_is(self) -> None:
        operator, page = self.operator, self.page()
        operator.post("groups", {"name": "Fleet"})
        open_section(page, self.server, "tariffs")
        page.click("text=Enter a tariff…")
        fill(page, tariff_id="DAY", currency="eur", price_kwh="0.4118", price_idle="0.1", tax="19", text=HOSTILE)
        send(page)
        expect_toast(page, "The tariff DAY is saved.")
        expect(row(page, "DAY")).to_contain_text("€0.4118 for a kWh")
        expect(row(page, "DAY")).to_contain_text(HOSTILE)
        (found,) = operator.get("tariffs")["results"]
        self.assertEqual(found["tariff"]["energy"]["taxRates"], [{"type": "VAT", "tax": 19}])

        page.click("text=Enter a tariff…")
        fill(page, tariff_id="DAY", fee="1")
        send(page)
        expect(page.locator("dialog[open] .form-error")).to_contain_text("There is a tariff of this tariffId.")
        page.keyboard.press("Escape")

        act(page, "DAY", "Change")
        fill(page, tariff="{nonsense")
        send(page)
        expect(page.locator('[data-field="tariff"] .field-error')).to_contain_text("This is not JSON")
        fill(page, tariff='{"tariffId": "DAY", "currency": "EUR", "fixedFee": {"prices": [{"priceFixed": 2}]}}')
        send(page)
        expect(row(page, "DAY")).to_contain_text("€2.00 for each session")

        act(page, "DAY", "Make it somebody’s")
        fill(page, station="NOWHERE")
        send(page)
        expect(page.locator('[data-field="station"] .field-error')).to_contain_text("There is no such station.")
        fill(page, station="", group="Fleet")
        send(page)
        whose = "DAY – Group Fleet"
        expect(row(page, whose)).to_be_visible()
        act(page, "DAY", "Delete")
        page.locator("dialog[open] .danger").click()
        expect_toast(page, "This tariff is somebody's")
        act(page, whose, "Take away")
        page.locator("dialog[open] .danger").click()
        expect(row(page, whose)).to_have_count(0)
        act(page, "DAY", "Delete")
        page.locator("dialog[open] .danger").click()
        expect(row(page, "DAY")).to_have_count(0)

    def test_a_contract_of_a_vehicle_until_it_is_cancelled(self) -> None:
        page = self.page()
        open_section(page, self.server, "contracts")
        page.click("text=Enter a contract…")
        fill(page, emaid="DE8", vehicle="WP0EXAMPLE0000001")
        send(page)
        expect(page.locator("dialog[open] .form-error")).to_contain_text("An eMAID has at least")
        fill(page, emaid=EMAID)
        send(page)
        expect(row(page, EMAID)).to_contain_text("Has not asked yet")
        act(page, EMAID, "Cancel the contract")
        page.locator("dialog[open] .danger").click()
        expect(row(page, EMAID)).to_contain_text("Cancelled")
        expect(row(page, EMAID).locator("button")).to_have_count(0)

    def test_what_later_versions_know_of_a_token(self) -> None:
        operator, page = self.operator, self.page()
        open_section(page, self.server, "id-tokens")
        page.click("text=Enter a token…")
        fill(page, value="04A2B3C4", language1="de", language2="en", evses="two", maxCost="20.5", maxSoC="101")
        fill(page, additional_info="PIN: 1234\nPlate: W: 12")
        send(page)
        expect(page.locator('[data-field="evses"] .field-error')).to_have_text("This is not a whole number.")
        fill(page, evses="1\n3")
        send(page)
        expect(page.locator('[data-field="maxSoC"] .field-error')).not_to_be_empty()
        fill(page, maxSoC="80", maxTime="3600")
        send(page)
        expect(row(page, "04A2B3C4")).to_be_visible()
        (found,) = operator.get("id-tokens")["results"]
        self.assertEqual((found["language1"], found["language2"], found["evses"]), ("de", "en", [1, 3]))
        self.assertEqual(found["limits"], {"maxCost": 20.5, "maxTime": 3600, "maxSoC": 80})
        additional = [{"additionalIdToken": "1234", "type": "PIN"}, {"additionalIdToken": "W: 12", "type": "Plate"}]
        self.assertEqual(found["additional_info"], additional)

        act(page, "04A2B3C4", "Change")
        expect(page.locator('dialog[open] [name="additional_info"]')).to_have_value("PIN: 1234\nPlate: W: 12")
        fill(page, evses="", additional_info="", maxCost="", maxTime="")
        send(page)
        expect(page.locator("dialog[open]")).to_have_count(0)
        (found,) = operator.get("id-tokens")["results"]
        self.assertEqual((found["evses"], found["additional_info"], found["limits"]), ([], [], {"maxSoC": 80}))

    def test_who_only_reads_is_offered_nothing(self) -> None:
        operator = self.operator
        operator.post("tariffs", {"tariff": tariff(**energy(0.3)) | {"tariffId": "NIGHT"}})
        operator.post("contracts", {"emaid": EMAID, "vehicle": "WP0EXAMPLE0000002"})
        page = self.page()
        open_section(page, self.server, "users")
        page.click("text=Add a user…")
        fill(page, username="grace", role="viewer", password=PASSPHRASE)
        send(page)
        expect_toast(page, "grace can log in now")
        page = self.page("grace", PASSPHRASE)
        for section, key in (("tariffs", "NIGHT"), ("contracts", EMAID)):
            part = open_section(page, self.server, section)
            expect(row(page, key).first).to_be_visible()
            expect(part.locator(".box-head button, .row-actions button")).to_have_count(0)
