"""Tariffs of OCPP 2.1 (part 2, block I) and what a transaction costs by them. Pure.

    tariff.py       a TariffType as values: prices, conditions, taxes, limits
    sense.py        what is wrong with a TariffType beyond its schema
    calendar.py     when times, weekdays and dates of prices begin and end, in a time zone
    usage.py        what a transaction used: segments, made from readings
    pieces.py       segments, cut where a condition changes
    calculator.py   from a tariff and a usage to a cost
    limits.py       the least and the most that it may be
    money.py        taxes, and rounding to the digits of a currency
    details.py      a cost as CostDetailsType
    messages.py     what stations say about tariffs and payments, and what answers tell

Energies are Wh, powers W, currents A (the sum of the phases), all as `Decimal`; moments know their time zone. The
server and the emulated stations count with the same calculator.
"""
