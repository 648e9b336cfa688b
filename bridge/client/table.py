"""Everything that the bridge can be told, in one table: command line, environment and documentation follow it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "address", "list", "seconds", "number", "flag", "path", "secret"]


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to be told. `default` is the text that stands for an option not given; `env` is empty where the
    environment cannot say it, and a secret has no option: command lines are seen by everybody on the machine."""

    name: str
    env: str
    kind: Kind
    default: str
    help: str
    least: float = 0
    most: float = 0

    @property
    def flag(self) -> str:
        """As on the command line."""
        return "" if self.kind == "secret" else f"--{self.name.replace('_', '-')}"

    @property
    def label(self) -> str:
        """What people call it who made a mistake with it."""
        return " / ".join(each for each in (self.flag, self.env) if each)


DAY = 86_400
MEBIBYTE = 1_048_576

OPTIONS: tuple[Option, ...] = (
    Option("server_url", "SERVER_URL", "address", "http://127.0.0.1:8000/", "The CMS; `/api/charger/…` is appended."),
    Option(
        "cms_key",
        "CMS_KEY",
        "secret",
        "",
        "The charger's password at the CMS, sent as HTTP Basic with the charger's id. Empty: none is sent.",
    ),
    Option(
        "cms_key_file",
        "CMS_KEY_FILE",
        "path",
        "",
        "File that holds it instead: one line, or with several chargers a line for each in the order of HARDWARE_HOST.",
    ),
    Option(
        "hardware_host",
        "HARDWARE_HOST",
        "list",
        "127.0.0.1",
        "The charger's hardware API: a host, or `host:port`. Several chargers: separated by commas.",
    ),
    Option("hardware_port", "HARDWARE_PORT", "number", "3001", "Its port, where the host names none.", 1, 65535),
    Option(
        "websocket_url",
        "WEBSOCKET_URL",
        "list",
        "",
        "The charger's event stream; with several chargers one for each, separated by commas. "
        "Empty: `ws://HARDWARE_HOST:HARDWARE_PORT/events/stream`.",
    ),
    Option("polling_interval", "POLLING_INTERVAL", "seconds", "60", "Seconds between live feeds.", 1, DAY),
    Option("sleep_time", "SleepTime", "seconds", "60", "Seconds until hardware that failed is asked again.", 1, DAY),
    Option("retry_time", "RetryTime", "seconds", "10", "Seconds until a CMS that failed is tried again.", 1, DAY),
    Option(
        "cms_check_interval",
        "CMS_CHECK_INTERVAL",
        "seconds",
        "10",
        "Seconds between questions to a CMS that is away, whether it is back.",
        1,
        DAY,
    ),
    Option(
        "max_response_size",
        "MAX_RESPONSE_SIZE",
        "number",
        str(70 * MEBIBYTE),
        "Most bytes that are read of one answer of the hardware; logs pass through a temporary file of this size.",
        1024,
        2**40,
    ),
    Option(
        "max_state_log_lines",
        "MAX_STATE_LOG_LINES",
        "number",
        "60000",
        "Newest lines of a state log that go to the CMS when a command asks for it.",
        0,
        10_000_000,
    ),
    Option(
        "max_event_state_log_lines",
        "MAX_EVENT_STATE_LOG_LINES",
        "number",
        "1000",
        "Newest lines of the state log that go to the CMS after an event. 0: none.",
        0,
        10_000_000,
    ),
    Option(
        "max_ocpp_log_lines",
        "MAX_OCPP_LOG_LINES",
        "number",
        "60000",
        "Newest lines of an OCPP log that go to the CMS when a command asks for it.",
        0,
        10_000_000,
    ),
    Option(
        "large_file_timeout",
        "LARGE_FILE_TIMEOUT",
        "seconds",
        "300",
        "Seconds that fetching a log, and uploading it, may take.",
        1,
        DAY,
    ),
    Option(
        "spool",
        "SPOOL",
        "flag",
        "on",
        "Keep events on disk until the CMS has them. `off`: those that the CMS does not take at once are lost.",
    ),
    Option("spool_dir", "SPOOL_DIR", "path", "data/noc-bridge", "Folder of that, and of what was executed already."),
    Option("spool_max_events", "SPOOL_MAX_EVENTS", "number", "10000", "Most events kept for a charger.", 1, 10_000_000),
    Option(
        "spool_max_bytes",
        "SPOOL_MAX_BYTES",
        "number",
        str(50 * MEBIBYTE),
        "Most bytes of events kept for a charger.",
        65536,
        2**40,
    ),
    Option(
        "spool_max_age",
        "SPOOL_MAX_AGE",
        "seconds",
        str(7 * DAY),
        "Seconds after which an event is given up.",
        60,
        3650 * DAY,
    ),
    Option(
        "allow_powerful",
        "ALLOW_POWERFUL",
        "flag",
        "off",
        "Let the CMS call the hardware's paths for containers and scripts, which run code on the charger.",
    ),
    Option("push", "PUSH", "flag", "on", "Use the push channel where the CMS has one; polling goes on without it."),
    Option("health_host", "HEALTH_HOST", "text", "127.0.0.1", "Address on which health and metrics are served."),
    Option("health_port", "HEALTH_PORT", "number", "3020", "Port on which they are served. 0: they are not.", 0, 65535),
    Option(
        "once",
        "",
        "flag",
        "off",
        "One round and no more: version, state, live feed, the command that comes back. Exit code 1 where it failed.",
    ),
    Option("dry_run", "", "flag", "off", "Read the hardware, show what would be sent, send nothing."),
    Option("json", "LOG_JSON", "flag", "off", "Log lines as JSON objects, one a line."),
)
