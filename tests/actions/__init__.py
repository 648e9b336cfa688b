"""Every action of OCPP over a real socket: what is stored of it, and where an operator sees it.

`registry.py` gathers the tests; from them `test_coverage_document.py` makes `docs/ocpp-coverage.md`.
"""
