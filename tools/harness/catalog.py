"""What tools/tests/catalog asks: objects, psql's commands, and queries in the manner of drivers."""

# On Leat and on PostgreSQL.
OBJECTS = [
    "CREATE TABLE item (id integer PRIMARY KEY, name text NOT NULL DEFAULT 'it''s', price numeric(10,2), at timestamp(3), tags text[], CHECK (id > 0))",
    'CREATE TABLE "Mixed Case" ("A b" bigint, "order" varchar(20) DEFAULT \'x\', c char(3), d boolean DEFAULT true, e timestamptz, f jsonb, PRIMARY KEY ("order", "A b"))',
    "CREATE TABLE plain (a smallint, b real, c double precision, d date, e interval, f uuid, g bytea)",
    "CREATE VIEW cheap AS SELECT id, name FROM item WHERE price < 10",
    "CREATE MATERIALIZED VIEW by_name AS SELECT name, count(*) AS n, sum(price) AS total FROM item GROUP BY name",
]
STREAMS = [
    "CREATE SOURCE bids WITH (connector = 'nexmark', \"table\" = 'bid', events = 100)",
    "CREATE SINK gone FROM by_name WITH (connector = 'blackhole')",
]

# Commands that print the same on both.
SAME = [
    r"\d item", r"\d+ item", r"\d plain", r'\d "Mixed Case"', r"\d cheap", r"\d by_name", r"\d item_pkey", r"\d+ item_pkey", r'\d "Mixed Case_pkey"',
    r"\d", r"\dt", r"\dt item", r"\dv", r"\dm", r"\di", r"\dp item", r"\df", r"\dT", r"\ds", r"\du leat", r"\dx nothing", r"\dO C",
    r"\d nothing", r"\dRp", r"\dy", r"\dX", r"\encoding", r"\dconfig search_path", r"\dd", r"\dD", r"\db nothing", r"\sf nothing", r"SELECT 1 \gdesc",
]

# Commands that Leat has its own answer to.
OWN = [
    (r"\d bids", """
                              Foreign table "public.bids"
  Column   |            Type             | Collation | Nullable | Default | FDW options
-----------+-----------------------------+-----------+----------+---------+-------------
 auction   | bigint                      |           |          |         |
 bidder    | bigint                      |           |          |         |
 price     | bigint                      |           |          |         |
 channel   | text                        |           |          |         |
 url       | text                        |           |          |         |
 date_time | timestamp without time zone |           |          |         |
 extra     | text                        |           |          |         |
Server: nexmark
FDW options: ("table" 'bid', events '100')
"""),
    (r"\det", """
   List of foreign tables
 Schema | Table |  Server
--------+-------+-----------
 public | bids  | nexmark
 public | gone  | blackhole
(2 rows)
"""),
    (r"\d+ cheap", """
                            View "public.cheap"
 Column |  Type   | Collation | Nullable | Default | Storage  | Description
--------+---------+-----------+----------+---------+----------+-------------
 id     | integer |           |          |         | plain    |
 name   | text    |           |          |         | extended |
View definition:
 SELECT id, name FROM item WHERE price < 10;
"""),
    (r"\dn", """
   List of schemas
     Name     | Owner
--------------+-------
 leat_catalog | leat
 public       | leat
(2 rows)
"""),
    (r"\l", """
                                       List of databases
 Name | Owner | Encoding | Collate |  Ctype  | ICU Locale | Locale Provider | Access privileges
------+-------+----------+---------+---------+------------+-----------------+-------------------
 leat | leat  | UTF8     | C       | C.UTF-8 |            | libc            |
(1 row)
"""),
]

# Commands whose answers are long: they have to work.
LISTS = [
    r"\dt+", r"\dm+", r"\dv+", r"\dS", r"\d+ pg_catalog.pg_class", r"\dfS", r"\df+ length", r"\dTS", r"\dC", r"\do", r"\da", r"\dp", r"\dn+", r"\l+", r"\du+", r"\db+", r"\dL", r"\des+",
    r"\dew+", r"\det+", r"\dE+", r"\dOS", r"\dA", r"\dAc", r"\dAf", r"\dc", r"\dF", r"\dFd", r"\dFp", r"\dFt", r"\dP", r"\drds", r"\dRs", r"\dg", r"\ddp", r"\dconfig *", r"\sv cheap",
    r"\sf pg_catalog.chr", r"\dS+ pg_stat*", r"\z",
]

# Metadata in the manner of drivers and object mappers: the same rows, column names and types on both.
QUERIES = [
    ("tables", """
        SELECT n.nspname, c.relname, CASE c.relkind WHEN 'r' THEN 'TABLE' WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' END AS kind, d.description
        FROM pg_catalog.pg_namespace n, pg_catalog.pg_class c
        LEFT JOIN pg_catalog.pg_description d ON c.oid = d.objoid AND d.objsubid = 0 AND d.classoid = 'pg_class'::regclass
        WHERE c.relnamespace = n.oid AND n.nspname = 'public' AND c.relkind IN ('r', 'v', 'm') ORDER BY 3, 2"""),
    ("columns", """
        SELECT c.relname, a.attname, a.atttypid, t.typname, a.attnotnull OR (t.typtype = 'd' AND t.typnotnull) AS not_null, a.atttypmod, a.attlen,
               row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum) AS number, nullif(a.attidentity, '') AS identity, pg_get_expr(def.adbin, def.adrelid) AS value,
               format_type(a.atttypid, a.atttypmod) AS type, t.typcategory, t.typelem, t.typarray, a.attcollation, t.typalign
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON a.atttypid = t.oid
        LEFT JOIN pg_attrdef def ON a.attrelid = def.adrelid AND a.attnum = def.adnum
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, 8"""),
    ("key by fields of records", """
        SELECT r.table_name, r.column_name, r.number, r.key_name FROM (
          SELECT ct.relname AS table_name, a.attname AS column_name, (information_schema._pg_expandarray(i.indkey)).n AS number, ci.relname AS key_name,
                 information_schema._pg_expandarray(i.indkey) AS keys, a.attnum
          FROM pg_class ct JOIN pg_attribute a ON ct.oid = a.attrelid JOIN pg_index i ON a.attrelid = i.indrelid JOIN pg_class ci ON ci.oid = i.indexrelid
          WHERE ct.relnamespace = 'public'::regnamespace AND i.indisprimary) r
        WHERE r.attnum = (r.keys).x ORDER BY 1, 3"""),
    ("key by sets in step", """
        SELECT a.attname FROM pg_attribute a
        JOIN (SELECT unnest(indkey) AS number, generate_subscripts(indkey, 1) AS place FROM pg_index WHERE indrelid = '"Mixed Case"'::regclass AND indisprimary) k
        ON a.attnum = k.number WHERE a.attrelid = '"Mixed Case"'::regclass ORDER BY k.place"""),
    ("key by subscripts", """
        SELECT c.relname, a.attname, s.n FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid, generate_series(1, 32) s(n), pg_attribute a
        WHERE k.contype = 'p' AND c.relnamespace = 'public'::regnamespace AND a.attrelid = k.conrelid AND a.attnum = k.conkey[s.n] ORDER BY 1, 3"""),
    ("key by any", """
        SELECT i.indexrelid::regclass::text, a.attname, i.indkey::varchar, i.indoption::varchar FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
        WHERE i.indrelid = 'item'::regclass ORDER BY 2"""),
    ("constraints", """
        SELECT conname, contype, conkey, pg_get_constraintdef(oid, true) FROM pg_constraint WHERE conrelid IN ('item'::regclass, '"Mixed Case"'::regclass) ORDER BY 1"""),
    ("indexes", "SELECT schemaname, tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 3"),
    ("tables by view", "SELECT schemaname, tablename, tableowner, hasindexes FROM pg_tables WHERE schemaname = 'public' ORDER BY 2"),
    ("materialized views", "SELECT schemaname, matviewname, matviewowner, hasindexes, ispopulated FROM pg_matviews ORDER BY 2"),
    ("information_schema.columns", """
        SELECT table_catalog, table_schema, table_name, column_name, ordinal_position, column_default, is_nullable, data_type, character_maximum_length, character_octet_length,
               numeric_precision, numeric_precision_radix, numeric_scale, datetime_precision, udt_catalog, udt_schema, udt_name, dtd_identifier, is_identity, is_generated
        FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'by_name' AND table_name <> 'cheap' ORDER BY 3, 5"""),
    ("information_schema keys", """
        SELECT tc.constraint_name, tc.constraint_type, tc.is_deferrable, cu.column_name, cu.ordinal_position FROM information_schema.table_constraints tc
        JOIN information_schema.key_column_usage cu ON tc.constraint_name = cu.constraint_name AND tc.table_name = cu.table_name WHERE tc.table_schema = 'public' ORDER BY 1, 5"""),
    ("information_schema.schemata", "SELECT catalog_name, schema_name FROM information_schema.schemata WHERE schema_name IN ('public', 'pg_catalog', 'information_schema') ORDER BY 2"),
    ("types", """
        SELECT oid, typname, typlen, typbyval, typtype, typcategory, typispreferred, typdelim, typelem, typarray, typinput, typoutput, typreceive, typsend, typmodin, typmodout,
               typalign, typstorage, typcollation, typinput = 'pg_catalog.array_in'::regproc AS is_array
        FROM pg_type WHERE typname IN ('bool', 'int2', 'int4', 'int8', 'float4', 'float8', 'numeric', 'text', 'varchar', 'bpchar', 'name', 'char', 'bytea', 'date', 'time', 'timestamp',
          'timestamptz', 'interval', 'json', 'jsonb', 'uuid', 'oid', 'regclass', 'int2vector', 'oidvector', '_int4', '_text', '_numeric', '_timestamptz', '_varchar') ORDER BY 1"""),
    ("type by name", "SELECT typname, oid, typarray, oid::regtype::text, typdelim FROM pg_type t WHERE t.oid = 'timestamptz'::regtype ORDER BY t.oid"),
    ("extensions' types", "SELECT t.oid, typarray FROM pg_type t JOIN pg_namespace ns ON typnamespace = ns.oid WHERE typname = 'hstore'"),
    ("keywords", "SELECT count(*), string_agg(word, ',' ORDER BY word) FROM pg_get_keywords() WHERE catcode = 'R'"),
    ("session", """
        SELECT current_database(), current_schema(), current_schemas(false), current_schemas(true), current_user, session_user, pg_is_in_recovery(), current_setting('server_encoding'),
               current_setting('no.such', true), inet_client_port()"""),
    ("names", "SELECT 'item'::regclass, '\"Mixed Case\"'::regclass, 'public.item'::regclass, to_regclass('nothing'), 'int8'::regtype, '_text'::regtype, 'pg_catalog'::regnamespace, 'leat'::regrole"),
    ("no such name", "SELECT 'nothing'::regclass"),
    ("privileges", "SELECT has_table_privilege('item', 'select, insert'), has_schema_privilege('public', 'usage'), has_table_privilege(1, 'select'), pg_has_role('leat', 'usage')"),
    ("unknown privilege", "SELECT has_table_privilege('item', 'look')"),
    ("sizes", "SELECT pg_size_pretty(n) FROM (VALUES (0::bigint), (10239), (10240), (20000), (20479), (10485759), (10485760), (-123456789), (9223372036854775807)) v(n)"),
    ("type names", """
        SELECT format_type(o, m) FROM (VALUES (1700::oid, 655366), (1043, 24), (1043, NULL), (1042, NULL), (1042, -1), (1042, 7), (1114, 3), (1009, -1), (0, NULL), (16, NULL), (4711, NULL)) v(o, m)"""),
    ("type of", "SELECT pg_typeof(1), pg_typeof(1.5), pg_typeof(ARRAY[1]), pg_typeof(now())"),
    ("visibility", "SELECT pg_table_is_visible('item'::regclass), pg_table_is_visible(1), pg_type_is_visible('text'::regtype)"),
    ("hidden columns", "SELECT attname FROM pg_attribute WHERE attrelid = 'plain'::regclass AND attnum > 0 ORDER BY attnum"),
    ("oid of the catalog", "SELECT tableoid, tableoid::regclass FROM pg_class WHERE oid = 'item'::regclass"),
    ("setting", "SELECT set_config('application_name', 'me', false), current_setting('application_name')"),
]
