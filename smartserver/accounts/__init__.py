"""Who may do what: roles, tokens for programs, and the record of every change."""
