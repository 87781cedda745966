"""The success criteria of the design, measured: dashboards ask while an ETL loads and refreshes."""
