"""Every address of the page, and when the view that it leads to is there."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.server import PASSWORD, ServerProcess

TIMEOUT = 20_000

TABLES = ("stations", "devices", "sessions", "chargers", "commands", "alerts", "messages")
STATION_PARTS = (
    "sessions",
    "configuration",
    "profiles",
    "local-list",
    "reservations",
    "displays",
    "tariffs",
    "files",
    "certificates",
    "monitoring",
    "security",
    "messages",
    "commands",
)
SETTINGS = (
    "account",
    "users",
    "id-tokens",
    "groups",
    "tariffs",
    "contracts",
    "enrolment",
    "webhooks",
    "retention",
    "audit",
    "about",
)

STATION, DEVICE = "/stations/CP0001", "/devices/0001"

VIEWS = (
    "/",
    *(f"/{table}" for table in TABLES),
    STATION,
    *(f"{STATION}/{part}" for part in STATION_PARTS),
    DEVICE,
    f"{DEVICE}/messages",
    *(f"/settings/{section}" for section in SETTINGS),
    "/nowhere",
)


def log_in(page: Page, server: ServerProcess) -> None:
    page.goto(f"{server.http}/login/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit].primary")
    expect(page.locator("body.dashboard")).to_have_attribute("data-connection", "open", timeout=TIMEOUT)


def visit(page: Page, server: ServerProcess, path: str) -> None:
    """Open an address of the page, and wait until what it shows is there."""
    page.goto(server.http + path)
    if page.locator("main#view").count():
        wait_for_view(page)


def wait_for_view(page: Page) -> None:
    expect(page.locator("body")).to_have_attribute("data-connection", "open", timeout=TIMEOUT)
    expect(page.locator("main[data-view] h1").first).to_be_attached(timeout=TIMEOUT)
    expect(page.locator("main [data-waiting]")).to_have_count(0, timeout=TIMEOUT)
    expect(page.locator("main .skeleton:visible, main [aria-busy=true]:visible")).to_have_count(0, timeout=TIMEOUT)


def watch_policy(page: Page) -> list[str]:
    """What the Content-Security-Policy refuses in this page from now on."""
    found: list[str] = []
    page.expose_function("violated", lambda what: found.append(what))
    page.add_init_script(
        """addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile, lineNumber }) =>
            violated(`${violatedDirective} ${blockedURI} ${sourceFile}:${lineNumber}`))"""
    )
    return found


def overflow(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    wider: int = page.evaluate("Math.max(0, document.documentElement.scrollWidth - innerWidth)")
    return wider
