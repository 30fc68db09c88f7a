"""What the commands share: arguments in, rendering out. No logic of the engine."""
