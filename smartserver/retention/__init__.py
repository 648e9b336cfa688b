"""How long rows that grow without end are kept, and their deletion beside the sockets."""
