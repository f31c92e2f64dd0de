"""People and programs that may sign in: what proves who they are, and what they are then let do."""
