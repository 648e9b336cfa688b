"""The cases of the OCA's certification test plan for OCPP 1.6, each a test by its number.

    plan.py                  the numbers, with names of our own
    central/                 the server is tested: a scripted station talks to it over a real socket
    station/                 the emulator is tested: it talks to the real server over a real socket
    test_plan_is_covered.py  no case is forgotten; docs/certification.md says what there is

A test belongs to its case by its name: `test_tc_004_2_…` is the case 004_2.
"""
