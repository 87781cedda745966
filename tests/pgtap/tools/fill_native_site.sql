-- Three readings of AHU01 and one of AHU02 on 1 March, one of AHU01 on 2 March and one in April: of
-- each a cost of electricity of 1, and of one more.
create procedure tap.fill_native_site()
language sql
as $fill_native_site$
    insert into ahu_data.energy_readings (
        timestamp, ahu_id, sf_cost_krw, hcv_steam_cost_krw, hcv_steam_kwh
    )
    values
        ('2024-03-01 00:00+09', 'AHU01', 1, 0.5, 0.1),
        ('2024-03-01 12:00+09', 'AHU01', 1, null, 0.2),
        ('2024-03-01 23:59+09', 'AHU01', 1, null, null),
        ('2024-03-01 12:00+09', 'AHU02', null, null, null),
        ('2024-03-02 00:00+09', 'AHU01', 1, null, null),
        ('2024-04-01 00:00+09', 'AHU01', 1, null, null)
$fill_native_site$;
