"""The servers that the suite runs on, and how to get each of them without installing anything."""
