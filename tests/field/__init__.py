"""The rules of docs/field-rules.md, each with a file of its own: the emulator breaks it, the server copes."""
