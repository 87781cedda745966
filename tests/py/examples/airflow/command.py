"""The command `airflow`, loaded once and forked for each call: see warm.py.

Run by the Python that has Airflow, with AIRFLOW_HOME and the like in its environment.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from pathlib import Path

import httpx
from airflow.__main__ import main
from airflow.cli.commands import dag_command, db_command  # noqa: F401
from airflow.sdk.execution_time.supervisor import in_process_api_server

sys.path.insert(0, str(Path(__file__).parents[2]))
from warm import serve

del sys.path[0]


async def _ask_for_nothing() -> None:
    """`airflow dags test` has an API in its process, whose first answer takes seven seconds."""
    transport = httpx.ASGITransport(app=in_process_api_server().app)
    async with httpx.AsyncClient(transport=transport, base_url="http://in-process") as client:
        await client.get("/nothing")


if __name__ == "__main__":
    sys.argv[0] = "airflow"
    asyncio.run(_ask_for_nothing())
    gc.freeze()
    serve()
    main()
