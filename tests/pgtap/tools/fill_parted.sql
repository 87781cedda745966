-- On 10 January AHU01 has four readings and AHU02 one; AHU01 has one more in February. Each test
-- begins with these, and an empty log.
create procedure tap.fill_parted()
language plpgsql
as $fill_parted$
begin
    delete from ahu_data.parted;
    insert into ahu_data.parted (timestamp, ahu_id, sf_cost_krw)
    values
        ('2024-01-10 12:01+09', 'AHU01', 1),
        ('2024-01-10 12:02+09', 'AHU01', 2),
        ('2024-01-10 12:03+09', 'AHU01', 3),
        ('2024-01-10 12:04+09', 'AHU01', 4),
        ('2024-01-10 12:01+09', 'AHU02', 5),
        ('2024-02-20 12:00+09', 'AHU01', 6),
        ('2024-01-10 12:00+09', null, 7),
        (null, 'AHU01', 8);
    delete from _ahu.pending_changes;
end
$fill_parted$;
