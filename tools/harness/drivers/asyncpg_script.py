"""asyncpg: the binary form of everything, and its own query for types that it does not know."""
import asyncio
import io

import asyncpg
from common import EXPRESSIONS, PORT, RECORDS, VALUES, plain, step

loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
connection = loop.run_until_complete(asyncpg.connect(host="127.0.0.1", port=PORT, user="leat", database="leat", ssl=False))


def later(name):
    return lambda function: step(name)(lambda: loop.run_until_complete(function()))


for expression in EXPRESSIONS + RECORDS + ["'1 2 3'::int2vector", "'1 2 3'::oidvector", "ARRAY[ROW(1, 'a'::text)]"]:
    @later(expression)
    async def _():
        return await connection.fetchval(f"SELECT {expression}")

for name, value in VALUES.items():
    @later(f"parameter {name}")
    async def _():
        return [await connection.fetchval(f"SELECT $1::{name}", value), await connection.fetchval(f"SELECT $1::{name}", None),
                await connection.fetchval(f"SELECT $1::{name}[]", [value, None, value])]


@later("statements")
async def _():
    await connection.execute("CREATE TABLE async (id int PRIMARY KEY, v text, n numeric, a int[], j jsonb)")
    await connection.executemany("INSERT INTO async (id, v) VALUES ($1, $2)", [(i, str(i)) for i in range(20)])
    return [await connection.execute("UPDATE async SET v = 'x' WHERE id < 3"), await connection.fetchrow("INSERT INTO async (id) VALUES ($1) RETURNING *", 100),
            await connection.execute("DELETE FROM async WHERE id = 100")]


@later("prepared")
async def _():
    statement = await connection.prepare("SELECT id, v FROM async WHERE id = $1 AND v = ANY($2)")
    return [parameter.name for parameter in statement.get_parameters()], [(column.name, column.type.name) for column in statement.get_attributes()], \
        await statement.fetch(5, ["5"])


@later("cursor")
async def _():
    async with connection.transaction():
        rows = [row[0] async for row in connection.cursor("SELECT id FROM async ORDER BY id", prefetch=7)]
        cursor = await connection.cursor("SELECT id FROM async ORDER BY id")
        await cursor.forward(3)
        return rows, await cursor.fetch(2)


@later("COPY")
async def _():
    given = [await connection.copy_records_to_table("async", records=[(i, "c", None, [1, None], '{"x": 1}') for i in range(200, 205)])]
    for form in ("csv", "binary"):
        out = io.BytesIO()
        given.append(await connection.copy_from_query("SELECT id, v, a, j FROM async WHERE id > $1 ORDER BY id", 203, output=out, format=form))
        given.append(out.getvalue())
    return given


@later("transactions")
async def _():
    async with connection.transaction(isolation="serializable"):
        try:
            async with connection.transaction():
                await connection.execute("SELECT 1/0")
        except asyncpg.DivisionByZeroError as error:
            return str(error), await connection.fetchval("SHOW transaction_isolation")


@later("a plan that changed")
async def _():
    await connection.fetch("SELECT * FROM async WHERE id = 1")
    await connection.execute("ALTER TABLE async ADD COLUMN more int")
    return plain(list((await connection.fetchrow("SELECT * FROM async WHERE id = 1")).items()))


@later("error")
async def _():
    try:
        await connection.execute("INSERT INTO async (id) VALUES (1)")
    except asyncpg.UniqueViolationError as error:
        return error.detail, error.table_name, error.constraint_name


@later("timeout")
async def _():
    try:
        await connection.fetch("SELECT count(*) FROM generate_series(1, 10000000) a, generate_series(1, 10000000) b", timeout=0.3)
    except asyncio.TimeoutError:
        return await connection.fetchval("SELECT 'goes on'")


@later("pool and reset")
async def _():
    async with asyncpg.create_pool(host="127.0.0.1", port=PORT, user="leat", database="leat", min_size=1, max_size=2) as pool:
        return await pool.fetchval("SELECT 1"), await pool.fetchval("SELECT 2")
