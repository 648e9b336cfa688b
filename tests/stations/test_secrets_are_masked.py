"""What is kept and shown of calls that hold secrets."""

from __future__ import annotations

import unittest

from stations.services.secrets import MASKED, is_secret_key, mask, mask_address, mask_reply


class Masked(unittest.TestCase):
    def test_passwords_among_configuration_keys(self) -> None:
        for key in ("AuthorizationKey", "authorizationkey", "BasicAuthPassword", "WifiPassphrase", "ClientSecret"):
            self.assertEqual(mask("ChangeConfiguration", {"key": key, "value": "x"}), {"key": key, "value": MASKED})
        self.assertFalse(is_secret_key("HeartbeatInterval"))

    def test_what_has_no_secret_stays_the_same_object(self) -> None:
        for action, payload in (
            ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "1"}),
            ("Reset", {"type": "Soft"}),
            ("GetDiagnostics", {"location": "https://server/uploads/abc"}),
            ("GetLog", {"log": "odd"}),
            ("GetLog", {}),
            ("SetNetworkProfile", {"connectionData": None}),
            ("SetVariables", {"setVariableData": [{"variable": {"name": "Interval"}, "attributeValue": "1"}, "odd"]}),
        ):
            self.assertIs(mask(action, payload), payload)

    def test_passwords_in_addresses(self) -> None:
        hidden = f"ftp://user:{MASKED}@host:21/path?x=1"
        address = "ftp://user:pass@word@host:21/path?x=1"
        self.assertEqual(mask_address(address), hidden)
        self.assertEqual(mask("GetDiagnostics", {"location": address}), {"location": hidden})
        self.assertEqual(mask("UpdateFirmware", {"location": address}), {"location": hidden})
        for action, outer, inner in (
            ("GetLog", "log", "remoteLocation"),
            ("SignedUpdateFirmware", "firmware", "location"),
            ("UpdateFirmware", "firmware", "location"),
        ):
            self.assertEqual(mask(action, {outer: {inner: address}}), {outer: {inner: hidden}})

    def test_an_address_that_cannot_be_read_is_hidden(self) -> None:
        self.assertEqual(mask_address("http://[half"), MASKED)
        self.assertEqual(mask_address("ftp://user@host/path"), "ftp://user@host/path")

    def test_calls_of_2_x(self) -> None:
        password = {"variable": {"name": "BasicAuthPassword"}, "attributeValue": "secret"}
        found = mask("SetVariables", {"setVariableData": [password]})
        self.assertEqual(found["setVariableData"][0]["attributeValue"], MASKED)
        data = {
            "ocppCsmsUrl": "wss://x",
            "apn": {"apn": "net", "apnPassword": "1"},
            "vpn": {"password": "2", "key": "3"},
        }
        self.assertEqual(
            mask("SetNetworkProfile", {"connectionData": data})["connectionData"],
            {
                "ocppCsmsUrl": "wss://x",
                "apn": {"apn": "net", "apnPassword": MASKED},
                "vpn": {"password": MASKED, "key": MASKED},
            },
        )

    def test_passwords_of_network_profiles_in_2_1(self) -> None:
        data = {"ocppCsmsUrl": "wss://user:pass@x", "identity": "CP1", "basicAuthPassword": "p"}
        self.assertEqual(
            mask("SetNetworkProfile", {"connectionData": data})["connectionData"],
            {"ocppCsmsUrl": f"wss://user:{MASKED}@x", "identity": "CP1", "basicAuthPassword": MASKED},
        )

    def test_answers(self) -> None:
        keys = [{"key": "AuthorizationKey", "value": "x"}, {"key": "HeartbeatInterval", "value": "1"}]
        found = mask_reply("GetConfiguration", {"configurationKey": keys})
        self.assertEqual([each["value"] for each in found["configurationKey"]], [MASKED, "1"])
        for reply in ({}, {"configurationKey": [keys[1], "odd", {"key": "AuthorizationKey"}]}):
            self.assertIs(mask_reply("GetConfiguration", reply), reply)
