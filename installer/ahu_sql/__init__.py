"""ahu-sql: exact, always fresh rollups of AHU energy readings inside PostgreSQL.

All logic lives in the database (the folder `sql/`); this package renders it for one site, lints,
plans, installs, verifies and removes it.
"""

__version__ = "0.2.0.dev0"
