"""Mutation testing: our SQL with one small fault at a time, and whether a test notices."""
