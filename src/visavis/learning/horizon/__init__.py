"""Planning ahead, offline from the log: fitted Q iteration, and what must be true of it before it serves."""
