"""psycopg2: literals of every type, cursors, COPY, errors."""
import io

import psycopg2
import psycopg2.extras
from common import DSN, EXPRESSIONS, RECORDS, VALUES, step

connection = psycopg2.connect(DSN)
connection.autocommit = True
cursor = connection.cursor()

for expression in EXPRESSIONS + RECORDS:
    @step(expression)
    def _():
        cursor.execute(f"SELECT {expression}")
        return cursor.fetchone()[0], cursor.description[0][1:6]

for name, value in VALUES.items():
    @step(f"parameter {name}")
    def _():
        cursor.execute(f"SELECT %s::{name}, %s::{name}[]", (value, [value, None]))
        return cursor.fetchone()


@step("create")
def _():
    cursor.execute("CREATE TABLE two (id serial PRIMARY KEY, t text NOT NULL, ts timestamptz DEFAULT now())")
    return cursor.statusmessage


@step("execute_values")
def _():
    return psycopg2.extras.execute_values(cursor, "INSERT INTO two (t) VALUES %s RETURNING id", [("a",), ("b",)], fetch=True)


@step("execute_batch")
def _():
    psycopg2.extras.execute_batch(cursor, "INSERT INTO two (t) VALUES (%s)", [("x",)] * 5)
    return cursor.rowcount


@step("COPY into a serial column's table")
def _():
    cursor.copy_from(io.StringIO("q\nw\n"), "two", columns=("t",))
    return cursor.rowcount


@step("COPY to")
def _():
    out = io.StringIO()
    cursor.copy_expert("COPY (SELECT id, t FROM two ORDER BY id) TO STDOUT WITH CSV HEADER", out)
    return out.getvalue()


@step("named cursors")
def _():
    with psycopg2.connect(DSN) as other:
        named = other.cursor("named")
        named.itersize = 2
        named.execute("SELECT id FROM two ORDER BY id")
        rows = list(named)
        scrolled = other.cursor("scrolled", scrollable=True)
        scrolled.execute("SELECT id FROM two ORDER BY id")
        scrolled.scroll(3)
        first = scrolled.fetchone()
        scrolled.scroll(-2)
        second = scrolled.fetchone()
        scrolled.scroll(0, mode="absolute")
        return rows, first, second, scrolled.fetchmany(3)


for name, sql in [("unique", "INSERT INTO two (id, t) VALUES (1, 'x')"), ("not null", "INSERT INTO two (t) VALUES (NULL)"), ("no table", "SELECT * FROM nosuch")]:
    @step(f"error {name}")
    def _():
        try:
            cursor.execute(sql)
        except psycopg2.Error as error:
            told = error.diag
            return error.pgcode, told.message_primary, told.schema_name, told.table_name, told.column_name, told.constraint_name, told.statement_position


@step("session")
def _():
    other = psycopg2.connect(DSN)
    other.set_session(isolation_level="SERIALIZABLE", readonly=True)
    more = other.cursor()
    more.execute("SHOW transaction_isolation")
    return more.fetchone(), other.encoding, other.server_version // 10000


@step("failed transaction")
def _():
    other = psycopg2.connect(DSN)
    more = other.cursor()
    states = []
    for sql in ("INSERT INTO two (t) VALUES ('lost')", "SELECT 1/0", "SELECT 1"):
        try:
            more.execute(sql)
        except psycopg2.Error as error:
            states.append((error.pgcode, other.get_transaction_status()))
    other.rollback()
    more.execute("SELECT count(*) FROM two WHERE t = 'lost'")
    return states, more.fetchone()
