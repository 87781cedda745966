"""AHU401 to AHU405: nothing depends on the session's time zone."""

from __future__ import annotations

from ahu_sql.linter.findings import Code

_PATH = "90_finish/example.sql"
_LEAK = (
    "A session's TimeZone follows the client through the pool and beats the role's setting, so "
    "the same call from a laptop and from the server would mean different days. "
)

CODES = (
    Code(
        code="AHU401",
        title="the clock is read in the session's time zone",
        explanation=(
            _LEAK + "current_date, current_time, localtime, localtimestamp and the literals "
            "'today', 'now', … are the session's. Take now(), which is the same moment "
            "everywhere, and convert it to the site's zone by name."
        ),
        path=_PATH,
        bad="select current_date;\n",
        good="select (now() at time zone 'Asia/Seoul')::date;\n",
    ),
    Code(
        code="AHU402",
        title="a timestamptz becomes a date, a time or a text in the session's time zone",
        explanation=(
            _LEAK + "A cast of a timestamptz to date, time, timestamp or text uses that zone, and "
            "so does assigning it to such a variable or column. A cast of an expression whose "
            "type the linter cannot know is refused too: with at time zone it is right for a "
            "timestamptz, and the reader sees which zone the day is of."
        ),
        path=_PATH,
        bad="select now()::date;\n",
        good="select (now() at time zone 'Asia/Seoul')::date;\n",
    ),
    Code(
        code="AHU403",
        title="a date, a timestamp or a text becomes a timestamptz in the session's time zone",
        explanation=(
            _LEAK + "A local time becomes a moment only with a zone. PostgreSQL converts silently "
            "where a date meets a timestamptz: in a comparison, in generate_series(date, date, "
            "interval), and even in day at time zone 'Asia/Seoul', which first makes the date a "
            "timestamptz in the session's zone. A literal needs its offset."
        ),
        path=_PATH,
        bad="select timestamptz '2026-01-01 00:00';\n",
        good="select timestamptz '2026-01-01 00:00+09';\n",
    ),
    Code(
        code="AHU404",
        title="a timestamptz is cut or printed in the session's time zone",
        explanation=(
            _LEAK + "date_trunc without its third argument, extract, date_part, to_char and age "
            "look at the calendar of the session. date_trunc has no variant for dates: it takes "
            "the way through timestamptz. extract(epoch from …) is the same everywhere and fine."
        ),
        path=_PATH,
        bad="select date_trunc('day', now());\n",
        good="select date_trunc('day', now(), 'Asia/Seoul');\n",
    ),
    Code(
        code="AHU405",
        title="calendar days are added to a timestamptz",
        explanation=(
            _LEAK + "Adding a day to a timestamptz keeps the session's wall clock, so the result "
            "is 23, 24 or 25 hours away, depending on a zone that is not the site's. Count hours "
            "where an elapsed time is meant; where a calendar day is meant, add it to a local "
            "timestamp and convert that with the site's zone."
        ),
        path=_PATH,
        bad="select now() - interval '7 days';\n",
        good="select now() - interval '168 hours';\n",
    ),
)
