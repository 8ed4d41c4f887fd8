"""psycopg 3: text and binary forms both ways, pipelines, prepared statements, server-side cursors, COPY, async."""
import asyncio
import decimal

import psycopg
from common import DSN, EXPRESSIONS, RECORDS, VALUES, step

connection = psycopg.connect(DSN, autocommit=True)

for expression in EXPRESSIONS + RECORDS:
    for binary in (False, True):
        @step(f"{expression} binary={binary}")
        def _():
            cursor = connection.cursor(binary=binary)
            cursor.execute(f"SELECT {expression} AS v")
            return cursor.fetchone()[0], cursor.description[0].type_code, cursor.pgresult.get_value(0, 0)

for name, value in VALUES.items():
    for form in ("%t", "%b"):
        @step(f"parameter {name} {form}")
        def _():
            cursor = connection.execute(f"SELECT {form}::{name} AS v, {form} AS w", [value, [value]])
            return cursor.fetchone(), [column.type_code for column in cursor.description]


@step("create")
def _():
    connection.execute("CREATE TABLE three (id int PRIMARY KEY, t text, n numeric(12,3), ts timestamptz, a int4[])")


@step("executemany")
def _():
    cursor = connection.cursor()
    cursor.executemany("INSERT INTO three (id, t) VALUES (%s, %s) RETURNING id", [(i, str(i)) for i in range(10, 30)], returning=True)
    ids = [cursor.fetchone()]
    while cursor.nextset():
        ids.append(cursor.fetchone())
    return ids


@step("prepared after five runs")
def _():
    rows = [connection.execute("SELECT t FROM three WHERE id = %s", (10 + i,)).fetchone() for i in range(8)]
    return rows, connection.execute("SELECT parameter_types::text FROM pg_prepared_statements WHERE statement LIKE 'SELECT t FROM three%'").fetchall()


@step("pipeline")
def _():
    with psycopg.connect(DSN, autocommit=True) as other:
        with other.pipeline() as pipeline:
            results = [other.execute("SELECT %s::int8", (i,)) for i in range(5)]
            other.execute("INSERT INTO three (id) VALUES (300)")
            count = other.execute("SELECT count(*) FROM three WHERE id = 300")
            pipeline.sync()
            given = [result.fetchone() for result in results], count.fetchone()
        try:
            with other.pipeline():
                other.execute("INSERT INTO three (id) VALUES (301)")
                other.execute("SELECT 1/0")
                other.execute("INSERT INTO three (id) VALUES (302)")
        except psycopg.Error as error:
            given += (error.sqlstate,)
        return given, other.execute("DELETE FROM three WHERE id >= 300 RETURNING id").fetchall()


@step("server-side cursors")
def _():
    with psycopg.connect(DSN) as other:
        with other.cursor("forward", binary=True) as cursor:
            cursor.execute("SELECT id, t FROM three WHERE id >= %s ORDER BY id", (10,))
            given = cursor.fetchmany(3), cursor.fetchone(), len(cursor.fetchall())
        with other.cursor("any", scrollable=True) as cursor:
            cursor.execute("SELECT id FROM three ORDER BY id")
            cursor.fetchmany(5)
            cursor.scroll(-2)
            given += (cursor.fetchone(),)
            cursor.scroll(0, mode="absolute")
            return given + (cursor.fetchone(),)


@step("nested transactions")
def _():
    with psycopg.connect(DSN) as other:
        with other.transaction():
            other.execute("INSERT INTO three (id) VALUES (100)")
            try:
                with other.transaction():
                    other.execute("INSERT INTO three (id) VALUES (101)")
                    other.execute("SELECT 1/0")
            except psycopg.errors.DivisionByZero:
                pass
        return other.execute("DELETE FROM three WHERE id >= 100 RETURNING id").fetchall()


ROWS = [(i, "x\t\\" + str(i), decimal.Decimal("1.5"), VALUES["timestamptz"], [1, None]) for i in range(3)]
for form in ("text", "binary"):
    @step(f"COPY in and out, {form}")
    def _():
        cursor = connection.cursor()
        with cursor.copy(f"COPY three FROM STDIN (FORMAT {form})") as copy:
            copy.set_types(["int4", "text", "numeric", "timestamptz", "int4[]"])
            for row in ROWS:
                copy.write_row(row)
        given = cursor.rowcount, cursor.statusmessage
        with cursor.copy(f"COPY (SELECT * FROM three WHERE id < 10 ORDER BY id) TO STDOUT (FORMAT {form})") as copy:
            copy.set_types(["int4", "text", "numeric", "timestamptz", "int4[]"])
            given += (list(copy.rows()),)
        connection.execute("DELETE FROM three WHERE id < 10")
        return given


@step("error")
def _():
    try:
        connection.execute("INSERT INTO three (id) VALUES (10)")
    except psycopg.Error as error:
        return error.sqlstate, str(error), error.diag.table_name, error.diag.constraint_name


async def run_async():
    async with await psycopg.AsyncConnection.connect(DSN) as other:
        cursor = await other.execute("SELECT id, t FROM three WHERE id > %s ORDER BY id LIMIT 3", (10,))
        rows = await cursor.fetchall()
        async with other.cursor("later") as named:
            await named.execute("SELECT id FROM three ORDER BY id")
            return rows, await named.fetchmany(2)


@step("async")
def _():
    return asyncio.run(run_async())
