-- What each permutation begins with: three readings of two AHUs on each of three local days, at
-- 06:00, 12:00 and 18:00. Each costs as much as it has kWh. A month of UTC ends, and with it a
-- partition, and a week, a chunk, on 2024-02-01 at 09:00.
insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw, sf_electricity_kwh)
select
    d.day + h.hours * interval '1 hour',
    a.ahu_id,
    h.hours,
    h.hours
from unnest('{2024-01-31 00:00+09, 2024-02-01 00:00+09, 2024-02-02 00:00+09}'::timestamptz[])
    as d (day)
cross join unnest('{AHU01, AHU02}'::text[]) as a (ahu_id)
cross join unnest('{6, 12, 18}'::integer[]) as h (hours);

call ahu.refresh_dashboard_views();
