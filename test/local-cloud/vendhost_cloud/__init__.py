"""What the ministack emulator lacks for Vendhost, added through its own registries."""
