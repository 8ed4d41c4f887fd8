"""The tables and view shapes that random histories run over: one shape for each operator and kind of input.

a and c are keyed and updated, b is updated and holds duplicates, f and e and g are append-only, e and g with event time. A shape is a name, its query on
Leat, and, where PostgreSQL has no such clause, the query that says the same there; PostgreSQL's e and g also hold each row's arrival watermark as aw.
"""

DELAY = 5  # seconds behind the greatest event time: the watermark of e and g

LEAT_TABLES = [
    "CREATE TABLE a (id int PRIMARY KEY, k int, v int, s text, n numeric(8,2))",
    "CREATE TABLE b (k int, v int, s text)",
    "CREATE TABLE c (id int PRIMARY KEY, k int NOT NULL, v bigint)",
    "CREATE TABLE f (k int, v int, s text) APPEND ONLY",
    f"CREATE TABLE e (k int, v int, ts timestamp, WATERMARK FOR ts AS ts - INTERVAL '{DELAY}' SECOND) APPEND ONLY",
    f"CREATE TABLE g (k int, v int, ts timestamp, WATERMARK FOR ts AS ts - INTERVAL '{DELAY}' SECOND) APPEND ONLY",
]
POSTGRES_TABLES = [
    "CREATE TABLE a (id int PRIMARY KEY, k int, v int, s text, n numeric(8,2))",
    "CREATE TABLE b (k int, v int, s text)",
    "CREATE TABLE c (id int PRIMARY KEY, k int NOT NULL, v bigint)",
    "CREATE TABLE f (k int, v int, s text)",
    "CREATE TABLE e (k int, v int, ts timestamp, aw timestamp)",
    "CREATE TABLE g (k int, v int, ts timestamp, aw timestamp)",
]

def all_windows(table, slide, size, is_cumulating=False):
    """Every row of a table with each of its windows, the late ones included."""
    start = f"date_bin('{size if is_cumulating else slide} seconds', ts, '1970-01-01')"
    end = f"{start} + i * interval '{slide} seconds'"
    if not is_cumulating:
        start += f" - i * interval '{slide} seconds'"
        end = f"{start} + interval '{size} seconds'"
    first = int(is_cumulating)
    return (f"SELECT * FROM (SELECT *, {start} AS window_start, {end} AS window_end FROM {table}, "
            f"generate_series({first}, {-(-size // slide) - 1 + first}) i) x WHERE ts IS NOT NULL AND ts < window_end")


def hop(table, slide, size):
    """The same windows as a sub-query of PostgreSQL, without the late rows."""
    return f"({all_windows(table, slide, size)} AND (aw IS NULL OR window_end > aw)) w"


def tumble(table, seconds):
    return hop(table, seconds, seconds)


def cumulate(table, step, size):
    return f"({all_windows(table, step, size, True)} AND (aw IS NULL OR window_end > aw)) w"


def late(table, *windows):
    return f"SELECT window_start, window_end, aw, count(*) FROM ({all_windows(table, *windows)} AND window_end <= aw) l GROUP BY 1, 2, 3"


def timely(table):
    """The rows of a table that are not below their arrival watermark: what interval joins read."""
    return f"(SELECT * FROM {table} WHERE (ts < aw) IS NOT TRUE) {table.split()[-1]}"


def late_rows(*tables):
    return " UNION ALL ".join(f"SELECT ts, ts, aw, count(*) FROM {table} WHERE ts < aw GROUP BY 1, 2, 3" for table in tables)


def sessions(table, keys, gap):
    """Every row with its session; keys, each with a comma behind, are what sessions are kept by. The late rows are left out."""
    by = f"PARTITION BY {keys}"
    return (f"(SELECT *, min(ts) OVER ({by}island) AS window_start, max(ts) OVER ({by}island) + interval '{gap} seconds' AS window_end FROM "
            f"(SELECT *, sum(is_new) OVER ({by}true ORDER BY ts) AS island FROM "
            f"(SELECT *, CASE WHEN ts - lag(ts) OVER ({by}true ORDER BY ts) < interval '{gap} seconds' THEN 0 ELSE 1 END AS is_new "
            f"FROM {table} WHERE ts IS NOT NULL) x) y) w")


def moved(table, seconds):
    """The rows of a table with a time computed from the event time, and the same of the arrival watermark."""
    return f"(SELECT k, v, ts + interval '{seconds} seconds' AS ts, aw + interval '{seconds} seconds' AS aw FROM {table}) m"


def never_late(query):
    """A query whose time comes from windows, or has no watermark: no row of it is late."""
    return f"(SELECT *, NULL::timestamp AS aw FROM ({query}) n) m"


def closed(table):
    return f"(SELECT max(ts) - interval '{DELAY} seconds' FROM {table})"


# Views that other shapes read.
BASE_VIEWS = [
    ("va", "SELECT k, count(*) AS c, sum(v) AS t FROM a GROUP BY k"),
    ("vb", "SELECT k, s, min(v) AS low, max(v) AS high FROM b GROUP BY k, s"),
    ("vj", "SELECT a.id, a.k, a.v AS av, b.v AS bv, b.s FROM a JOIN b ON a.k = b.k"),
    ("vva", "SELECT c, count(*) AS times, min(t) AS low FROM va GROUP BY c"),
    ("vw", "SELECT window_start, window_end, k, count(*) AS n, sum(v) AS t FROM TUMBLE(e, ts, INTERVAL '10 seconds') GROUP BY window_start, window_end, k",
     f"SELECT window_start, window_end, k, count(*) AS n, sum(v) AS t FROM {tumble('e', 10)} GROUP BY window_start, window_end, k"),
    ("vf", "SELECT window_start, window_end, count(*) AS n FROM HOP(g, ts, INTERVAL '5 seconds', INTERVAL '10 seconds') GROUP BY window_start, window_end EMIT ON WINDOW CLOSE",
     f"SELECT window_start, window_end, count(*) AS n FROM {hop('g', 5, 10)} WHERE window_end <= {closed('g')} GROUP BY window_start, window_end"),
    ("vt", "SELECT k, v, ts, ts + INTERVAL '3 seconds' AS t FROM e"),
]
VW_TIMES = f"SELECT window_end AS ts, k, n FROM (SELECT window_end, k, count(*) AS n FROM {tumble('e', 10)} GROUP BY window_start, window_end, k) x"
UNION_TIMES = f"(SELECT * FROM {moved('e', 0)} UNION ALL SELECT * FROM {moved('g', 7)}) u"
UNION_WINDOWS = f"(SELECT ts, aw FROM {never_late(VW_TIMES)} UNION ALL SELECT ts, aw FROM g) u"


# FOR SYSTEM_TIME AS OF an event time: g's versions by k, and on PostgreSQL the one that was valid for a row of e, once both watermarks have passed it.
VERSIONS = "WITH r AS (SELECT k, v, ts FROM (SELECT *, row_number() OVER (PARTITION BY k ORDER BY ts DESC) AS place FROM g) x WHERE place = 1)"
PASSED = f"e.ts < {closed('e')} AND e.ts < {closed('g')}"


def valid(kind, table="e", condition="true"):
    """A join of the timely rows with their versions."""
    version = f"(SELECT * FROM {timely('g')} WHERE g.k = {table.split()[-1]}.k AND g.ts <= {table.split()[-1]}.ts ORDER BY g.ts DESC, g.v LIMIT 1) r"
    return f"{timely(table)} {kind} JOIN LATERAL {version} ON {condition}"


AROUND = ("INTERVAL '5 seconds'", "INTERVAL '3 seconds'")
PAIRS = f"SELECT e.k, e.ts, g.v AS w FROM {{e}} JOIN {{g}} ON e.k = g.k AND e.ts BETWEEN g.ts - {AROUND[0]} AND g.ts + {AROUND[1]}"
PAIRS_LEFT = PAIRS.replace(" JOIN ", " LEFT JOIN ")
PAIRS_CLOSED = f"(SELECT CASE WHEN ew IS NOT NULL AND gw IS NOT NULL THEN least(ew, gw - {AROUND[0]}) END FROM (SELECT {closed('e')} AS ew, {closed('g')} AS gw) w)"
TOP_N = "SELECT {columns} FROM (SELECT *, row_number() OVER ({window}) AS place FROM {table}) x WHERE place <= {limit}"

SHAPES = [
    # stateless
    ("filter", "SELECT id, v FROM a WHERE v > 3 AND s IS NOT NULL"),
    ("filter_null", "SELECT * FROM b WHERE (k > 2) IS NOT TRUE"),
    ("project", "SELECT k + 1 AS k1, v * 2 AS v2, upper(s) AS u, coalesce(s, 'none') AS c FROM b"),
    ("case", "SELECT CASE WHEN v > 10 THEN 'big' WHEN v IS NULL THEN 'none' ELSE s END AS w, CASE k WHEN 1 THEN v ELSE 0 END AS x FROM b"),
    ("row_errors", "SELECT id, 100 / v AS q FROM a", "SELECT id, 100 / v AS q FROM a WHERE v IS DISTINCT FROM 0"),
    ("errors_grouped", "SELECT k, sum(100 / v) AS q FROM b GROUP BY k", "SELECT k, sum(100 / v) AS q FROM b WHERE v IS DISTINCT FROM 0 GROUP BY k"),
    ("errors_where", "SELECT k, v FROM b WHERE 100 / v > 10", "SELECT k, v FROM b WHERE v <> 0 AND 100 / nullif(v, 0) > 10"),
    ("values_join", "SELECT b.k, x.name FROM b JOIN (VALUES (1, 'one'), (2, 'two'), (2, 'zwei')) AS x(k, name) ON x.k = b.k"),
    ("series", "SELECT b.k, i FROM b, generate_series(1, 3) AS i WHERE b.v > i"),
    ("lateral_series", "SELECT a.id, i FROM a, LATERAL generate_series(1, least(a.k, 3)) AS i"),
    # aggregates
    ("count_all", "SELECT count(*) AS n, count(v) AS nv, sum(v) AS t, min(s) AS low FROM b"),
    ("count_append", "SELECT count(*) AS n, sum(v) AS t, min(v) AS low, max(v) AS high, avg(v) AS mean FROM f"),
    ("group_sum", "SELECT k, count(*) AS n, sum(v) AS t, avg(v) AS mean FROM b GROUP BY k"),
    ("group_append", "SELECT k, s, count(*) AS n, sum(v) AS t, min(v) AS low, max(s) AS high FROM f GROUP BY k, s"),
    ("group_numeric", "SELECT k, sum(n) AS t, avg(n) AS mean, min(n) AS low, max(n) AS high FROM a GROUP BY k"),
    ("group_bigint", "SELECT k, sum(v) AS t, avg(v) AS mean, max(v) AS high FROM c GROUP BY k"),
    ("group_by_value", "SELECT n, count(*) AS c FROM a GROUP BY n"),
    ("min_max", "SELECT k, min(v) AS low, max(v) AS high, min(s) AS first, max(s) AS last FROM b GROUP BY k"),
    ("min_max_global", "SELECT min(v) AS low, max(v) AS high, min(n) AS ln, max(id) AS hi FROM a"),
    ("filtered", "SELECT k, count(*) FILTER (WHERE v > 5) AS big, sum(v) FILTER (WHERE s = 'x') AS x, min(v) FILTER (WHERE v > 3) AS low FROM b GROUP BY k"),
    ("distinct_aggregate", "SELECT k, count(DISTINCT v) AS dv, sum(DISTINCT v) AS tv, count(DISTINCT s) AS ds, count(*) AS n FROM b GROUP BY k"),
    ("distinct_filter", "SELECT count(DISTINCT k) FILTER (WHERE v > 2) AS dk, count(DISTINCT s) AS ds, avg(DISTINCT v) AS av FROM b"),
    ("distinct_append", "SELECT s, count(DISTINCT k) AS dk FROM f GROUP BY s"),
    ("booleans", "SELECT k, bool_and(v > 2) AS every, bool_or(v > 10) AS some, bit_and(v) AS ba, bit_or(v) AS bo, bit_xor(v) AS bx FROM b GROUP BY k"),
    ("floats", "SELECT k, sum(v::float8 / 4) AS t, avg(v::float8 / 4) AS mean, max(v::float8) AS high FROM b GROUP BY k"),
    ("variance", "SELECT k, var_samp(v) AS v1, var_pop(v) AS v2, stddev(n) AS s1 FROM a GROUP BY k"),
    ("string_agg", "SELECT k, string_agg(s, ',' ORDER BY s, v) AS list FROM b GROUP BY k"),
    ("string_agg_desc", "SELECT string_agg(s || v::text, '-' ORDER BY v DESC, s) AS list FROM b WHERE k < 4"),
    ("array_agg", "SELECT s, array_agg(v ORDER BY v, k) AS list FROM b GROUP BY s"),
    ("array_agg_distinct", "SELECT k, array_agg(DISTINCT v) AS list FROM b GROUP BY k"),
    ("percentile", "SELECT k, percentile_disc(0.5) WITHIN GROUP (ORDER BY v) AS middle FROM b GROUP BY k"),
    ("having", "SELECT k, sum(v) AS t FROM b GROUP BY k HAVING count(*) > 2 AND sum(v) > 5"),
    ("group_expression", "SELECT v % 3 AS m, coalesce(s, '-') AS t, count(*) AS n FROM a GROUP BY v % 3, coalesce(s, '-')"),
    ("grouping_sets", "SELECT k, s, count(*) AS n, sum(v) AS t FROM b GROUP BY GROUPING SETS ((k, s), (k), ())"),
    ("rollup", "SELECT k, s, max(v) AS high FROM b GROUP BY ROLLUP (k, s)"),
    ("cube", "SELECT k, s, count(DISTINCT v) AS n FROM a GROUP BY CUBE (k, s)"),
    ("rollup_grouping", "SELECT k, s, grouping(k, s) AS g, count(*) AS n, min(v) AS low FROM b GROUP BY ROLLUP (k, s)"),
    ("sets_grouping", "SELECT grouping(s) AS g, s, v, count(*) AS n FROM f GROUP BY GROUPING SETS ((s), (v, s), ())"),
    ("agg_of_agg", "SELECT n, count(*) AS times FROM (SELECT k, count(*) AS n FROM b GROUP BY k) x GROUP BY n"),
    ("agg_of_join", "SELECT a.s, count(*) AS n, sum(b.v) AS t, max(a.v) AS high FROM a JOIN b ON a.k = b.k GROUP BY a.s"),
    ("agg_of_left_join", "SELECT a.k, count(b.v) AS n, count(*) AS m, sum(b.v) AS t FROM a LEFT JOIN b ON a.k = b.k AND b.v > 4 GROUP BY a.k"),
    # joins
    ("inner_join", "SELECT a.id, b.v, b.s FROM a JOIN b ON a.k = b.k"),
    ("inner_append", "SELECT f.v AS fv, e.v AS ev, f.k FROM f JOIN e ON f.k = e.k AND f.v = e.v"),
    ("inner_mixed", "SELECT a.id, f.v FROM a JOIN f ON a.k = f.k AND f.v > a.v"),
    ("inner_two_keys", "SELECT a.id, b.k, b.v FROM a JOIN b ON a.k = b.k AND a.s = b.s"),
    ("inner_types", "SELECT a.id AS ai, c.id AS ci FROM a JOIN c ON a.v = c.v"),
    ("left_join", "SELECT a.id, a.k, b.v FROM a LEFT JOIN b ON a.k = b.k"),
    ("left_condition", "SELECT a.id, b.v, b.s FROM a LEFT JOIN b ON a.k = b.k AND b.v > a.v"),
    ("left_where", "SELECT a.id, a.v FROM a LEFT JOIN b ON a.k = b.k WHERE b.k IS NULL"),
    ("right_join", "SELECT a.id, b.k, b.v FROM a RIGHT JOIN b ON a.k = b.k AND a.v < 10"),
    ("full_join", "SELECT a.id, a.k AS ak, b.k AS bk, b.v FROM a FULL JOIN b ON a.k = b.k"),
    ("full_condition", "SELECT a.id, b.k, b.v FROM a FULL JOIN b ON a.k = b.k AND a.v < b.v"),
    ("full_using", "SELECT k, x.n, y.n AS m FROM (SELECT k, count(*) AS n FROM a GROUP BY k) x FULL JOIN (SELECT k, count(*) AS n FROM b GROUP BY k) y USING (k)"),
    ("cross_join", "SELECT x.t, y.n FROM (SELECT sum(v) AS t FROM a) x CROSS JOIN (SELECT count(*) AS n FROM b) y"),
    ("range_join", "SELECT a.id, c.id AS other FROM a JOIN c ON c.v BETWEEN a.v AND a.v + 2"),
    ("left_range_join", "SELECT a.id, c.id AS other FROM a LEFT JOIN c ON c.v < a.v - 8 AND a.v < 100"),
    ("not_distinct_join", "SELECT a.id, b.v FROM a JOIN b ON a.k IS NOT DISTINCT FROM b.k AND b.v > 8"),
    ("self_join", "SELECT x.id, y.id AS other FROM a x JOIN a y ON x.k = y.k AND x.id < y.id"),
    ("self_join_bag", "SELECT x.k, x.v, y.v AS w FROM b x JOIN b y ON x.k = y.k"),
    ("self_left_join", "SELECT x.id, y.id AS other FROM a x LEFT JOIN a y ON x.v = y.k"),
    ("self_full_join", "SELECT x.k, x.v, y.v AS w FROM b x FULL JOIN b y ON x.k = y.v"),
    ("self_append", "SELECT x.v, y.v AS w FROM f x JOIN f y ON x.k = y.k AND x.v < y.v"),
    ("three_way", "SELECT a.id, b.v, c.id AS cid FROM a JOIN b ON a.k = b.k JOIN c ON c.k = b.k AND c.v = a.v"),
    ("three_way_outer", "SELECT a.id, b.v, c.id AS cid FROM a LEFT JOIN b ON a.k = b.k AND b.v > 9 LEFT JOIN c ON c.id = a.id"),
    ("key_join", "SELECT a.id, a.v, c.v AS w FROM a JOIN c ON a.id = c.id"),
    ("key_full_join", "SELECT a.id, a.v, c.id AS cid, c.v AS w FROM a FULL JOIN c ON a.id = c.id"),
    ("join_aggregates", "SELECT a.id, x.t FROM a JOIN (SELECT k, sum(v) AS t FROM b GROUP BY k) x ON a.k = x.k"),
    ("diamond", "SELECT x.k, x.n, y.t FROM (SELECT k, count(*) AS n FROM a GROUP BY k) x JOIN (SELECT k, sum(v) AS t FROM a GROUP BY k) y ON x.k = y.k"),
    ("max_rows", "SELECT a.id, a.v FROM a JOIN (SELECT k, max(v) AS high FROM a GROUP BY k) m ON a.k = m.k AND a.v = m.high"),
    ("lateral_top", "SELECT a.id, x.v, x.s FROM a, LATERAL (SELECT b.v, b.s FROM b WHERE b.k = a.k ORDER BY b.v, b.s LIMIT 2) x"),
    ("lateral_left", "SELECT a.id, x.n FROM a LEFT JOIN LATERAL (SELECT count(*) AS n FROM b WHERE b.k = a.k AND b.v > a.v) x ON true"),
    # joins of event times, whose state is freed
    ("interval_join", f"SELECT e.k, e.v, g.v AS w, g.ts FROM {{e}} JOIN {{g}} ON e.k = g.k AND e.ts BETWEEN g.ts - {AROUND[0]} AND g.ts + {AROUND[1]}"),
    ("interval_left", f"SELECT e.k, e.v, e.ts, g.v AS w FROM {{e}} LEFT JOIN {{g}} ON e.k = g.k AND g.ts >= e.ts - {AROUND[0]} AND g.ts < e.ts + {AROUND[1]}"),
    ("interval_full", f"SELECT e.v, g.v AS w FROM {{e}} FULL JOIN {{g}} ON e.k = g.k AND e.ts <= g.ts + {AROUND[0]} AND g.ts <= e.ts + {AROUND[1]}"),
    ("interval_keys", "SELECT e.k, e.ts, e.v, g.v AS w FROM {e} JOIN {g} ON e.ts = g.ts"),
    ("interval_exists", f"SELECT e.k, e.ts, e.v FROM {{e}} WHERE NOT EXISTS (SELECT FROM {{g}} WHERE g.k = e.k AND g.ts BETWEEN e.ts AND e.ts + {AROUND[1]})"),
    ("interval_table", f"SELECT g.v, g.ts, x.n FROM g JOIN (SELECT ts, count(*) AS n FROM e GROUP BY ts) x ON g.ts BETWEEN x.ts AND x.ts + {AROUND[1]}"),
    ("as_of", f"{VERSIONS} SELECT e.k, e.v, e.ts, r.v AS w, r.ts AS since FROM e JOIN r FOR SYSTEM_TIME AS OF e.ts ON e.k = r.k",
     f"SELECT e.k, e.v, e.ts, r.v AS w, r.ts AS since FROM {valid('INNER')} WHERE {PASSED}"),
    ("as_of_left", f"{VERSIONS} SELECT e.k, e.v, e.ts, r.v AS w FROM e LEFT JOIN r FOR SYSTEM_TIME AS OF e.ts ON r.k = e.k AND r.v > e.v - 3",
     f"SELECT e.k, e.v, e.ts, r.v AS w FROM {valid('LEFT', condition='r.v > e.v - 3')} WHERE e.ts IS NULL OR ({PASSED})"),
    ("as_of_windows", f"{VERSIONS} SELECT window_start, count(*) AS n, sum(w) AS t FROM TUMBLE((SELECT e.ts, r.v AS w FROM e JOIN r FOR SYSTEM_TIME AS OF e.ts ON e.k = r.k WHERE e.v > 2), ts, INTERVAL '5 seconds') GROUP BY window_start, window_end",
     f"""SELECT window_start, count(*) AS n, sum(w) AS t FROM {tumble(never_late(f"SELECT e.ts, r.v AS w FROM {valid('INNER')} WHERE {PASSED} AND e.v > 2"), 5)} GROUP BY window_start, window_end"""),
    ("as_of_twice", f"{VERSIONS} SELECT e.v, e.ts, r.v AS w, o.v AS x FROM e JOIN r FOR SYSTEM_TIME AS OF e.ts ON e.k = r.k LEFT JOIN r FOR SYSTEM_TIME AS OF e.ts AS o ON o.k = r.v",
     f"SELECT e.v, e.ts, r.v AS w, o.v AS x FROM {valid('INNER')} LEFT JOIN LATERAL (SELECT * FROM {timely('g')} WHERE g.k = r.v AND g.ts <= e.ts ORDER BY g.ts DESC, g.v LIMIT 1) o ON true WHERE {PASSED}"),
    # views on views
    ("view_filter", "SELECT k, t FROM va WHERE c > 2"),
    ("view_join_views", "SELECT va.k, va.c, vb.s, vb.low FROM va JOIN vb ON va.k = vb.k"),
    ("view_and_its_view", "SELECT va.k, va.t, vva.times, vva.low FROM va JOIN vva ON va.c = vva.c"),
    ("view_and_its_table", "SELECT a.id, va.c FROM a LEFT JOIN va ON a.k = va.k"),
    ("view_self_join", "SELECT x.k, y.k AS other FROM va x JOIN va y ON x.c = y.c AND x.k < y.k AND x.k < 100"),
    ("view_of_join", "SELECT s, count(*) AS n, max(av) AS a, min(bv) AS b FROM vj GROUP BY s"),
    ("view_join_itself", "SELECT x.id, y.bv FROM vj x LEFT JOIN vj y ON x.id = y.id AND x.bv < y.bv"),
    # TopN, LIMIT, DISTINCT
    ("top_one", TOP_N.format(columns="k, v, s", window="PARTITION BY k ORDER BY v DESC, s", table="b", limit=1)),
    ("top_three", TOP_N.format(columns="k, v, id, place", window="PARTITION BY k ORDER BY v, id", table="a", limit=3)),
    ("top_bag", TOP_N.format(columns="k, v, s, place", window="PARTITION BY s ORDER BY v DESC, k, s", table="b", limit=4)),
    ("top_global", TOP_N.format(columns="id, v", window="ORDER BY v DESC NULLS LAST, id", table="a", limit=5)),
    ("top_append", TOP_N.format(columns="k, v, s", window="PARTITION BY k ORDER BY v DESC, s", table="f", limit=2)),
    ("top_rank", "SELECT k, v, place FROM (SELECT k, v, rank() OVER (PARTITION BY k ORDER BY v DESC) AS place FROM b) x WHERE place <= 2"),
    ("top_of_aggregate", "SELECT k, s, t FROM (SELECT k, s, t, row_number() OVER (PARTITION BY k ORDER BY t DESC, s) AS place FROM (SELECT k, s, sum(v) AS t FROM b GROUP BY k, s) y) x WHERE place <= 2"),
    ("top_of_join", "SELECT id, v, s FROM (SELECT a.id, b.v, b.s, row_number() OVER (PARTITION BY a.id ORDER BY b.v, b.s) AS place FROM a JOIN b ON a.k = b.k) x WHERE place = 1"),
    ("limit", "SELECT id, v FROM a ORDER BY v DESC, id LIMIT 4"),
    ("limit_offset", "SELECT k, v, s FROM b ORDER BY v, k, s LIMIT 3 OFFSET 2"),
    ("limit_append", "SELECT k, v, s FROM f ORDER BY v DESC, k, s LIMIT 4"),
    ("distinct", "SELECT DISTINCT k, s FROM b"),
    ("distinct_append_rows", "SELECT DISTINCT k, v FROM f"),
    ("distinct_join", "SELECT DISTINCT a.s, b.s AS t FROM a JOIN b ON a.k = b.k"),
    ("distinct_on", "SELECT DISTINCT ON (k) k, v, s FROM b ORDER BY k, v DESC, s"),
    # set operations
    ("union_all", "SELECT k, v FROM a UNION ALL SELECT k, v FROM b"),
    ("union", "SELECT k, v FROM a UNION SELECT k, v FROM b"),
    ("union_self", "SELECT k FROM b WHERE v > 3 UNION SELECT k FROM b WHERE v < 8"),
    ("union_of_three", "SELECT k, s FROM a UNION SELECT k, s FROM b UNION ALL SELECT k, s FROM f"),
    ("intersect", "SELECT k, s FROM a INTERSECT SELECT k, s FROM b"),
    ("intersect_all", "SELECT k FROM a INTERSECT ALL SELECT k FROM b"),
    ("except", "SELECT k, s FROM a EXCEPT SELECT k, s FROM b"),
    ("except_all", "SELECT k FROM b EXCEPT ALL SELECT k FROM a"),
    ("except_self", "SELECT k, v FROM b EXCEPT ALL SELECT k, v FROM b WHERE v > 5"),
    # sub-queries
    ("in", "SELECT id, k FROM a WHERE k IN (SELECT k FROM b WHERE v > 5)"),
    ("not_in", "SELECT id, k FROM a WHERE k NOT IN (SELECT k FROM b WHERE v > 12)"),
    ("not_in_filtered", "SELECT id, k FROM a WHERE k NOT IN (SELECT k FROM b WHERE k IS NOT NULL AND v > 5)"),
    ("not_in_correlated", "SELECT id FROM a WHERE v NOT IN (SELECT b.v FROM b WHERE b.k = a.k)"),
    ("in_or", "SELECT id FROM a WHERE v > 15 OR k IN (SELECT k FROM b WHERE s = 'x')"),
    ("in_as_value", "SELECT id, k IN (SELECT k FROM b WHERE v > 6) AS found FROM a"),
    ("exists", "SELECT id FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.k = a.k AND b.v > a.v)"),
    ("not_exists", "SELECT id, v FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.k = a.k AND b.s = a.s)"),
    ("exists_self", "SELECT k, v FROM b x WHERE NOT EXISTS (SELECT 1 FROM b y WHERE y.k = x.k AND y.v > x.v)"),
    ("exists_global", "SELECT id FROM a WHERE EXISTS (SELECT 1 FROM b WHERE v > 18)"),
    ("scalar", "SELECT id, v - (SELECT max(v) FROM b) AS less FROM a"),
    ("scalar_filter", "SELECT id, v FROM a WHERE v > (SELECT avg(v) FROM a)"),
    ("scalar_correlated", "SELECT id, (SELECT sum(v) FROM b WHERE b.k = a.k) AS t, (SELECT count(*) FROM b WHERE b.k = a.k) AS n FROM a"),
    ("scalar_row", "SELECT b.k, (SELECT c.v FROM c WHERE c.id = b.v) AS x FROM b"),
    ("any_all", "SELECT id FROM a WHERE v >= ALL (SELECT v FROM c WHERE c.k = a.k)"),
    ("cte", "WITH t AS (SELECT k, sum(v) AS t FROM b GROUP BY k) SELECT x.k, x.t, y.t AS u FROM t x JOIN t y ON x.k = y.k + 1"),
    # OVER
    ("over_sum", "SELECT id, k, sum(v) OVER (PARTITION BY k ORDER BY id) AS running FROM a"),
    ("over_whole", "SELECT id, v, count(*) OVER (PARTITION BY k) AS n, max(v) OVER () AS high FROM a"),
    ("over_rows", "SELECT id, sum(v) OVER (PARTITION BY k ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS near FROM a"),
    ("over_lag", "SELECT id, lag(v) OVER (PARTITION BY k ORDER BY id) AS before, lead(s, 1, 'end') OVER (PARTITION BY k ORDER BY id) AS after FROM a"),
    ("over_rank", "SELECT k, v, rank() OVER (PARTITION BY k ORDER BY v) AS r, dense_rank() OVER (PARTITION BY k ORDER BY v) AS d FROM b"),
    ("over_first", "SELECT id, first_value(s) OVER (PARTITION BY k ORDER BY v, id) AS f, last_value(v) OVER (PARTITION BY k ORDER BY v, id) AS l FROM a"),
    ("over_range", "SELECT id, count(*) OVER (ORDER BY v RANGE BETWEEN 2 PRECEDING AND CURRENT ROW) AS near FROM a"),
    ("over_of_aggregate", "SELECT k, sum(v) AS t, rank() OVER (ORDER BY sum(v) DESC) AS r FROM b GROUP BY k"),
    ("over_append", "SELECT k, v, sum(v) OVER (PARTITION BY k ORDER BY v) AS running FROM f"),
    # windows of event time
    ("tumble_count", "SELECT window_start, window_end, k, count(*) AS n, sum(v) AS t FROM TUMBLE(e, ts, INTERVAL '10 seconds') GROUP BY window_start, window_end, k",
     f"SELECT window_start, window_end, k, count(*) AS n, sum(v) AS t FROM {tumble('e', 10)} GROUP BY window_start, window_end, k"),
    ("tumble_table", "SELECT window_start, max(v) AS high, count(DISTINCT k) AS n FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '7' SECOND)) GROUP BY window_start, window_end",
     f"SELECT window_start, max(v) AS high, count(DISTINCT k) AS n FROM {tumble('e', 7)} GROUP BY window_start, window_end"),
    ("tumble_final", "SELECT window_end, k, count(*) AS n, min(v) AS low FROM TUMBLE(e, ts, INTERVAL '10 seconds') GROUP BY window_start, window_end, k EMIT ON WINDOW CLOSE",
     f"SELECT window_end, k, count(*) AS n, min(v) AS low FROM {tumble('e', 10)} WHERE window_end <= {closed('e')} GROUP BY window_start, window_end, k"),
    ("tumble_rows", "SELECT k, v, window_start FROM TUMBLE(e, ts, INTERVAL '10 seconds')",
     f"SELECT k, v, window_start FROM {tumble('e', 10)}"),
    ("hop_count", "SELECT window_start, count(*) AS n, sum(v) AS t FROM HOP(e, ts, INTERVAL '5 seconds', INTERVAL '15 seconds') GROUP BY window_start, window_end",
     f"SELECT window_start, count(*) AS n, sum(v) AS t FROM {hop('e', 5, 15)} GROUP BY window_start, window_end"),
    ("hop_final", "SELECT window_end, k, max(v) AS high FROM HOP(e, ts, INTERVAL '4 seconds', INTERVAL '8 seconds') GROUP BY window_start, window_end, k EMIT ON WINDOW CLOSE",
     f"SELECT window_end, k, max(v) AS high FROM {hop('e', 4, 8)} WHERE window_end <= {closed('e')} GROUP BY window_start, window_end, k"),
    ("hop_folded", "SELECT k, window_start, count(*) AS n, max(v) AS high, avg(v) AS mean FROM HOP(e, ts, INTERVAL '4 seconds', INTERVAL '10 seconds') GROUP BY k, window_start",
     f"SELECT k, window_start, count(*) AS n, max(v) AS high, avg(v) AS mean FROM {hop('e', 4, 10)} GROUP BY k, window_start"),
    ("hop_best", "SELECT x.k, x.n, x.window_start FROM (SELECT k, count(*) AS n, window_start, window_end FROM HOP(e, ts, INTERVAL '5 seconds', INTERVAL '15 seconds') GROUP BY k, window_start, window_end) x "
     "JOIN (SELECT max(n) AS m, window_start, window_end FROM (SELECT k, count(*) AS n, window_start, window_end FROM HOP(e, ts, INTERVAL '5 seconds', INTERVAL '15 seconds') GROUP BY k, window_start, window_end) y "
     "GROUP BY window_start, window_end) z ON x.window_start = z.window_start AND x.window_end = z.window_end AND x.n >= z.m",
     f"SELECT x.k, x.n, x.window_start FROM (SELECT k, count(*) AS n, window_start FROM {hop('e', 5, 15)} GROUP BY k, window_start) x "
     f"JOIN (SELECT max(n) AS m, window_start FROM (SELECT k, count(*) AS n, window_start FROM {hop('e', 5, 15)} GROUP BY k, window_start) y GROUP BY window_start) z "
     "ON x.window_start = z.window_start AND x.n >= z.m"),
    ("window_join", "SELECT x.k, x.window_start, x.v, y.v AS w FROM TUMBLE(e, ts, INTERVAL '10 seconds') x JOIN TUMBLE(g, ts, INTERVAL '10 seconds') y "
     "ON x.k = y.k AND x.window_start = y.window_start AND x.window_end = y.window_end",
     f"SELECT x.k, x.window_start, x.v, y.v AS w FROM (SELECT * FROM {tumble('e', 10)}) x JOIN (SELECT * FROM {tumble('g', 10)}) y "
     "ON x.k = y.k AND x.window_start = y.window_start"),
    ("window_top", "SELECT window_start, k, n FROM (SELECT window_start, k, n, row_number() OVER (PARTITION BY window_start, window_end ORDER BY n DESC, k) AS place FROM "
     "(SELECT window_start, window_end, k, count(*) AS n FROM TUMBLE(e, ts, INTERVAL '10 seconds') GROUP BY window_start, window_end, k) y) x WHERE place <= 2",
     "SELECT window_start, k, n FROM (SELECT window_start, k, n, row_number() OVER (PARTITION BY window_start, window_end ORDER BY n DESC, k) AS place FROM "
     f"(SELECT window_start, window_end, k, count(*) AS n FROM {tumble('e', 10)} GROUP BY window_start, window_end, k) y) x WHERE place <= 2"),
    ("window_join_table", "SELECT w.window_start, a.s, count(*) AS n FROM TUMBLE(e, ts, INTERVAL '10 seconds') w JOIN a ON a.k = w.k GROUP BY w.window_start, w.window_end, a.s",
     f"SELECT w.window_start, a.s, count(*) AS n FROM {tumble('e', 10)} JOIN a ON a.k = w.k GROUP BY w.window_start, w.window_end, a.s"),
    ("cumulate_count", "SELECT window_start, window_end, k, count(*) AS n, sum(v) AS t FROM CUMULATE(e, ts, INTERVAL '5 seconds', INTERVAL '20 seconds') GROUP BY window_start, window_end, k",
     f"SELECT window_start, window_end, k, count(*) AS n, sum(v) AS t FROM {cumulate('e', 5, 20)} GROUP BY window_start, window_end, k"),
    ("cumulate_final", "SELECT window_start, window_end, count(*) AS n, min(v) AS low FROM CUMULATE(g, ts, INTERVAL '4 seconds', INTERVAL '12 seconds') GROUP BY window_start, window_end EMIT ON WINDOW CLOSE",
     f"SELECT window_start, window_end, count(*) AS n, min(v) AS low FROM {cumulate('g', 4, 12)} WHERE window_end <= {closed('g')} GROUP BY window_start, window_end"),
    ("hop_wide", "SELECT window_end, k, count(*) AS n, avg(v) AS mean FROM HOP(g, ts, INTERVAL '2 seconds', INTERVAL '20 seconds') GROUP BY window_start, window_end, k",
     f"SELECT window_end, k, count(*) AS n, avg(v) AS mean FROM {hop('g', 2, 20)} GROUP BY window_start, window_end, k"),
    ("hop_uneven", "SELECT window_start, count(DISTINCT k) AS n, max(v) AS high FROM HOP(g, ts, INTERVAL '4 seconds', INTERVAL '10 seconds') GROUP BY window_start, window_end",
     f"SELECT window_start, count(DISTINCT k) AS n, max(v) AS high FROM {hop('g', 4, 10)} GROUP BY window_start, window_end"),
    ("session_count", "SELECT k, window_start, window_end, count(*) AS n, sum(v) AS t FROM TABLE(SESSION(TABLE e PARTITION BY k, DESCRIPTOR(ts), INTERVAL '4' SECOND)) GROUP BY k, window_start, window_end",
     f"SELECT k, window_start, window_end, count(*) AS n, sum(v) AS t FROM {sessions(timely('e'), 'k, ', 4)} GROUP BY k, window_start, window_end"),
    ("session_group", "SELECT k, SESSION_START(ts, INTERVAL '6' SECOND) AS f, SESSION_END(ts, INTERVAL '6' SECOND) AS u, max(v) AS high, count(DISTINCT v) AS n FROM g GROUP BY k, SESSION(ts, INTERVAL '6' SECOND)",
     f"SELECT k, window_start AS f, window_end AS u, max(v) AS high, count(DISTINCT v) AS n FROM {sessions(timely('g'), 'k, ', 6)} GROUP BY k, window_start, window_end"),
    ("session_final", "SELECT k, window_start, window_end, count(*) AS n, min(v) AS low FROM SESSION(e PARTITION BY k, ts, INTERVAL '3 seconds') GROUP BY k, window_start, window_end EMIT ON WINDOW CLOSE",
     f"SELECT k, window_start, window_end, count(*) AS n, min(v) AS low FROM {sessions(timely('e'), 'k, ', 3)} WHERE window_end <= {closed('e')} GROUP BY k, window_start, window_end"),
    ("session_rows", "SELECT k, v, ts, window_start, window_end FROM SESSION(g, ts, INTERVAL '2 seconds')",
     f"SELECT k, v, ts, window_start, window_end FROM {sessions(timely('g'), '', 2)}"),
    ("session_updating", "SELECT id, k, window_start, window_end FROM SESSION((SELECT *, timestamp '2020-01-01' + v * interval '1 second' AS ts FROM a WHERE v IS NOT NULL) PARTITION BY k, ts, INTERVAL '3 seconds')",
     f"""SELECT id, k, window_start, window_end FROM {sessions("(SELECT *, timestamp '2020-01-01' + v * interval '1 second' AS ts FROM a) a", 'k, ', 3)}"""),
    ("session_bag", "SELECT window_start, window_end, count(*) AS n FROM SESSION((SELECT *, timestamp '2020-01-01' + v * interval '2 seconds' AS ts FROM b WHERE v > 2) PARTITION BY s, ts, INTERVAL '3 seconds') GROUP BY s, window_start, window_end",
     f"""SELECT window_start, window_end, count(*) AS n FROM {sessions("(SELECT *, timestamp '2020-01-01' + v * interval '2 seconds' AS ts FROM b WHERE v > 2) b", 's, ', 3)} GROUP BY s, window_start, window_end"""),
    ("view_window_group", "SELECT window_end, sum(n) AS n, max(t) AS high FROM vw GROUP BY window_end"),
    ("view_window_join", "SELECT vw.k, vw.window_end, vw.n, vf.n AS m FROM vw JOIN vf ON vw.window_end = vf.window_end"),
    ("view_window_left", "SELECT vw.k, vw.window_start, vf.n AS m FROM vw LEFT JOIN vf ON vw.window_start = vf.window_start AND vf.n > 1"),
    ("view_final_top", TOP_N.format(columns="window_end, n", window="ORDER BY n DESC, window_end", table="vf", limit=3)),
    ("union_times", "SELECT window_start, window_end, k, count(*) AS n FROM TUMBLE((SELECT k, ts AS t FROM e UNION ALL SELECT k, ts + INTERVAL '7 seconds' FROM g), t, INTERVAL '10 seconds') GROUP BY window_start, window_end, k",
     f"SELECT window_start, window_end, k, count(*) AS n FROM {tumble(UNION_TIMES, 10)} GROUP BY window_start, window_end, k"),
    ("union_windows", "SELECT window_start, window_end, count(*) AS n FROM HOP((SELECT window_end AS t FROM vw UNION ALL SELECT ts FROM g), t, INTERVAL '5 seconds', INTERVAL '10 seconds') GROUP BY window_start, window_end",
     f"SELECT window_start, window_end, count(*) AS n FROM {hop(UNION_WINDOWS, 5, 10)} GROUP BY window_start, window_end"),
    ("view_second_time", "SELECT window_start, window_end, count(*) AS n, max(v) AS high FROM HOP(vt, t, INTERVAL '4 seconds', INTERVAL '8 seconds') GROUP BY window_start, window_end EMIT ON WINDOW CLOSE",
     f"SELECT window_start, window_end, count(*) AS n, max(v) AS high FROM {hop(moved('e', 3), 4, 8)} WHERE window_end <= {closed('e')} + interval '3 seconds' GROUP BY window_start, window_end"),
    ("view_both_times", "SELECT x.window_start, x.n, y.n AS m FROM (SELECT window_start, count(*) AS n FROM TUMBLE(vt, ts, INTERVAL '6 seconds') GROUP BY window_start) x JOIN (SELECT window_start, count(*) AS n FROM TUMBLE(vt, t, INTERVAL '6 seconds') GROUP BY window_start) y ON x.window_start = y.window_start",
     f"SELECT x.window_start, x.n, y.n AS m FROM (SELECT window_start, count(*) AS n FROM {tumble('e', 6)} GROUP BY window_start) x JOIN (SELECT window_start, count(*) AS n FROM {tumble(moved('e', 3), 6)} GROUP BY window_start) y ON x.window_start = y.window_start"),
    ("view_time_session", "SELECT k, window_start, window_end, count(*) AS n FROM SESSION(vt PARTITION BY k, t, INTERVAL '4 seconds') GROUP BY k, window_start, window_end",
     f"SELECT k, window_start, window_end, count(*) AS n FROM {sessions(timely(moved('e', 3)), 'k, ', 4)} GROUP BY k, window_start, window_end"),
    ("view_time_join", "SELECT vt.v, vt.t, g.v AS w FROM vt JOIN g ON vt.k = g.k AND g.ts BETWEEN vt.t - INTERVAL '4 seconds' AND vt.t",
     f"SELECT m.v, m.ts AS t, g.v AS w FROM {timely(moved('e', 3))} JOIN {timely('g')} ON m.k = g.k AND g.ts BETWEEN m.ts - INTERVAL '4 seconds' AND m.ts"),
    ("windows_of_windows", "SELECT window_start, window_end, count(*) AS n, sum(n) AS t FROM HOP((SELECT window_end AS ts, n FROM vw), ts, INTERVAL '10 seconds', INTERVAL '20 seconds') GROUP BY window_start, window_end EMIT ON WINDOW CLOSE",
     f"SELECT window_start, window_end, count(*) AS n, sum(n) AS t FROM {hop(never_late(VW_TIMES), 10, 20)} WHERE window_end <= date_bin('10 seconds', {closed('e')}, '1970-01-01') + interval '10 seconds' GROUP BY window_start, window_end"),
    ("hop_over_join", "SELECT window_start, count(*) AS n, max(m) AS high FROM HOP((SELECT vw.window_end AS ts, vf.n AS m FROM vw JOIN vf ON vw.window_end = vf.window_end), ts, INTERVAL '5 seconds', INTERVAL '15 seconds') GROUP BY window_start",
     f"SELECT window_start, count(*) AS n, max(m) AS high FROM {hop(never_late('SELECT vw.window_end AS ts, vf.n AS m FROM vw JOIN vf ON vw.window_end = vf.window_end'), 5, 15)} GROUP BY window_start"),
    ("window_end_rounded", "SELECT date_bin('30 seconds', window_end, timestamp '1970-01-01') AS half, sum(n) AS n FROM vw GROUP BY 1 EMIT ON WINDOW CLOSE",
     f"SELECT * FROM (SELECT date_bin('30 seconds', ts, '1970-01-01') AS half, sum(n) AS n FROM ({VW_TIMES}) x GROUP BY 1) y WHERE half < date_bin('30 seconds', date_bin('10 seconds', {closed('e')}, '1970-01-01') + interval '10 seconds', '1970-01-01')"),
    ("window_over_group", "SELECT window_start, count(*) AS n, sum(n) AS t FROM TUMBLE((SELECT ts, k, count(*) AS n FROM e GROUP BY ts, k), ts, INTERVAL '10 seconds') GROUP BY window_start",
     f"SELECT window_start, count(*) AS n, sum(n) AS t FROM {tumble(never_late('SELECT ts, k, count(*) AS n FROM e GROUP BY ts, k'), 10)} GROUP BY window_start"),
    ("window_over_top", f"SELECT window_start, count(*) AS n, sum(v) AS t FROM TUMBLE(({TOP_N.format(columns='k, v, ts', window='PARTITION BY k ORDER BY ts, v', table='g', limit=2)}), ts, INTERVAL '10 seconds') GROUP BY window_start",
     f"SELECT window_start, count(*) AS n, sum(v) AS t FROM {tumble(never_late(TOP_N.format(columns='k, v, ts', window='PARTITION BY k ORDER BY ts, v', table='g', limit=2)), 10)} GROUP BY window_start"),
    ("window_over_equal", "SELECT window_start, window_end, count(*) AS n FROM TUMBLE((SELECT e.ts FROM e JOIN g ON e.ts = g.ts), ts, INTERVAL '10 seconds') GROUP BY window_start, window_end EMIT ON WINDOW CLOSE",
     f"SELECT window_start, window_end, count(*) AS n FROM {tumble(never_late('SELECT e.ts FROM ' + timely('e') + ' JOIN ' + timely('g') + ' ON e.ts = g.ts'), 10)} WHERE window_end <= least({closed('e')}, {closed('g')}) AND {closed('e')} IS NOT NULL AND {closed('g')} IS NOT NULL GROUP BY window_start, window_end"),
    ("window_over_interval", f"SELECT window_start, window_end, count(*) AS n, sum(w) AS w FROM TUMBLE(({PAIRS}), ts, INTERVAL '10 seconds') GROUP BY window_start, window_end EMIT ON WINDOW CLOSE",
     f"SELECT window_start, window_end, count(*) AS n, sum(w) AS w FROM {tumble(never_late(PAIRS), 10)} WHERE window_end <= {PAIRS_CLOSED} GROUP BY window_start, window_end"),
    ("hop_over_interval_left", f"SELECT window_start, window_end, count(*) AS n, count(w) AS m FROM HOP(({PAIRS_LEFT}), ts, INTERVAL '5 seconds', INTERVAL '10 seconds') GROUP BY window_start, window_end EMIT ON WINDOW CLOSE",
     f"SELECT window_start, window_end, count(*) AS n, count(w) AS m FROM {hop(never_late(PAIRS_LEFT), 5, 10)} WHERE window_end <= {PAIRS_CLOSED} GROUP BY window_start, window_end"),
    ("session_over_interval", f"SELECT k, window_start, window_end, count(*) AS n FROM SESSION(({PAIRS}) PARTITION BY k, ts, INTERVAL '4 seconds') GROUP BY k, window_start, window_end",
     f"SELECT k, window_start, window_end, count(*) AS n FROM {sessions(f'({PAIRS}) m', 'k, ', 4)} GROUP BY k, window_start, window_end"),
    ("interval_over_interval", f"SELECT x.w, g.v FROM ({PAIRS}) x JOIN {{g}} ON x.k = g.k AND x.ts BETWEEN g.ts AND g.ts + {AROUND[1]}"),
    ("window_over_unnest", "SELECT window_start, window_end, count(*) AS n FROM TUMBLE((SELECT ts, u FROM e, unnest(ARRAY[k, 2]) u), ts, INTERVAL '10 seconds') GROUP BY window_start, window_end EMIT ON WINDOW CLOSE",
     f"SELECT window_start, window_end, 2 * count(*) AS n FROM {tumble('e', 10)} WHERE window_end <= {closed('e')} GROUP BY window_start, window_end"),
    ("event_time_group", "SELECT ts, count(*) AS n, max(v) AS high FROM e GROUP BY ts"),
    ("event_time_filter", "SELECT k, v FROM e WHERE ts > timestamp '2020-01-01 00:00:20'"),
]


# The late rows of a view, and the rows that fail in it, as PostgreSQL finds them.
LATE = {
    "tumble_count": late("e", 10, 10), "tumble_table": late("e", 7, 7), "tumble_final": late("e", 10, 10), "tumble_rows": late("e", 10, 10),
    "hop_count": late("e", 5, 15), "hop_final": late("e", 4, 8), "hop_wide": late("g", 2, 20), "hop_uneven": late("g", 4, 10),
    "cumulate_count": late("e", 5, 20, True), "cumulate_final": late("g", 4, 12, True), "window_top": late("e", 10, 10),
    "session_count": late_rows("e"), "session_final": late_rows("e"), "session_rows": late_rows("g"), "session_group": late_rows("g"),
    "union_times": late(UNION_TIMES, 10, 10), "union_windows": late(UNION_WINDOWS, 5, 10), "view_second_time": late(moved("e", 3), 4, 8),
    "view_time_session": late_rows(moved("e", 3)), "view_time_join": late_rows(moved("e", 3), "g"),
    "as_of": late_rows("e", "g"), "as_of_left": late_rows("e", "g"),
    "interval_join": late_rows("e", "g"), "interval_left": late_rows("e", "g"), "interval_keys": late_rows("e", "g"),
}
BROKEN = {
    "row_errors": "SELECT '22012', count(*) FROM a WHERE v = 0 HAVING count(*) > 0",
    "errors_grouped": "SELECT '22012', count(*) FROM b WHERE v = 0 HAVING count(*) > 0",
    "errors_where": "SELECT '22012', count(*) FROM b WHERE v = 0 HAVING count(*) > 0",
    "tumble_count": "SELECT '22004', count(*) FROM e WHERE ts IS NULL HAVING count(*) > 0",
    "hop_wide": "SELECT '22004', count(*) FROM g WHERE ts IS NULL HAVING count(*) > 0",
    "cumulate_count": "SELECT '22004', count(*) FROM e WHERE ts IS NULL HAVING count(*) > 0",
}

# name, connector, query on Leat, query on PostgreSQL: files take what is only appended, blackholes sum up every change.
SINKS = [
    ("appended", "file", "SELECT k, v, s FROM f WHERE v > 2", "SELECT k, v, s FROM f WHERE v > 2"),
    ("windows", "file", "SELECT window_start, window_end, n FROM vf", "SELECT window_start, window_end, n FROM vf"),
    ("final", "file", "SELECT window_end, k, count(*) AS n FROM TUMBLE(e, ts, INTERVAL '10 seconds') GROUP BY window_start, window_end, k EMIT ON WINDOW CLOSE",
     f"SELECT window_end, k, count(*) AS n FROM {tumble('e', 10)} WHERE window_end <= {closed('e')} GROUP BY window_start, window_end, k"),
    ("keyed", "blackhole", "SELECT * FROM a", "SELECT * FROM a"),
    ("grouped", "blackhole", "SELECT * FROM va", "SELECT * FROM va"),
    ("joined", "blackhole", "SELECT a.id, b.v, b.s FROM a LEFT JOIN b ON a.k = b.k", "SELECT a.id, b.v, b.s FROM a LEFT JOIN b ON a.k = b.k"),
]


def said(shape, side):
    """A shape's query on one side; {e} and {g} stand for what an interval join reads of them there."""
    query = shape[1] if side == 0 else shape[-1]
    for table in "eg":
        query = query.replace(f"{{{table}}}", table if side == 0 else timely(table))
    return query


def shapes():
    """(name, query on Leat, query on PostgreSQL) of every shape."""
    return [(shape[0], said(shape, 0), said(shape, 1)) for shape in SHAPES]
