-- A MERGE of AHU01's first three readings of 10 January, of its fourth, and of one that is not
-- there.
create procedure tap.merge_into_parted(actions text)
language plpgsql
as $merge_into_parted$
begin
    execute $sql$
        merge into ahu_data.parted as r
        using (
            values
                ('2024-01-10 12:01+09'::timestamptz, true),
                ('2024-01-11 12:00+09', false),
                ('2024-01-10 12:02+09', true),
                ('2024-01-10 12:03+09', true),
                ('2024-01-10 12:04+09', false)
        ) as s (at, is_meant)
            on r.timestamp = s.at
            and r.ahu_id = 'AHU01'
    $sql$ || actions;
end
$merge_into_parted$;
