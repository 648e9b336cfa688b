"""Who may charge where: id tokens, local lists, reservations."""
