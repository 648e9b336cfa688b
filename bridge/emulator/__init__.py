"""An emulated charger: the hardware API that the bridge talks to."""
