"""A fleet of emulated stations and devices that a development server runs for who has none of his own yet."""
