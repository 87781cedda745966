"""Differential fuzzing: random programs of several sessions, and the views against an oracle.

`machine` makes up the programs, `player` runs them, `history` is what they leave in the database,
`judge` and `model` say what it must be, and `scripts` prints a program that failed as SQL.
"""
