/* Plans: their shape as EXPLAIN shows it, and queries that must become the same plan. */
#include "executor/operators/operator.h"
#include "planner/bind/definition.h"
#include "planner/test/testing.h"

static const struct {
    PlanMode mode;
    const char *sql, *plan;
} plans[] = {
    {PLAN_ONE_SHOT, "select b + 1 as x from t where a > 3 and c = 'y' order by x limit 2",
        "Sort keys: x limit: '2'::bigint\n"
        "  ->  Project (b + 1)\n"
        "        ->  Filter condition: ((a > 3) AND (c = 'y'::text))\n"
        "              ->  Scan t\n"},
    {PLAN_ONE_SHOT, "select t.b, u.d from t left join u on t.a = u.a where u.d > 3 and t.a = 5",
        "Project b, d\n"
        "  ->  HashJoin (inner) keys: a equal to: a\n"
        "        ->  Scan t key: 5\n"
        "        ->  Filter condition: (d > 3)\n"
        "              ->  Scan u key: 5\n"},
    {PLAN_ONE_SHOT, "select c from t where a = $1", "Scan t key: $1\n"},
    {PLAN_ONE_SHOT, "select c from t where a = $1::int8",
        "Scan t key: CASE WHEN (($1 >= '-2147483648'::bigint) AND ($1 <= '2147483647'::bigint)) THEN "
        "($1)::integer ELSE NULL::integer END\n"},
    {PLAN_ONE_SHOT, "select c from t where 5::int2 = a", "Scan t key: 5\n"},
    {PLAN_ONE_SHOT, "select c from t where a = 5000000000", "Scan t key: NULL::integer\n"},
    {PLAN_ONE_SHOT, "select c from t where a = 5.0",
        "Project c\n  ->  Filter condition: ((a)::numeric = 5.0)\n        ->  Scan t\n"},
    {PLAN_ONE_SHOT, "select a from t where exists (select 1 from u where u.a = t.a and u.d > t.b)",
        "Project a\n"
        "  ->  HashJoin (semi) keys: a equal to: a condition: (d > b)\n"
        "        ->  Scan t\n"
        "        ->  Scan u\n"},
    {PLAN_ONE_SHOT, "select a, (select count(*) from u where u.a = t.b) from t",
        "Project a, COALESCE(count, '0'::bigint)\n"
        "  ->  HashJoin (left) keys: b equal to: a\n"
        "        ->  Scan t\n"
        "        ->  Aggregate keys: a aggregates: count(*) (complete)\n"
        "              ->  Scan u\n"},
    {PLAN_ONE_SHOT, "select a, (select sum(d) from u where u.a > t.b) from t",
        "Project a, sum\n"
        "  ->  HashJoin (left) keys: b equal to: b null-safe\n"
        "        ->  Scan t\n"
        "        ->  Aggregate keys: b aggregates: sum(d) (complete)\n"
        "              ->  Project b, d\n"
        "                    ->  HashJoin (inner) condition: (a > b)\n"
        "                          ->  Scan u\n"
        "                          ->  Aggregate keys: b (complete)\n"
        "                                ->  Scan t\n"},
    {PLAN_ONE_SHOT, "select a, (select y from r where r.x = t.b) from t",
        "Project a, y\n"
        "  ->  HashJoin (left) keys: b equal to: x\n"
        "        ->  Scan t\n"
        "        ->  SingleRow keys: x\n"
        "              ->  HashJoin (semi) keys: x equal to: b\n"
        "                    ->  Project y, x\n"
        "                          ->  Scan r\n"
        "                    ->  Aggregate keys: b (complete)\n"
        "                          ->  Scan t\n"},
    {PLAN_ONE_SHOT, "select t.a, g from t, generate_series(1, t.b) g",
        "Project a, g\n"
        "  ->  TableFunction generate_series(int4, int4) -> setof int4 arguments: 1, b\n"
        "        ->  Scan t\n"},
    {PLAN_ONE_SHOT,
        "select * from (select *, rank() over (partition by x order by z desc) n from r) q where n < 4",
        "TopN partition by: x order by: z DESC limit: 3 with row number with rank\n"
        "  ->  Scan r\n"},
    {PLAN_ONE_SHOT, "select v.total from v where a = 7",
        "Project count\n"
        "  ->  Aggregate keys: a aggregates: count(*) (complete)\n"
        "        ->  Scan t key: 7\n"},
    {PLAN_ONE_SHOT, "select relname from pg_class where oid = 3",
        "Project relname\n"
        "  ->  Filter condition: (oid = '3'::oid)\n"
        "        ->  SystemScan pg_catalog.pg_class\n"},
    {PLAN_ONE_SHOT,
        "select 1 from u x where exists (select 1 from t y where not exists (select 1 from u z where z.d <= "
        "y.b or z.d = x.d))",
        "Project 1\n"
        "  ->  HashJoin (semi) keys: d equal to: d null-safe\n"
        "        ->  Scan u x\n"
        "        ->  Project d\n"
        "              ->  HashJoin (anti) condition: ((d <= b) OR (d = d))\n"
        "                    ->  Project d, b\n"
        "                          ->  HashJoin (inner)\n"
        "                                ->  Scan t y\n"
        "                                ->  Aggregate keys: d (complete)\n"
        "                                      ->  Scan u x\n"
        "                    ->  Scan u z\n"},
    {PLAN_ONE_SHOT,
        "select 1 from t x where not exists (select 1 from u y where 2 > (select sum(z.b) from t z where x.b "
        "= y.a))",
        "Project 1\n"
        "  ->  HashJoin (anti) keys: b equal to: b null-safe\n"
        "        ->  Scan t x\n"
        "        ->  Project b\n"
        "              ->  HashJoin (inner) keys: a equal to: b\n"
        "                    ->  Scan u y\n"
        "                    ->  Project b\n"
        "                          ->  HashJoin (inner)\n"
        "                                ->  Aggregate keys: b (complete)\n"
        "                                      ->  Scan t x\n"
        "                                ->  Filter condition: (2 > sum)\n"
        "                                      ->  Aggregate aggregates: sum(b) (complete)\n"
        "                                            ->  Scan t z\n"},
    {PLAN_ONE_SHOT, "insert into orders (id, amount) values (1, 2), (3, default)",
        "Project id, 'anon'::character varying(5), amount, (amount * '2'::numeric)\n"
        "  ->  Values rows: 2\n"},
    {PLAN_ONE_SHOT, "update orders set name = upper(t.c) from t where t.a = orders.id",
        "Project id, name, amount, twice, id, cast_assignment((upper(c))::character varying), amount, "
        "(amount * '2'::numeric)\n"
        "  ->  TopN partition by: id limit: 1\n"
        "        ->  Project id, name, amount, twice, c\n"
        "              ->  HashJoin (inner) keys: a equal to: id\n"
        "                    ->  Scan t\n"
        "                    ->  Scan orders\n"},
    {PLAN_ONE_SHOT, "delete from orders where id = 3", "Scan orders key: 3\n"},
    {PLAN_CONTINUOUS,
        "select auction, count(*) c, max(price) from tumble(bid, ts, interval '10 seconds') group by "
        "auction, window_start, window_end emit on "
        "window close",
        "Project auction, count, max\n"
        "  ->  Aggregate keys: auction, window_start, window_end aggregates: count(*), max(price) (complete) "
        "emit on close\n"
        "        ->  Exchange (hash) keys: auction, window_start, window_end\n"
        "              ->  Project auction, price, window_start, window_end\n"
        "                    ->  Window TUMBLE time: ts size: 00:00:10 slide: 00:00:10\n"
        "                          ->  Scan bid\n"},
    {PLAN_CONTINUOUS, "select count(*), max(price) from bid",
        "Aggregate aggregates: count(*), max(max) (final)\n"
        "  ->  Exchange (single)\n"
        "        ->  Aggregate aggregates: count(*), max(price) (partial)\n"
        "              ->  Scan bid\n"},
    {PLAN_CONTINUOUS, "select distinct channel from bid",
        "NOTICE: state of Distinct grows without bound as rows arrive\n"
        "Aggregate keys: channel (complete)\n"
        "  ->  Exchange (hash) keys: channel\n"
        "        ->  Scan bid\n"},
    {PLAN_CONTINUOUS,
        "select * from (select *, row_number() over (partition by auction order by price desc) as rn from "
        "bid) q where rn <= 10",
        "TopN partition by: auction order by: price DESC limit: 10 with row number\n"
        "  ->  Exchange (hash) keys: auction\n"
        "        ->  Scan bid\n"},
    {PLAN_CONTINUOUS,
        "select b.price, p.name from bid b join person p on b.bidder = p.id and b.ts between p.ts and p.ts + "
        "interval '10 seconds'",
        "Project price, name\n"
        "  ->  HashJoin (inner) keys: id equal to: bidder condition: ((ts >= ts) AND (ts <= (ts + "
        "'00:00:10'::interval))) left rows go by: ts right "
        "rows go by: ts\n"
        "        ->  Exchange (hash) keys: id\n"
        "              ->  Project id, name, ts\n"
        "                    ->  Late time: ts\n"
        "                          ->  Scan person p\n"
        "        ->  Exchange (hash) keys: bidder\n"
        "              ->  Project bidder, price, ts\n"
        "                    ->  Late time: ts\n"
        "                          ->  Scan bid b\n"},
    {PLAN_CONTINUOUS, "select b.price, p.name from bid b join person p on b.bidder = p.id",
        "NOTICE: state of HashJoin grows without bound as rows arrive\n"
        "Project price, name\n"
        "  ->  HashJoin (inner) keys: id equal to: bidder\n"
        "        ->  Exchange (hash) keys: id\n"
        "              ->  Scan person p\n"
        "        ->  Exchange (hash) keys: bidder\n"
        "              ->  Scan bid b\n"},
    {PLAN_CONTINUOUS,
        "select p.id, p.window_end from tumble(person, ts, interval '1 minute') p join tumble(bid, ts, "
        "interval '1 minute') b on p.id = b.bidder and "
        "p.window_start = b.window_start and p.window_end = b.window_end",
        "Project id, window_end\n"
        "  ->  HashJoin (inner) keys: bidder, window_start, window_end equal to: id, window_start, "
        "window_end left rows go by: window_end right rows "
        "go by: window_end\n"
        "        ->  Exchange (hash) keys: bidder, window_start, window_end\n"
        "              ->  Project bidder, window_start, window_end\n"
        "                    ->  Window TUMBLE time: ts size: 00:01:00 slide: 00:01:00\n"
        "                          ->  Scan bid\n"
        "        ->  Exchange (hash) keys: id, window_start, window_end\n"
        "              ->  Project id, window_start, window_end\n"
        "                    ->  Window TUMBLE time: ts size: 00:01:00 slide: 00:01:00\n"
        "                          ->  Scan person\n"},
    /* Rows stay where a join, or a join above, has them meet. */
    {PLAN_CONTINUOUS,
        "select b.bidder, b.channel, count(*) from bid b join person p on b.bidder = p.id join orders o on "
        "o.id = p.id group by b.bidder, b.channel",
        "NOTICE: state of HashJoin grows without bound as rows arrive\n"
        "NOTICE: state of HashJoin grows without bound as rows arrive\n"
        "NOTICE: state of Aggregate grows without bound as rows arrive\n"
        "Aggregate keys: bidder, channel aggregates: count(*) (complete)\n"
        "  ->  Project bidder, channel\n"
        "        ->  HashJoin (inner) keys: bidder equal to: id\n"
        "              ->  Exchange (hash) keys: bidder\n"
        "                    ->  Scan bid b\n"
        "              ->  Project id\n"
        "                    ->  HashJoin (inner) keys: id equal to: ?column?\n"
        "                          ->  Exchange (hash) keys: id\n"
        "                                ->  Scan person p\n"
        "                          ->  Exchange (hash) keys: ?column?\n"
        "                                ->  Project (id)::bigint\n"
        "                                      ->  Scan orders o\n"},
    {PLAN_CONTINUOUS,
        "select p.id, p.name from (select name, id, window_end from tumble(person, ts, interval '1 minute') "
        "group by name, id, window_end) p join "
        "(select bidder, window_end from tumble(bid, ts, interval '1 minute') group by bidder, window_end) b "
        "on p.id = b.bidder and p.window_end = "
        "b.window_end",
        "Project id, name\n"
        "  ->  HashJoin (inner) keys: id, window_end equal to: bidder, window_end left rows go by: "
        "window_end right rows go by: window_end\n"
        "        ->  Project name, id, window_end\n"
        "              ->  Aggregate keys: id, window_end, name (complete)\n"
        "                    ->  Exchange (hash) keys: id, window_end\n"
        "                          ->  Project id, name, window_end\n"
        "                                ->  Window TUMBLE time: ts size: 00:01:00 slide: 00:01:00\n"
        "                                      ->  Scan person\n"
        "        ->  Aggregate keys: bidder, window_end (complete)\n"
        "              ->  Exchange (hash) keys: bidder, window_end\n"
        "                    ->  Project bidder, window_end\n"
        "                          ->  Window TUMBLE time: ts size: 00:01:00 slide: 00:01:00\n"
        "                                ->  Scan bid\n"},
    {PLAN_CONTINUOUS, "select auction, price from bid order by price limit 5",
        "TopN order by: price limit: 5\n"
        "  ->  Exchange (single)\n"
        "        ->  Scan bid\n"},
    {PLAN_CONTINUOUS, "select auction from bid where price > 10 order by 1",
        "Project auction\n"
        "  ->  Filter condition: (price > 10)\n"
        "        ->  Scan bid\n"},
    {PLAN_CONTINUOUS, "select mv.a, t.b from mv join t on mv.a = t.a",
        "Project a, b\n"
        "  ->  HashJoin (inner) keys: a equal to: a\n"
        "        ->  Exchange (hash) keys: a\n"
        "              ->  Scan t\n"
        "        ->  Scan mv\n"},
    {PLAN_CONTINUOUS, "select now() n, auction from bid",
        "Project now(), auction\n"
        "  ->  Scan bid\n"},
    {PLAN_CONTINUOUS, "select now() from t",
        "0A000 at 8: now() is not supported over rows that change HINT: In a view it is the time at which a "
        "row enters, so that its input must be "
        "append-only."},
    {PLAN_CONTINUOUS, "select count(*) filter (where ts > now()) from bid",
        "0A000 at 36: now() is not supported in an aggregate of a continuous query"},
    {PLAN_CONTINUOUS, "select sum(extract(day from now() - ts)) from bid",
        "0A000 at 29: now() is not supported in an aggregate of a continuous query"},
    {PLAN_CONTINUOUS,
        "select channel, window_end, count(*) from tumble((select *, proctime() p from bid), p, interval '1 "
        "minute') group by 1, 2 emit on "
        "window close",
        "Aggregate keys: channel, window_end aggregates: count(*) (final) emit on close\n"
        "  ->  Exchange (hash) keys: channel, window_end\n"
        "        ->  Aggregate keys: channel, window_end aggregates: count(*) (partial)\n"
        "              ->  Project channel, window_end\n"
        "                    ->  Window TUMBLE time: p size: 00:01:00 slide: 00:01:00 processing time\n"
        "                          ->  Project channel, proctime()\n"
        "                                ->  Scan bid\n"},
    {PLAN_CONTINUOUS,
        "select auction from bid where ts > localtimestamp - interval '1 hour' and price > 5 and ts <= now()",
        "Project auction\n"
        "  ->  TemporalFilter from: 1 until: 1\n"
        "        ->  Exchange (hash) keys: auction, price, ts\n"
        "              ->  Project auction, price, ts, (ts)::timestamp with time zone, ((ts + "
        "'01:00:00'::interval))::timestamp with time zone\n"
        "                    ->  Filter condition: (price > 5)\n"
        "                          ->  Scan bid\n"},
    {PLAN_CONTINUOUS,
        "select n, auction from (select now() n, * from bid) b where n > now() - interval '1 minute'",
        "TemporalFilter until: 1\n"
        "  ->  Exchange (hash) keys: n, auction\n"
        "        ->  Project n, auction, (n + '00:01:00'::interval)\n"
        "              ->  Project now(), auction\n"
        "                    ->  Scan bid\n"},
    {PLAN_CONTINUOUS, "select auction from bid where ts > now() or price = 1",
        "0A000 at 36: now() is not supported in this condition of a continuous query HINT: A view may "
        "compare a time with it by <, <=, > or >=, as "
        "in "
        "ts > now() - INTERVAL '1 hour'."},
    {PLAN_CONTINUOUS,
        "select channel, max(ts) from bid group by channel having max(ts) > now() - interval '1 day'",
        "NOTICE: state of Aggregate grows without bound as rows arrive\n"
        "TemporalFilter until: 1\n"
        "  ->  Project channel, max, ((max)::timestamp with time zone + '1 day'::interval)\n"
        "        ->  Aggregate keys: channel aggregates: max(max) (final)\n"
        "              ->  Exchange (hash) keys: channel\n"
        "                    ->  Aggregate keys: channel aggregates: max(ts) (partial)\n"
        "                          ->  Scan bid\n"},
    {PLAN_CONTINUOUS, "select random() from bid",
        "0A000 at 8: volatile function random() is not supported in a continuous query"},
    {PLAN_CONTINUOUS, "select auction, count(*) from bid group by auction emit on window close",
        "42P10 at 0: EMIT ON WINDOW CLOSE needs the end of an event-time window among the query's columns "
        "HINT: Group by window_end of TUMBLE, HOP, "
        "CUMULATE or SESSION over a column with a WATERMARK."},
    {PLAN_CONTINUOUS, "select channel, count(*) from session(bid, ts, interval '1 minute') group by channel",
        "NOTICE: state of Aggregate grows without bound as rows arrive\n"
        "Aggregate keys: channel aggregates: count(*) (final)\n"
        "  ->  Exchange (hash) keys: channel\n"
        "        ->  Aggregate keys: channel aggregates: count(*) (partial)\n"
        "              ->  Project channel\n"
        "                    ->  Session time: ts gap: 00:01:00\n"
        "                          ->  Exchange (single)\n"
        "                                ->  Project channel, ts\n"
        "                                      ->  Late time: ts\n"
        "                                            ->  Scan bid\n"},
};

START_TEST(plans_have_this_shape) {
    Arena *arena = arena_create();
    ck_assert_str_eq(plan_text(plans[_i].sql, plans[_i].mode, arena), plans[_i].plan);
    arena_destroy(arena);
}
END_TEST

static const struct {
    const char *a, *b;
} equal_plans[] = {
    {"select a from t where a = 1 or a = 2", "select a from t where a in (1, 2)"},
    {"select a from t where (a = 1 and b = 2) or (a = 1 and c = 'x')",
        "select a from t where a = 1 and (b = 2 or c = 'x')"},
    {"select a from t where not (a > 3)", "select a from t where a <= 3"},
    {"select a from t where a > 1 + 2", "select a from t where a > 3"},
    {"select * from (select a, b from t) q where b > 3", "select a, b from t where b > 3"},
    {"select t.a from t left join u on t.a = u.a where u.d = 3",
        "select t.a from t join u on t.a = u.a where u.d = 3"},
    {"select t.a from t, u where t.a = u.a", "select t.a from t join u using (a)"},
    {"select a from t where a in (select a from u)",
        "select a from t where exists (select 1 from u where u.a = t.a)"},
    {"select b from (select b, count(*) n from t group by b) q where b = 3",
        "select b from (select b, count(*) n from t where b = 3 group by b) q"},
    {"select x from (select a as x from t union all select a from u) q where x > 2",
        "select a as x from t where a > 2 union all select a from u where a > 2"},
    {"with q as (select a, b from t) select a from q where b = 1", "select a from t where b = 1"},
    {"select a from (select a, row_number() over (order by b) n from t) q", "select a from t"},
    {"select t.b from t join u on t.a = u.a where t.a = 5",
        "select t.b from t join u on t.a = u.a where u.a = 5 and t.a = 5"},
    {"select b from t where true and a > 0", "select b from t where a > 0"},
};

START_TEST(rewrites_make_plans_equal) {
    Arena *arena = arena_create();
    ck_assert_str_eq(plan_text(equal_plans[_i].a, PLAN_ONE_SHOT, arena),
        plan_text(equal_plans[_i].b, PLAN_ONE_SHOT, arena));
    arena_destroy(arena);
}
END_TEST

static Status plan_into(const char *sql, PlanMode mode, PlannerContext *context, Plan *plan) {
    SyntaxStatement **statements;
    int count;
    context->sql = sql;
    TRY(parse_statements(sql, strlen(sql), context->arena, &statements, &count, NULL));
    return plan_query(context, statements[0]->select, mode, plan, NULL);
}

static const struct {
    const char *sql;
    int count;       /* of the root's columns, hidden ones included */
    int arrivals[3]; /* of its visible columns */
} arrival_plans[] = {
    {"select auction + 1 as x from bid where price > 3", 1, {0}},
    {"select auction, ts from bid where price > 3", 3, {0, 2}},
    {"select ts as a, ts as b, ts + interval '1 hour' as t from bid", 5, {3, 3, 4}},
    {"select ts + interval '1 hour' as t from bid union all select ts - interval '1 hour' from person", 2,
        {1}},
    {"select b, t from (select auction as b, ts as t from bid union all select price, proctime() from bid) x",
        3, {0, 2}},
    {"select distinct ts from bid", 1, {0}},
    {"select window_end + interval '1 day' as e, count(*) from tumble(bid, ts, interval '1 minute') group by "
     "window_end",
        2, {0}},
    {"select ts from bid order by ts limit 10", 1, {0}},
    {"select count(*) from bid", 1, {0}},
};

/* Times that may come too late bring their arrival watermarks to the root, behind the visible columns. */
START_TEST(arrival_watermarks_are_carried) {
    Arena *arena = arena_create();
    PlannerContext context = {.arena = arena, .catalog = &test_catalog, .settings = &type_settings_default};
    Plan plan;
    ck_assert_int_eq(plan_into(arrival_plans[_i].sql, PLAN_CONTINUOUS, &context, &plan), OK);
    ck_assert_int_eq(plan.root->output.count, arrival_plans[_i].count);
    for (int i = 0; i < plan.visible_count; i++) {
        ck_assert_int_eq(plan.traits[i].arrival, arrival_plans[_i].arrivals[i]);
        if (plan.traits[i].arrival > 0)
            ck_assert_int_eq(
                plan.root->output.types[plan.traits[i].arrival].id, plan.root->output.types[i].id);
    }
    arena_destroy(arena);
}
END_TEST

/* Keys and watermarks that are proven. */
START_TEST(facts_are_proven) {
    Arena *arena = arena_create();
    PlannerContext context = {.arena = arena, .catalog = &test_catalog, .settings = &type_settings_default};
    Plan plan;
    ck_assert_int_eq(plan_into("select channel, window_end, count(*) from tumble(bid, ts, interval '1 "
                               "minute') group by channel, window_end",
                         PLAN_CONTINUOUS, &context, &plan),
        OK);
    ck_assert_int_eq(plan.root->key_count, 2);
    ck_assert(plan.root->is_updating);
    ck_assert(!plan.root->has_watermark[0] && plan.root->has_watermark[1] && !plan.root->has_watermark[2]);
    ck_assert(plan.is_distributed_by_key);
    ck_assert_int_eq(plan_into("select date_trunc('hour', ts), ts + interval '1 month', price from bid",
                         PLAN_CONTINUOUS, &context, &plan),
        OK);
    ck_assert_int_eq(plan.root->key_count, -1);
    ck_assert(!plan.root->is_updating);
    ck_assert(plan.root->has_watermark[0] && !plan.root->has_watermark[1] && !plan.root->has_watermark[2]);
    ck_assert_int_eq(
        plan_into("select t.a, u.d from t join u on t.b = u.a", PLAN_CONTINUOUS, &context, &plan), OK);
    ck_assert_int_eq(plan.root->key_count, 1);
    ck_assert_int_eq(plan.root->key[0], 0);
    plan_add_materialize(&context, &plan, 77);
    ck_assert_str_eq(plan.root->type->name, "Materialize");
    ck_assert_str_eq(plan.root->inputs[0]->type->name, "Exchange");
    arena_destroy(arena);
}
END_TEST

START_TEST(dml_gives_rows) {
    Arena *arena = arena_create();
    SyntaxStatement **statements;
    int count;
    DmlPlan dml;
    const char *sql = "insert into orders (id, amount) values (1, 2.345) on conflict (id) do update set "
                      "amount = orders.amount + excluded.amount "
                      "returning id, twice as t";
    PlannerContext context = {
        .arena = arena, .catalog = &test_catalog, .settings = &type_settings_default, .sql = sql};
    ck_assert_int_eq(parse_statements(sql, strlen(sql), arena, &statements, &count, NULL), OK);
    ck_assert_int_eq(plan_dml(&context, statements[0], &dml, NULL), OK);
    ck_assert_int_eq(dml.plan.root->output.count, 4);
    ck_assert_int_eq(dml.returning_count, 2);
    ck_assert_str_eq(dml.returning_schema.names[1], "t");
    ck_assert(dml.is_on_conflict_update && !dml.is_on_conflict_nothing);
    Text text = {0};
    expression_add_text(dml.conflict_set[2], NULL, &text);
    ck_assert_msg(strstr(text_string(&text), "($2 + $6)") != NULL, "%s", text_string(&text));
    text_free(&text);
    arena_destroy(arena);
}
END_TEST

START_TEST(stored_expressions_use_positions) {
    Arena *arena = arena_create();
    PlannerContext context = {.arena = arena, .catalog = &test_catalog, .settings = &type_settings_default};
    Expression *expression;
    Error error = {0};
    ck_assert_int_eq(plan_expression(&context, definition_of_text(arena, "b + 1 > a", 9), &test_relations[0],
                         type_of(TYPE_BOOL), &expression, &error),
        OK);
    Text text = {0};
    expression_add_text(expression, NULL, &text);
    ck_assert_str_eq(text_string(&text), "(($1 + 1) > $0)");
    text_free(&text);
    ck_assert_int_eq(plan_expression(&context, definition_of_text(arena, "c", 1), &test_relations[0],
                         type_of(TYPE_BOOL), &expression, &error),
        STATUS_DATATYPE_MISMATCH);
    error_clear(&error);
    arena_destroy(arena);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("planner");
    TCase *cases = tcase_create("planner");
    tcase_add_loop_test(cases, plans_have_this_shape, 0, COUNT(plans));
    tcase_add_loop_test(cases, rewrites_make_plans_equal, 0, COUNT(equal_plans));
    tcase_add_test(cases, arrival_watermarks_are_carried);
    tcase_add_test(cases, facts_are_proven);
    tcase_add_test(cases, dml_gives_rows);
    tcase_add_test(cases, stored_expressions_use_positions);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
