"""OCPP 1.6 (edition 2). Section numbers in this package are those of its specification."""
