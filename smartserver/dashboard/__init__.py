"""What people see: the page, its socket, health and metrics."""
