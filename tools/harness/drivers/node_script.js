// node's pg: values of the common types, named statements, errors, transactions.
const { Client } = require("pg");

const client = new Client({ host: "127.0.0.1", port: Number(process.argv[2]), user: "leat", database: "leat" });

async function step(name, run) {
    try {
        console.log(`${name}: ${JSON.stringify(await run())}`);
    } catch (error) {
        console.log(`${name}: ${error.code} ${error.message} ${error.table} ${error.column} ${error.constraint}`);
    }
}

async function main() {
    await client.connect();
    for (const expression of ["true", "9223372036854775807", "1.10", "'\\x00ff'::bytea", "date '2024-02-29'", "timestamptz '2024-02-29 12:34:56.789+05:30'",
        "interval '1 year 2 mons -3 days 04:05:06.789'", "'{\"a\": 1}'::jsonb", "array[1, null]", "array['a', 'b,c']", "row(1, 'a')", "null"])
        await step(expression, async () => (await client.query(`SELECT ${expression} AS v`)).rows[0].v);
    await step("parameters", async () => (await client.query("SELECT $1::int a, $2::text b, $3::timestamptz c, $4::jsonb d, $5::int[] e, $6::bytea f, $7::bool g",
        [1, "x", new Date(0), { a: [1] }, [1, 2, null], Buffer.from([0, 255]), true])).rows);
    await step("create", async () => (await client.query("CREATE TABLE n (id serial PRIMARY KEY, t text NOT NULL)")).command);
    await step("insert", async () => (await client.query("INSERT INTO n (t) VALUES ($1), ($2) RETURNING *", ["a", "b"])).rows);
    for (const id of [1, 2])
        await step("named", async () => (await client.query({ name: "q", text: "SELECT t FROM n WHERE id = $1", values: [id] })).rows);
    await step("fields", async () => (await client.query("SELECT id, t, 1 FROM n LIMIT 1")).fields.map((f) => [f.name, f.dataTypeID, f.columnID, f.tableID > 0]));
    await step("unique", () => client.query("INSERT INTO n (id, t) VALUES (1, $1)", ["x"]));
    await step("not null", () => client.query("INSERT INTO n (t) VALUES (NULL)"));
    await step("wrong type", () => client.query("SELECT $1::int", ["x"]));
    await client.end();
}

main();
