"""What the design asks of the raw table and the server: facts, rules over them, the fix."""
