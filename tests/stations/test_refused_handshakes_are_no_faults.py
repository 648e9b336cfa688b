"""Whoever is refused gets an answer; the log of the server has no error for it."""

from __future__ import annotations

import logging

from django.test import TransactionTestCase

from tests.stations.factories import StationFactory
from tests.stations.support import Client, Server


class Log(TransactionTestCase):
    def setUp(self) -> None:
        logger = logging.getLogger("uvicorn.error")
        self.addCleanup(logger.setLevel, logger.level)
        self.server = Server(log_level="warning", log_config=None)
        self.server.start()
        self.addCleanup(self.server.stop)

    def test_has_no_error_for_a_stranger_or_a_wrong_password(self) -> None:
        StationFactory.create(identity="CP1")
        with self.assertNoLogs("uvicorn", "ERROR"):
            for identity, status in (("STRANGER", 404), ("CP1", 401)):
                with self.assertRaisesRegex(Exception, f"Handshake status {status}"):
                    Client(f"{self.server.ws}/ocpp/{identity}")
            self.server.stop()  # the line came after the answer

    def test_has_the_other_errors(self) -> None:
        with self.assertLogs("uvicorn.error", "ERROR") as seen:
            logging.getLogger("uvicorn.error").error("Exception in ASGI application\n")
        self.assertEqual(len(seen.records), 1)
