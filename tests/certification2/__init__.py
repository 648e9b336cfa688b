"""The cases of the OCA's certification test plan for OCPP 2.0.1 and 2.1, each a test by its number.

    plan/                    the numbers, with names of our own
    central/                 the server is tested: a scripted station talks to it over a real socket
    station/                 the emulator is tested: it talks to the real server over a real socket
    test_plan_is_covered.py  no test is without its case; docs/certification-2.md says what is shown, and what is not

A test belongs to its case by its name: `test_tc_b_06_…` is the case TC_B_06. Numbers from 100 on came with 2.1.
"""
