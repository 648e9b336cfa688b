"""Every setting that the environment can change: name, type, default, meaning.

Read once, when `smartserver.settings` is imported. `docs/configuration.md` lists the same
settings, and a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "bool", "int", "float", "list", "path", "secret"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable. `default` is the text that an empty environment stands for."""

    name: str
    kind: Kind
    default: str
    help: str


SETTINGS: tuple[Setting, ...] = (
    Setting("SMARTSERVER_DATA_DIR", "path", "data", "Folder of the SQLite file and the secrets made on first start."),
    Setting(
        "SMARTSERVER_OPEN",
        "bool",
        "0",
        "Development only: lets in any station and device, and visitors read-only. "
        "`start.py` switches it on when it serves a loopback address.",
    ),
    Setting(
        "SMARTSERVER_DEMO",
        "bool",
        "",
        "Whether the demo fleet of emulated stations and devices may be started from the page of an open server: "
        "`1` by administrators on any address, `0` by nobody. "
        "Empty: by anybody, while the server listens on a loopback address.",
    ),
    Setting(
        "DATABASE_URL", "secret", "", "`postgres://user:password@host:5432/name`. Empty: SQLite in the data folder."
    ),
    Setting(
        "REDIS_URL",
        "secret",
        "",
        "`redis://host:6379/0`. Needed as soon as two server processes run. Empty: one process.",
    ),
    Setting("DJANGO_SECRET_KEY", "secret", "", "Empty: made on first start and kept in the data folder."),
    Setting("DJANGO_DEBUG", "bool", "0", "Django's debug pages. Never on a server that others can reach."),
    Setting(
        "ALLOWED_HOSTS", "list", "localhost,127.0.0.1,[::1]", "Host names under which browsers may open the server."
    ),
    Setting(
        "CSRF_TRUSTED_ORIGINS",
        "list",
        "",
        "Origins (`https://host`) that may send forms and open browser sockets besides the server's own.",
    ),
    Setting("DJANGO_SUPERUSER_USERNAME", "text", "admin", "Name of the administrator made on first start."),
    Setting(
        "DJANGO_SUPERUSER_PASSWORD", "secret", "", "Password of that administrator. Empty: a random one, printed once."
    ),
    Setting("SMARTSERVER_HTTPS", "bool", "0", "Served behind TLS: secure cookies, HSTS, redirect from http."),
    Setting("SMARTSERVER_LOG_FORMAT", "text", "console", "`console` or `json`."),
    Setting("SMARTSERVER_LOG_LEVEL", "text", "INFO", "`DEBUG`, `INFO`, `WARNING` or `ERROR`."),
    Setting(
        "METRICS_TOKEN",
        "secret",
        "",
        "Bearer token for `/metrics`. Empty: only logged-in staff may read it (on an open server: anyone).",
    ),
    Setting(
        "DEVICE_ENROLMENT_KEY",
        "secret",
        "",
        "A device that presents this key is let in and created. Empty: only devices that have a key of their own.",
    ),
    Setting(
        "OCPP_DEFAULT_VERSION",
        "text",
        "1.6",
        "Spoken with a station that offers no subprotocol, until its first frame says otherwise. "
        "Empty: such a station is refused.",
    ),
    Setting(
        "OCPP_PATHS",
        "list",
        "/ocpp/,/steve/websocket/CentralSystemService/",
        "Path prefixes under which stations connect; the identity follows. With `/` among them the address may be the "
        "identity alone (`ws://host:8000/CP_1`); an open server then creates a station for every word that somebody "
        "tries.",
    ),
    Setting(
        "OCPP_HEARTBEAT_INTERVAL", "int", "300", "Seconds between heartbeats, sent in the answer to BootNotification."
    ),
    Setting("OCPP_CALL_TIMEOUT", "float", "30", "Seconds that a station has to answer a call of the server."),
    Setting(
        "COMMAND_LIFETIME",
        "int",
        "86400",
        "Seconds for which a command waits for an offline station, where who asks says nothing else.",
    ),
    Setting(
        "OCPP_ACCEPT_UNKNOWN_TOKENS",
        "bool",
        "",
        "Accept id tokens that nobody has entered. Empty: as SMARTSERVER_OPEN.",
    ),
    Setting(
        "OCPP_REMOTE_START_TOKEN",
        "text",
        "SMARTSERVER",
        "Id token of remote starts that name no other: accepted where the server asked the station to start with it. "
        "Empty: none.",
    ),
    Setting(
        "GHOST_AFTER",
        "int",
        "900",
        "Seconds for which a connector has to be free before a session that still runs on it is marked as a ghost. "
        "0: never.",
    ),
    Setting(
        "DATA_TRANSFER_HANDLERS",
        "list",
        "",
        "Tables of handlers for vendors' DataTransfer messages, as dotted paths (`package.module.NAME`).",
    ),
    Setting(
        "STATION_TIME_ZONE",
        "text",
        "UTC",
        "Time zone in which prices begin and end at a station that tells none of its own, such as `Europe/Berlin`.",
    ),
    Setting(
        "VAT_NUMBER_CHECK",
        "text",
        "stations.services.tariffs.vat_numbers.check",
        "What judges VAT numbers that are typed in at stations, as a dotted path.",
    ),
    Setting(
        "MAX_FRAME_BYTES", "int", "1048576", "Largest WebSocket message; a larger one closes the socket with code 1009."
    ),
    Setting(
        "STALE_AFTER",
        "int",
        "120",
        "Seconds of silence after which a connected device shows as stale; "
        "a station after twice its heartbeat interval or this, whichever is longer.",
    ),
    Setting(
        "PUBLIC_URL",
        "text",
        "",
        "The address under which stations reach this server over HTTP, such as `https://charging.example.org`: "
        "they fetch firmware and deliver logs there. Empty: the first name in ALLOWED_HOSTS, else the address "
        "that is served.",
    ),
    Setting(
        "FILES_DIR",
        "path",
        "",
        "Folder of firmware and received files; processes that share a database share it. "
        "Empty: `files` in the data folder.",
    ),
    Setting("FIRMWARE_MAX_BYTES", "int", "1073741824", "Largest firmware file that can be stored."),
    Setting(
        "UPLOAD_MAX_BYTES",
        "int",
        "268435456",
        "Largest file that a station may upload; of a larger one nothing is kept.",
    ),
    Setting("TRANSFER_SECONDS", "float", "3600", "Longest time that one download or upload of a station may take."),
    Setting(
        "TRANSFER_IDLE_SECONDS", "float", "60", "A download or upload in which nothing moves for so long is ended."
    ),
    Setting(
        "MAX_TRANSFERS",
        "int",
        "100",
        "Downloads and uploads of stations at the same time in one process; further ones are told to come later.",
    ),
    Setting(
        "FILE_ADDRESS_LIFETIME",
        "int",
        "86400",
        "Seconds for which the address of a firmware file or upload works, from the moment it may be needed first.",
    ),
    Setting(
        "FILE_JOB_TIMEOUT",
        "int",
        "3600",
        "Seconds without news of a firmware update or an upload, after which it counts as failed.",
    ),
    Setting(
        "CERTIFICATE_APPROVAL",
        "text",
        "auto",
        "`auto`: what a station asks to have signed is signed at once, when it names the station. "
        "`manual`: an administrator decides.",
    ),
    Setting("CERTIFICATE_DAYS", "int", "365", "Days for which certificates of stations are valid."),
    Setting(
        "CERTIFICATE_RENEW_DAYS",
        "int",
        "30",
        "Days before the end of a station's certificate at which it is told to ask for a new one. 0: it is not told.",
    ),
    Setting(
        "CA_CERTIFICATE_FILE",
        "path",
        "",
        "PEM file of the authority that signs certificates of stations, followed by its issuers. "
        "Empty: a root of its own, made on first use in the folder `authority` of the data folder.",
    ),
    Setting("CA_KEY_FILE", "path", "", "PEM file of that authority's private key, readable for the server only."),
    Setting(
        "V2G_CERTIFICATE_FILE",
        "path",
        "",
        "PEM file of the authority (CPO Sub-CA) that signs what stations show to vehicles, followed by its issuers up "
        "to the V2G root. Empty: a hierarchy of its own, made on first use in the folder `v2g` of the data folder.",
    ),
    Setting("V2G_KEY_FILE", "path", "", "PEM file of that authority's private key, readable for the server only."),
    Setting(
        "V2G_TRUST_FILE",
        "path",
        "",
        "PEM file of the roots (and Sub-CAs) of mobility operators and vehicle makers whose certificates are believed, "
        "beside those of the server itself.",
    ),
    Setting(
        "CONTRACT_PROVIDER",
        "text",
        "stations.services.certificates.providers.LocalProvider",
        "Python class that gives vehicles their contract certificates ([files and certificates](files.md)).",
    ),
    Setting("CONTRACT_PROVIDER_TIMEOUT", "float", "20", "Seconds that it may take."),
    Setting(
        "OCSP_HOSTS",
        "list",
        "",
        "Hosts that may be asked whether certificates were revoked, also in private networks. "
        "Empty: any public address.",
    ),
    Setting("OCSP_TIMEOUT", "float", "10", "Seconds that such a question may take."),
    Setting(
        "API_RATE",
        "text",
        "600/min",
        "Requests to the REST API that one user or token may make, `number/sec|min|hour`.",
    ),
    Setting("API_COMMAND_RATE", "text", "120/min", "How many of those may be commands to stations."),
    Setting(
        "API_MAX_WAIT", "float", "60", "Longest time in seconds that a request waits for the reply to its command."
    ),
    Setting(
        "API_MAX_WAITERS",
        "int",
        "32",
        "Requests of a process that may wait for replies at the same time; beyond it they are answered at once.",
    ),
    Setting(
        "NOC_COMMAND_TIMEOUT",
        "int",
        "900",
        "Seconds after which a command to charger hardware behind a NOC bridge counts as not answered.",
    ),
    Setting(
        "NOC_MAX_BODY",
        "int",
        "4194304",
        "Largest state of a NOC bridge in bytes; of live feeds 64 KiB, of its logs UPLOAD_MAX_BYTES is the limit.",
    ),
    Setting("API_MAX_BODY", "int", "1048576", "Largest request to the REST API in bytes, uploads of files apart."),
    Setting("WRITER_MAX_UNITS", "int", "500", "Most messages that are stored in one transaction."),
    Setting("WRITER_QUEUE", "int", "5000", "Messages that may wait for storage before sockets stop reading."),
    Setting(
        "BROWSER_OUTBOX", "int", "1000", "Plain messages that may wait for a slow browser before its socket is closed."
    ),
    Setting(
        "WEBHOOK_ALLOW_PRIVATE",
        "bool",
        "",
        "Webhooks may go to loopback, private and link-local addresses. Empty: as SMARTSERVER_OPEN.",
    ),
    Setting("WEBHOOK_KEEP_DAYS", "int", "30", "Days for which the delivery log of webhooks is kept. 0: for ever."),
    Setting("MESSAGE_KEEP_DAYS", "int", "90", "Days for which the message log of stations is kept. 0: for ever."),
    Setting(
        "METER_VALUE_KEEP_DAYS",
        "int",
        "730",
        "Days for which meter values are kept as they were measured; the sums of sessions stay. 0: for ever.",
    ),
    Setting("METER_HOUR_KEEP_DAYS", "int", "0", "Days for which their means of hours are kept. 0: for ever."),
    Setting("DEVICE_SAMPLE_KEEP_DAYS", "int", "400", "Days for which samples of devices are kept. 0: for ever."),
    Setting("DEVICE_HOUR_KEEP_DAYS", "int", "0", "Days for which their means of hours are kept. 0: for ever."),
    Setting("COMMAND_KEEP_DAYS", "int", "365", "Days for which commands that have ended are kept. 0: for ever."),
    Setting("ALERT_KEEP_DAYS", "int", "365", "Days for which alerts that are cleared are kept. 0: for ever."),
    Setting("HARDWARE_EVENT_KEEP_DAYS", "int", "365", "Days for which hardware events are kept. 0: for ever."),
    Setting("SECURITY_EVENT_KEEP_DAYS", "int", "730", "Days for which security events are kept. 0: for ever."),
    Setting(
        "DER_KEEP_DAYS",
        "int",
        "730",
        "Days for which DER alarms, and DER controls that stations have no more, are kept. 0: for ever.",
    ),
    Setting(
        "TRANSACTION_EVENT_KEEP_DAYS",
        "int",
        "730",
        "Days for which the single events of ended sessions are kept; the sessions stay. 0: for ever.",
    ),
    Setting("REPORT_KEEP_DAYS", "int", "90", "Days for which reports that have ended are kept. 0: for ever."),
    Setting(
        "MONITORING_EVENT_KEEP_DAYS", "int", "365", "Days for which events of stations' monitors are kept. 0: for ever."
    ),
    Setting(
        "STREAM_VALUE_KEEP_DAYS",
        "int",
        "90",
        "Days for which values of event streams are kept, and closed streams without values. 0: for ever.",
    ),
    Setting("AUDIT_KEEP_DAYS", "int", "730", "Days for which the audit log is kept. 0: for ever."),
    Setting("FILE_KEEP_DAYS", "int", "90", "Days for which received logs and diagnostics are kept. 0: for ever."),
    Setting("LOG_PAYLOAD", "bool", "0", "Log every frame of stations, in and out, with secrets masked."),
    Setting("LOG_LIFECYCLE", "bool", "0", "Log when stations connect, reconnect, are asked for life, and leave."),
    Setting(
        "FRAME_LOG_FILE",
        "path",
        "",
        "File that gets every frame of stations as a JSON object a line, with secrets masked; it rotates. Empty: none.",
    ),
    Setting("FRAME_LOG_BYTES", "int", "10000000", "Size at which that file rotates."),
    Setting("FRAME_LOG_FILES", "int", "5", "Older files that are kept beside it."),
    Setting(
        "HEARTBEAT_INT_MS",
        "int",
        "",
        "Milliseconds of silence after which the server asks a station whether it is still there; one that does not "
        "answer is disconnected. Empty: after two heartbeat intervals.",
    ),
)
