"""The proposal of a settings file: what a table holds, and what it could mean."""
