"""`make bench`: ahu-sql beside what a site would have done instead, and beside the bare minimum."""
