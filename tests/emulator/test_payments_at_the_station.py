"""Bank cards at the terminal of an emulated 2.1 station, and codes of payment pages on its display (C18 to C25)."""

from __future__ import annotations

from unittest import TestCase

from stations.emulator.point.bank import BankCard, Provider
from stations.emulator.point.driver import Habits
from stations.emulator.point.terminal import Terminal
from stations.emulator.point.variables import Path
from stations.emulator.point.vehicle import Vehicle
from stations.ocpp.frames import Payload
from stations.ocpp.tariffs.tariff import read_tariff
from stations.ocpp.web_payments import Recipe, read
from tests.emulator.fakes import HOUR, Drive, model
from tests.emulator.scripted import Registry, Scripted
from tests.stations.tariffs import energy, tariff

ONE = tariff(**energy(1))
KEPT = Habits(first_arrival=(0.0, 60.0), idle_mean=120.0, patience_mean=1200.0, grid_alarms_per_hour=0.0)


class Server(Registry):
    """Adds what a test wants to its answers, by action or by the type of an event."""

    def __init__(self) -> None:
        super().__init__()
        self.more: dict[str, Payload] = {}

    def to(self, action: str, payload: Payload) -> Payload:
        more = self.more.get(payload.get("eventType", action), {})
        return super().to(action, payload) | more


class PaymentCase(TestCase):
    def setUp(self) -> None:
        self.server = Server()
        self.drive = Scripted(self, "2.1", registry=self.server, payments=True)
        self.card = BankCard("4111111111111234", funds=100.0)

    @property
    def terminal(self) -> Terminal:
        return self.drive.station.terminal

    def put(self, component: str = "PaymentCtrlr", **variables: str) -> None:
        for name, value in variables.items():
            self.drive.station.variables.put(Path(component, name), value, self.drive.now)

    def tap(self, card: BankCard | None = None) -> None:
        self.terminal.tap(card or self.card, 1, self.drive.now)
        self.settle()

    def settle(self, seconds: float = 0.0) -> None:
        """Let time pass, and the station look at what it has heard."""
        self.drive.run(seconds)
        self.drive.station.step(self.drive.now)
        self.drive.run(0)

    def plug_in(self) -> None:
        self.drive.station.outlet(1).plug_in(self.drive.now, Vehicle.usual())
        self.drive.run(0)

    def told(self) -> list[tuple[str, float]]:
        return [(each["status"], each["settlementAmount"]) for each in self.drive.of("NotifySettlement")]

    def events(self) -> list[str]:
        return [each["triggerReason"] for each in self.drive.of("TransactionEvent")]


class Cards(PaymentCase):
    def test_a_card_without_funds_starts_nothing(self) -> None:
        self.card.funds = 10.0
        self.plug_in()
        self.tap()
        self.assertEqual((self.events(), self.drive.of("Authorize")), (["CablePluggedIn"], []))

    def test_a_terminal_that_is_cut_off_starts_nothing(self) -> None:
        self.terminal.provider.reachable = False
        self.tap()
        self.assertEqual(self.drive.of("Authorize"), [])
        text = self.drive.station.variables.text
        self.assertEqual((text("PaymentCtrlr", "Connected"), text("PaymentCtrlr", "Problem")), ("false", "true"))

    def test_a_session_of_somebody_else_is_not_paid_for(self) -> None:
        self.plug_in()
        self.tap()
        other = BankCard("5111111111111111", funds=100.0)
        self.tap(other)
        self.assertEqual((other.funds, len(self.drive.of("Authorize"))), (100.0, 1))

    def test_a_terminal_that_is_switched_off_takes_no_card(self) -> None:
        self.put(Enabled="false")
        self.tap()
        self.assertEqual(self.card.funds, 100.0)

    def test_nobody_pays_where_somebody_pays_on_a_web_page(self) -> None:
        self.drive.ask("NotifyWebPaymentStarted", evseId=1, timeout=60)
        self.tap()
        self.drive.station.outlet(1).present("CARD", self.drive.now)
        self.drive.run(0)
        self.assertEqual((self.card.funds, self.drive.of("Authorize")), (100.0, []))
        self.drive.ask("NotifyWebPaymentStarted", evseId=1, timeout=0)
        self.tap()
        self.assertEqual(self.card.funds, 50.0)

    def test_details_are_those_that_are_wanted(self) -> None:
        self.put(PaymentDetails="CardLast4Digits")
        self.tap()
        self.put(PaymentDetails="")
        self.tap(BankCard("5"))
        asked = self.drive.of("Authorize")[0]["idToken"]
        self.assertEqual(asked["additionalInfo"], [{"additionalIdToken": "1234", "type": "CardLast4Digits"}])

    def test_no_detail_is_wanted(self) -> None:
        self.put(PaymentDetails="")
        self.tap()
        self.assertNotIn("additionalInfo", self.drive.of("Authorize")[0]["idToken"])

    def test_a_payment_is_not_cached(self) -> None:
        self.tap()
        token = self.drive.of("Authorize")[0]["idToken"]["idToken"]
        self.assertEqual(self.drive.station.access.about(f"DirectPayment:{token}"), [])

    def test_who_is_refused_has_the_money_back(self) -> None:
        self.server.token_status = lambda action: "Blocked"
        self.tap()
        self.assertEqual((self.card.funds, self.told()), (100.0, []))

    def test_offline_nobody_can_be_asked(self) -> None:
        self.drive.station.settings.put("AllowOfflineTxForUnknownId", "false")
        self.drive.station.disconnected(self.drive.now)
        self.tap()
        self.assertEqual(self.card.funds, 100.0)


class Ends(PaymentCase):
    def pay(self) -> None:
        self.plug_in()
        self.tap()
        self.settle(HOUR / 4)

    def test_the_server_counts(self) -> None:
        self.pay()
        self.server.more["Ended"] = {"totalCost": 4.2}
        self.tap()
        self.assertEqual((self.told(), self.card.funds), ([("Settled", 4.2)], 100.0 - 4.2))

    def test_no_more_is_taken_than_is_held(self) -> None:
        self.pay()
        self.server.more["Ended"] = {"totalCost": 70.0}
        self.tap()
        self.assertEqual((self.told(), self.card.funds), ([("Settled", 50.0)], 50.0))

    def test_nobody_knows_what_it_costs(self) -> None:
        self.pay()
        self.tap()
        self.assertEqual((self.told(), self.card.funds), ([("Canceled", 0.0)], 100.0))

    def test_a_pulled_cable_ends_it_too(self) -> None:
        self.drive.ask("SetDefaultTariff", evseId=0, tariff=ONE)
        self.pay()
        self.drive.station.outlet(1).unplug(self.drive.now)
        self.settle()
        ((status, amount),) = self.told()
        self.assertEqual(status, "Settled")
        self.assertGreater(amount, 0.5)

    def test_an_end_that_nobody_hears_is_settled_later(self) -> None:
        self.pay()
        self.drive.station.disconnected(self.drive.now)
        self.tap()
        self.assertEqual(self.told(), [])
        self.server.more["Ended"] = {"totalCost": 4.2}
        self.drive.connect().run(0)
        self.settle()
        self.assertEqual(self.told(), [("Settled", 4.2)])

    def test_a_cost_that_is_told_meanwhile_raises_the_amount(self) -> None:
        self.put(IncrementalAuthorizationAmount="30")
        self.plug_in()
        self.tap()
        reference = self.drive.of("TransactionEvent")[-1]["transactionInfo"]["transactionId"]
        self.drive.ask("CostUpdated", transactionId=reference, totalCost=46.0)
        self.settle(120)
        self.assertEqual(self.card.funds, 20.0)
        self.drive.ask("CostUpdated", transactionId=reference, totalCost=90.0)
        self.server.more["Ended"] = {"totalCost": 80.0}
        self.settle(120)
        self.assertEqual(self.events()[-1], "CostLimitReached", "the card holds no more")
        self.assertEqual(self.told(), [("Settled", 80.0)])

    def test_a_cost_that_cannot_be_counted_ends_nothing(self) -> None:
        self.drive.ask("SetDefaultTariff", evseId=0, tariff=ONE)
        self.plug_in()
        self.tap()
        charge = self.drive.station.outlet(1).charge
        assert charge is not None
        (agreed,) = charge.agreed
        charge.agreed.append(agreed._replace(tariff=read_tariff(ONE | {"currency": "CHF"})))
        self.settle(120)
        self.assertTrue(charge.running)

    def test_a_company_without_an_address(self) -> None:
        self.drive.ask("SetDefaultTariff", evseId=0, tariff=ONE)
        self.pay()
        self.server.more["VatNumberValidation"] = {"vatNumber": "DE1", "status": "Accepted"}
        for evse in (1, 2):
            self.drive.station.payments.type_vat_number(f"DE{evse}", evse, self.drive.now)
        self.drive.run(0)
        self.tap()
        (told,) = self.drive.of("NotifySettlement")
        self.assertEqual(told["vatNumber"], "DE1")
        self.assertNotIn("vatCompany", told)


class WebPages(PaymentCase):
    TEMPLATE = "https://pay.example/{chargingstationid}/{evse}/{totp}/{version}"

    def code(self) -> str:
        return self.drive.station.payments.code(2, self.drive.now)

    def test_a_code_is_shown_when_all_is_known(self) -> None:
        self.assertEqual(self.code(), "")
        self.put("WebPaymentsCtrlr", Enabled="true")
        self.assertEqual(self.code(), "")
        self.put("WebPaymentsCtrlr", URLTemplate=self.TEMPLATE)
        self.assertEqual(self.code(), "")
        self.put("WebPaymentsCtrlr", SharedSecret="12345678")
        found = read(self.TEMPLATE, self.code())
        self.assertEqual((found.station, found.evse, found.version, found.limits), ("CP1", 2, "v1", {}))
        recipe = Recipe("12345678", 30, 8)
        self.assertTrue(recipe.proves(found.password, self.drive.station.clock(self.drive.now)))

    def test_values_are_checked(self) -> None:
        for name, value in (("ValidityTime", "5"), ("Length", "5"), ("SharedSecret", "short"), ("TOTPVersion", "v2")):
            self.assertEqual(self.set(name, value), "Rejected", name)
        self.assertEqual(self.set("SharedSecret", "12345678"), "Accepted")
        data = {"component": {"name": "WebPaymentsCtrlr"}, "variable": {"name": "SharedSecret"}}
        (got,) = self.drive.ask("GetVariables", getVariableData=[data])["getVariableResult"]
        self.assertEqual(got["attributeStatus"], "Rejected", "nobody reads it")

    def set(self, name: str, value: str) -> str:
        data = {"component": {"name": "WebPaymentsCtrlr"}, "variable": {"name": name}, "attributeValue": value}
        (result,) = self.drive.ask("SetVariables", setVariableData=[data])["setVariableResult"]
        return str(result["attributeStatus"])

    def test_details_of_remote_starts_are_remembered_for_a_while(self) -> None:
        details = [{"additionalIdToken": "1234", "type": "CardLast4Digits"}]
        payments = self.drive.station.payments
        for number in range(40):
            payments.remember({"idToken": f"T{number}", "type": "DirectPayment", "additionalInfo": details})
        for number, known in ((1, False), (39, True)):
            self.drive.station.outlet(1).present(f"DirectPayment:T{number}", self.drive.now)
            self.drive.run(0)
            self.assertEqual("additionalInfo" in self.drive.of("Authorize")[-1]["idToken"], known)
            self.drive.station.outlet(1).present(f"DirectPayment:T{number}", self.drive.now)


class Habitual(TestCase):
    def test_some_drivers_pay_with_a_card(self) -> None:
        answers = Server()
        answers.more["Ended"] = {"totalCost": 3.0}
        drive = Drive(model("2.1", habits=KEPT, payments=True), answers).connect().run(24 * HOUR)
        self.assertEqual(drive.problems, [])
        kinds = {each["idToken"]["type"] for each in drive.of("Authorize")}
        self.assertEqual(kinds, {"DirectPayment", "ISO14443"})
        self.assertIn("Settled", {each["status"] for each in drive.of("NotifySettlement")})
        drive.run(12 * HOUR)
        self.assertGreater(drive.times("Authorize")[-1], 24 * HOUR, "it goes on")

    def test_older_versions_have_no_terminal(self) -> None:
        for version in ("1.6", "2.0.1"):
            drive = Drive(model(version, habits=KEPT, payments=True)).connect().run(6 * HOUR)
            self.assertEqual(drive.problems, [])
            self.assertNotIn("DirectPayment", str(drive.of("Authorize")))


class Banks(TestCase):
    def test_what_is_not_captured_is_the_card_s_again(self) -> None:
        provider = Provider(lambda: "R")
        card = BankCard("4", funds=10.0)
        self.assertEqual(provider.authorize(card, 8.0), "R")
        self.assertEqual((card.funds, provider.held("R")), (2.0, 8.0))
        self.assertFalse(provider.increase("R", 3.0))
        self.assertEqual(provider.capture("R", 5.0).status, "Settled")
        self.assertEqual((card.funds, provider.held("R"), provider.captured), (5.0, 0.0, {"R": 5.0}))
