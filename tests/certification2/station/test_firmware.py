"""Updates of the emulator's firmware (block L)."""

from __future__ import annotations

from datetime import datetime, timedelta

from smartserver.core import clock
from stations.models import FileJob, IdToken
from stations.ocpp.frames import Payload
from stations.services.files import start_firmware_update, store_firmware
from tests.certification.certificates import Issued
from tests.certification.station.support import ChargePoint
from tests.certification.support import OPERATOR
from tests.certification2.station.support import BOOTED, CHARGED
from tests.certification2.station.test_security import STARTED, SecureCase
from tests.waiting import eventually

ANOTHER = "04AABBCCDDEEFF"
IMAGE = b"firmware " * 1000

CHECKED = ("Downloading", "Downloaded", "SignatureVerified")
REBOOTING = ("Installing", "InstallRebooting")
FETCHED = (*CHECKED, *REBOOTING)


class FirmwareCase(SecureCase):
    def update(self, signed: bytes = IMAGE, **when: datetime) -> FileJob:
        """A firmware whose signature is that of `signed`."""
        signer = Issued("Firmware signer", Issued("Manufacturer"))
        file = store_firmware(
            name="wallbox-9.8.7.bin",
            chunks=[IMAGE],
            version="9.8.7",
            signature=signer.sign(signed),
            signing_certificate=signer.pem,
            by=OPERATOR,
        )
        return self.order(start_firmware_update, firmware_id=file.pk, signed=True, retries=0, **when)

    def assert_updated(self, *before: str) -> None:
        """It fetches, installs, and boots with the new one."""
        self.assert_story(*self.told(*before, *FETCHED), *self.running_anew())

    def running_anew(self) -> tuple[str, ...]:
        """What it says when it has booted with the new firmware."""
        boot = ("BootNotification FirmwareUpdate", *BOOTED[1:], STARTED)
        return (*boot, *self.told("Installed"), "SecurityEventNotification FirmwareUpdated")

    def told(self, *statuses: str) -> tuple[str, ...]:
        return tuple(f"FirmwareStatusNotification {status}" for status in statuses)

    def assert_state(self, job: FileJob, state: FileJob.State) -> None:
        eventually(lambda: FileJob.objects.get(pk=job.pk).state == state)

    def request(self, location: str, **more: str) -> Payload:
        firmware = {"location": location, "retrieveDateTime": "2020-01-01T00:00:00Z"}
        return {"requestId": 9, "retries": 0, "firmware": firmware | more}


class Updates(FirmwareCase):
    def test_tc_l_01_installed(self) -> None:
        with self.secure():
            job = self.update()
            self.assert_updated()
            job.refresh_from_db()
            self.assertEqual((job.state, self.row()["firmware_version"]), (FileJob.State.DONE, "9.8.7"))

    def test_tc_l_06_wrong_signature(self) -> None:
        with self.secure():
            job = self.update(b"something else")
            self.assert_story(
                *self.told("Downloading", "Downloaded", "InvalidSignature"),
                "SecurityEventNotification InvalidFirmwareSignature",
            )
            job.refresh_from_db()
            self.assertEqual((job.state, job.status), (FileJob.State.FAILED, "InvalidSignature"))

    def test_tc_l_03_fetched_later(self) -> None:
        with self.secure():
            job = self.update(retrieve_at=clock.now() + timedelta(seconds=0.5))
            self.assert_updated("DownloadScheduled")
            job.refresh_from_db()
            self.assertEqual(job.state, FileJob.State.DONE)

    def test_tc_l_10_another_takes_its_place(self) -> None:
        with self.secure():
            first = self.update(retrieve_at=clock.now() + timedelta(hours=1))
            self.assert_story(*self.told("DownloadScheduled"))
            self.update(retrieve_at=clock.now() + timedelta(hours=2))
            self.assert_answered(self.newest("UpdateFirmware"), "AcceptedCanceled")
            first.refresh_from_db()
            self.assertEqual(first.state, FileJob.State.CANCELLED)

    def test_tc_l_05_invalid_certificate(self) -> None:
        with self.secure():
            wrong = {"signingCertificate": "this is no certificate", "signature": "AAAA"}
            self.ask("UpdateFirmware", self.request(f"{self.server.http}/nothing.bin", **wrong), "InvalidCertificate")

    def test_tc_l_07_not_fetched(self) -> None:
        with self.secure():
            self.ask("UpdateFirmware", self.request(f"{self.server.http}/nothing.bin"))
            self.assert_story(*self.told("Downloading", "DownloadFailed"))

    def test_tc_l_02_installed_later(self) -> None:
        with self.secure():
            job = self.update(install_at=clock.now() + timedelta(seconds=0.5))
            self.assert_story(*self.told(*CHECKED, "InstallScheduled", *REBOOTING), *self.running_anew())
            self.assert_state(job, FileJob.State.DONE)

    def test_tc_l_08_not_verified(self) -> None:
        with self.secure() as point:
            point.do(lambda model, now: setattr(model.firmware, "flash", lambda content: content[:-1]))
            before = point.model.plate.firmware
            job = self.update()
            self.assert_story(*self.told(*CHECKED, "Installing", "InstallVerificationFailed"))
            self.assert_state(job, FileJob.State.FAILED)
            self.assertEqual(point.model.plate.firmware, before)

    def test_tc_l_11_not_given_up_any_more(self) -> None:
        with self.secure() as point:
            first = self.update()
            eventually(lambda: point.model.firmware.status == "Installing")
            second = self.update()
            self.assert_answered(self.newest("UpdateFirmware"), "Rejected")
            self.assert_updated()
            self.assert_state(first, FileJob.State.DONE)
            self.assert_state(second, FileJob.State.FAILED)

    def test_tc_l_18_neither_certificate_nor_signature(self) -> None:
        with self.secure() as point:
            point.do(lambda model, now: setattr(model.firmware, "signed_only", True))
            self.ask("UpdateFirmware", self.request(f"{self.server.http}/nothing.bin"), "Rejected")
            self.assert_story()
            self.assertEqual(point.model.firmware.status, "Idle")


class WhileCharging(FirmwareCase):
    """Somebody charges at the first EVSE when the update is asked for, and the second one is free."""

    def charging(self, point: ChargePoint, able: str, *, others: bool) -> None:
        """`able`: what of an update the station can do meanwhile; `others`: whether others may come."""
        point.do(lambda model, now: setattr(model.firmware.pending, "while_charging", able))
        self.set_variable("ChargingStation", "AllowNewSessionsPendingFirmwareUpdate", str(others).lower())
        self.charge(point)

    def assert_others_may_begin(self, able: str, *waiting: str) -> None:
        IdToken.objects.create(value=ANOTHER)
        with self.secure() as point:
            self.charging(point, able, others=True)
            job = self.update()
            self.assert_story(*self.told(*waiting))
            point.plug_in(2)
            point.present(ANOTHER, 2)
            self.assert_story("2 Occupied", *CHARGED[1:])
            point.unplug(1)
            self.assert_story("Ended EVCommunicationLost EVDisconnected", "1 Available")
            self.assert_state(job, FileJob.State.RUNNING)
            point.unplug(2)
            self.assert_story("Ended EVCommunicationLost EVDisconnected", "2 Available", *self.rest(*waiting))
            self.assert_state(job, FileJob.State.DONE)

    def assert_no_other_begins(self, able: str, *waiting: str) -> None:
        with self.secure() as point:
            self.charging(point, able, others=False)
            job = self.update()
            self.assert_story(*self.told(*waiting[:-1]), "2 Unavailable", *self.told(waiting[-1]))
            self.start_remotely("Rejected", evseId=2)
            point.unplug(1)
            self.assert_story("Ended EVCommunicationLost EVDisconnected", "1 Unavailable", *self.rest(*waiting))
            self.assert_state(job, FileJob.State.DONE)
            self.assertEqual((self.status(1), self.status(2)), ("Available", "Available"))

    def rest(self, *waiting: str) -> tuple[str, ...]:
        """What comes of the update when nobody charges any more."""
        missing = (each for each in FETCHED if each not in waiting)
        return (*self.told(*missing), *self.running_anew())

    def test_tc_l_12_fetched_late_and_others_begin(self) -> None:
        self.assert_others_may_begin("nothing", "DownloadScheduled")

    def test_tc_l_13_fetched_late_and_no_other_begins(self) -> None:
        self.assert_no_other_begins("nothing", "DownloadScheduled")

    def test_tc_l_14_installed_late_and_others_begin(self) -> None:
        self.assert_others_may_begin("fetch", *CHECKED, "InstallScheduled")

    def test_tc_l_15_installed_late_and_no_other_begins(self) -> None:
        self.assert_no_other_begins("fetch", *CHECKED, "InstallScheduled")

    def test_tc_l_16_installed_while_charging(self) -> None:
        with self.secure() as point:
            self.charging(point, "install", others=True)
            job = self.update()
            updated = (*self.told(*CHECKED, "Installing", "Installed"), "SecurityEventNotification FirmwareUpdated")
            self.assert_story(*updated)
            self.assert_state(job, FileJob.State.DONE)
            self.assertEqual((point.charging, self.transaction().active), (True, True))
            self.assertEqual(point.model.plate.firmware, "9.8.7")
