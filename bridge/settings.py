"""Django settings of the programs that run beside a charger: no database, no server, little memory.

`manage.py` chooses them for the commands of `bridge.client` and `bridge.emulator`. What the commands themselves are
told stands in `bridge/client/options.py`.
"""

from __future__ import annotations

from importlib.util import find_spec

INSTALLED_APPS = ["bridge.client.apps.ClientConfig"]
if find_spec("bridge.emulator"):  # a charger's image has none: there is a real one around it
    INSTALLED_APPS.append("bridge.emulator.apps.EmulatorConfig")
DATABASES: dict[str, object] = {}
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
LOGGING_CONFIG = None  # the commands set up their own
