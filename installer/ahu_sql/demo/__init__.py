"""The demo: a PostgreSQL server of our own, real readings, and what the product makes of them."""
