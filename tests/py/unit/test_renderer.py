"""The SQL of one site: quoting, sums, grants, and nothing left to chance."""

from __future__ import annotations

import jinja2
import pytest

from ahu_sql.linter import lint
from ahu_sql.locations import sql_folder
from ahu_sql.renderer import RenderedFile, render
from ahu_sql.settings import Drilldown, Refresh, Roles, Settings, Source
from ahu_sql.source_tree import SqlFile, read_source_tree


def rendered(template: str, settings: Settings | None = None) -> str:
    file = SqlFile(path="50_source/example.sql.j2", text=template)
    return render([file], settings or Settings())[0].sql


def source(**given: str) -> Settings:
    return Settings(source=Source(**given))


class TestQuoting:
    @pytest.mark.parametrize(
        ("name", "quoted"),
        [
            ("timestamp", '"timestamp"'),
            ("Measured At", '"Measured At"'),
            ('a"b', '"a""b"'),
            ("a'b", '"a\'b"'),
            ("a;drop table x;--", '"a;drop table x;--"'),
            ("{{ 7 * 7 }}", '"{{ 7 * 7 }}"'),
            ("100%s", '"100%s"'),
            ("온도", '"온도"'),
        ],
    )
    def test_a_column_is_an_identifier_whatever_its_name(self, name: str, quoted: str) -> None:
        settings = source(time_column=name, ahu_column=name)
        assert rendered("{{ source.time }} {{ source.ahu }}", settings) == f"{quoted} {quoted}"

    def test_a_table_is_quoted_part_by_part(self) -> None:
        settings = source(table='"My.Schema"."Read""ings"')
        assert rendered("{{ source.table }}", settings) == '"My.Schema"."Read""ings"'
        assert rendered("{{ source.name | literal }}", settings) == "'Read\"ings'"

    def test_a_quote_in_a_literal_is_doubled(self) -> None:
        template = "{{ source.time_zone | literal }}"
        assert rendered(template, source(time_zone="it's'")) == "'it''s'''"

    def test_no_quote_of_the_settings_can_end_a_literal_or_a_body_of_our_sql(self) -> None:
        # The linter parses every file and body, so a value that left its quotes is a finding.
        nasty = Settings(
            source=Source(
                table='"a ""b""; x"."c\'d"',
                time_column="t'x",
                ahu_column='u"y',
                time_zone="Mars/O'Neill",
            )
        )
        assert lint(render(read_source_tree(sql_folder()), nasty)) == []


def summed(inputs: list[str], measure: str = "hcv_kwh", **given: str) -> str:
    """The sum of a measure's inputs, on one line."""
    template = f"{{{{ {inputs!r} | sum_of('r', source, {measure!r}) }}}}"
    return " ".join(rendered(template, source(**given)).split())


class TestSums:
    def test_no_column_is_null(self) -> None:
        assert summed([]) == "null::numeric"

    def test_one_column_is_its_exact_sum(self) -> None:
        assert summed(['a"b']) == 'sum(r."a""b"::numeric)'

    def test_several_columns_are_null_only_when_all_are(self) -> None:
        one = 'sum(r."{}"::numeric)'
        a, b, c = (one.format(name) for name in "abc")
        assert summed(["a", "b", "c"]) == (
            f"case when num_nonnulls( {a}, {b}, {c} ) > 0 "
            f"then coalesce({a}, 0) + coalesce({b}, 0) + coalesce({c}, 0) end"
        )

    def test_a_measure_without_columns_renders_to_valid_sql(self) -> None:
        settings = Settings(measures=dict.fromkeys(Settings().measures, ()))
        files = render(read_source_tree(sql_folder()), settings)
        assert lint(files) == []
        assert sum(file.sql.count("null::numeric") for file in files) >= len(settings.measures)


class TestSumsOfTheLongLayout:
    def test_no_metric_is_null(self) -> None:
        assert summed([], layout="long") == "null::numeric"

    def test_metrics_are_added_up_where_they_are_named(self) -> None:
        assert summed(["a", "b"], "steam_cost", layout="long") == (
            """sum( r."value"::numeric ) filter ( where r."metric_name" in ( 'a', 'b' ) )"""
        )

    def test_only_energy_has_a_unit_to_be_converted(self) -> None:
        assert summed(["a"], "hcv_kwh", layout="long") == (
            """sum( r."value"::numeric * case r."unit" when 'kWh' then 1 """
            """else _ahu.kwh_per_unit(r."unit"::text) end ) """
            """filter ( where r."metric_name" in ( 'a' ) and r."value" is not null )"""
        )
        assert "unit" not in summed(["a"], "steam_cost", layout="long")

    def test_without_a_column_of_units_values_are_what_they_are(self) -> None:
        assert summed(["a"], "hcv_kwh", layout="long", unit_column="") == (
            """sum( r."value"::numeric ) filter ( where r."metric_name" in ( 'a' ) )"""
        )

    def test_odd_names_are_quoted_each_in_its_way(self) -> None:
        text = summed(
            ["it's 100%s", '{{ 7 * 7 }} "x"'],
            layout="long",
            metric_column='Metric "Name"',
            value_column="the value",
            unit_column="u'nit",
        )
        assert 'r."the value"::numeric * case r."u\'nit"' in text
        assert 'and r."the value" is not null' in text
        assert """r."Metric ""Name""" in text
        assert """in ( 'it''s 100%s', '{{ 7 * 7 }} "x"' )""" in text

    def test_the_source_says_what_its_layout_has(self) -> None:
        template = (
            "{{ source.layout }} {{ source.metric_column | literal_or_null }} "
            "{{ source.value_column | literal_or_null }} {{ source.unit_column | literal_or_null }}"
        )
        assert rendered(template) == "wide null null null"
        long = {"layout": "long", "metric_column": "it's"}
        assert rendered(template, source(**long)) == "long 'it''s' 'value' 'unit'"
        assert rendered(template, source(**long, unit_column="")) == "long 'it''s' 'value' null"

    @pytest.mark.parametrize("unit_column", ["unit", ""])
    def test_all_of_it_is_valid_sql(self, unit_column: str) -> None:
        settings = source(layout="long", unit_column=unit_column)
        assert lint(render(read_source_tree(sql_folder()), settings)) == []


class TestGrants:
    TEMPLATE = (
        "{% for g in site_grants %}{{ g.privilege }} on {{ g.object_type }} {{ g.object_name }} to "
        "{{ g.grantee }}\n{% endfor %}"
    )

    def test_by_default_readers_get_nothing_of_the_site(self) -> None:
        assert "ahu_read" not in rendered(self.TEMPLATE)

    def test_raw_access_open_lets_them_read_the_raw_table_and_no_more(self) -> None:
        text = rendered(self.TEMPLATE, Settings(drilldown=Drilldown(raw_access="open")))
        assert [line for line in text.splitlines() if line.endswith("ahu_read")] == [
            'usage on schema "ahu_data" to ahu_read',
            'select on table "ahu_data"."energy_readings" to ahu_read',
        ]

    def test_each_privilege_is_wanted_once_and_schemas_come_first(self) -> None:
        roles = Roles(read_also=("Ahu_Data.b", "x.y"), write_also=("ahu_data.b", "x.y"))
        lines = rendered(self.TEMPLATE, Settings(roles=roles)).splitlines()
        assert len(lines) == len(set(lines))
        kinds = ["on schema" in line for line in lines]
        assert kinds == sorted(kinds, reverse=True)
        assert 'delete on table "x"."y" to ahu_write' in lines
        assert 'select on table "x"."y" to ahu_read' in lines
        assert not any("ahu_owner" in line and '"x"' in line for line in lines)


class TestStrategies:
    TREE = (
        SqlFile(path="70_views/incremental/a.sql", text="select 1"),
        SqlFile(path="70_views/native/a.sql", text="select 2"),
        SqlFile(path="70_views/a.sql", text="select 3"),
    )

    @pytest.mark.parametrize("strategy", ["incremental", "native"])
    def test_files_of_the_other_one_are_left_out(self, strategy: str) -> None:
        settings = Settings(refresh=Refresh(strategy=strategy))
        assert [file.path for file in render(self.TREE, settings)] == [
            f"70_views/{strategy}/a.sql",
            "70_views/a.sql",
        ]

    def test_native_renders_to_valid_sql(self) -> None:
        settings = Settings(refresh=Refresh(strategy="native"))
        assert lint(render(read_source_tree(sql_folder()), settings)) == []

    def test_both_build_what_the_views_read(self) -> None:
        tree = read_source_tree(sql_folder())
        for strategy in ("incremental", "native"):
            files = render(tree, Settings(refresh=Refresh(strategy=strategy)))
            for grain in ("daily", "monthly"):
                assert f"70_views/{strategy}/{grain}_summary.sql" in {file.path for file in files}


class TestFiles:
    def test_the_same_settings_give_the_same_text_every_time(self) -> None:
        tree = read_source_tree(sql_folder())
        first, second = render(tree, Settings()), render(tree, Settings())
        assert first == second
        assert [file.checksum for file in first] == [file.checksum for file in second]

    def test_only_the_source_room_knows_the_site(self) -> None:
        tree = read_source_tree(sql_folder())
        other = source(table="x.y", time_column="t", ahu_column="u", time_zone="UTC")
        changed = {
            here.room
            for here, there in zip(render(tree, Settings()), render(tree, other), strict=True)
            if here != there
        }
        assert changed == {"50_source"}

    def test_a_word_that_no_setting_fills_is_an_error_and_not_an_empty_text(self) -> None:
        with pytest.raises(jinja2.UndefinedError):
            rendered("select {{ sorce.table }}")
        with pytest.raises(jinja2.UndefinedError):
            rendered("select {{ source.tabel }}")

    def test_plain_sql_is_not_a_template(self) -> None:
        file = SqlFile(path="70_views/x.sql", text="select '{{ source.table }}'\n\n")
        assert render([file], Settings()) == (
            RenderedFile(path="70_views/x.sql", sql="select '{{ source.table }}'\n\n"),
        )

    def test_a_template_loses_its_suffix_and_keeps_its_last_newline(self) -> None:
        file = SqlFile(path="50_source/x.sql.j2", text="{{ source.ahu }}\n")
        assert render([file], Settings()) == (
            RenderedFile(path="50_source/x.sql", sql='"ahu_id"\n'),
        )

    def test_a_checksum_changes_with_every_character(self) -> None:
        assert RenderedFile("a", "select 1").checksum != RenderedFile("a", "select  1").checksum
        assert len(RenderedFile("a", "").checksum) == 64
