"""Own face networks: people in folders -> training -> model pack; and what such folders tell about a pack."""
