"""`python -m smartserver.languages` compiles the catalogues, where the server itself may not write later."""

from __future__ import annotations

from pathlib import Path

from smartserver.languages.folders import compile_changed

compile_changed(Path(__file__).resolve().parent.parent.parent / "locale")
