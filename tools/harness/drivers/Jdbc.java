// pgjdbc: metadata, both forms of parameters and results (binary from the fifth run on), batches, cursors, result sets that can be updated.
import java.math.BigDecimal;
import java.sql.*;
import java.util.Arrays;
import java.util.UUID;

public class Jdbc {
    interface Step { Object run() throws Exception; }

    static void step(String name, Step step) {
        try {
            System.out.println(name + ": " + step.run());
        } catch (SQLException error) {
            System.out.println(name + ": " + error.getSQLState() + " " + error.getMessage().split("\n")[0]);
        } catch (Exception error) {
            System.out.println(name + ": " + error);
        }
    }

    static String rows(ResultSet rows) throws SQLException {
        ResultSetMetaData columns = rows.getMetaData();
        StringBuilder out = new StringBuilder();
        for (int i = 1; i <= columns.getColumnCount(); i++)
            out.append(columns.getColumnName(i)).append(' ').append(columns.getColumnTypeName(i)).append(' ').append(columns.getPrecision(i)).append(',');
        while (rows.next()) {
            out.append(" |");
            for (int i = 1; i <= columns.getColumnCount(); i++) {
                Object value = rows.getObject(i);
                out.append(' ').append(value instanceof byte[] ? Arrays.toString((byte[]) value) : value);
            }
        }
        rows.close();
        return out.toString();
    }

    static final String[] EXPRESSIONS = {"'NaN'::numeric", "1e-20::numeric", "123456789012345678901234567890.12", "'Infinity'::float8", "date 'infinity'",
        "timestamptz '-infinity'", "timestamp '0044-03-15 BC 01:00'", "interval '-1 mon'", "ARRAY[ARRAY[1, 2], ARRAY[3, 4]]", "ARRAY[1.5, NULL]",
        "ARRAY[timestamp '2024-01-01']", "ROW(1, 'a')", "1::oid", "'a'::\"char\"", "'x'::name", "'2 3'::int2vector", "'{\"a\": 1}'::jsonb"};

    public static void main(String[] arguments) throws Exception {
        String url = "jdbc:postgresql://127.0.0.1:" + arguments[0] + "/leat?user=leat&sslmode=disable";
        Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement();
        DatabaseMetaData about = connection.getMetaData();
        step("create", () -> {
            statement.execute("CREATE TABLE j (id serial PRIMARY KEY, b bool, i8 int8, f8 float8, n numeric(12,3), t text NOT NULL DEFAULT 'x', "
                + "v varchar(10) UNIQUE, y bytea, d date, ts timestamp, tz timestamptz, jb jsonb, u uuid, ai int4[], at text[], c char(3))");
            statement.execute("CREATE TABLE k (a int PRIMARY KEY, b text)");
            return statement.execute("CREATE INDEX j_i ON j (i8)");
        });
        step("getTables", () -> rows(about.getTables(null, "public", "_", new String[] {"TABLE", "VIEW"})));
        step("getTableTypes", () -> rows(about.getTableTypes()));
        step("getColumns", () -> rows(about.getColumns(null, "public", "j", null)));
        step("getPrimaryKeys", () -> rows(about.getPrimaryKeys(null, "public", "j")));
        step("getImportedKeys", () -> rows(about.getImportedKeys(null, "public", "j")));
        step("getBestRowIdentifier", () -> rows(about.getBestRowIdentifier(null, "public", "j", 1, true)));
        step("getIndexInfo", () -> {
            ResultSet rows = about.getIndexInfo(null, "public", "j", false, true);
            StringBuilder out = new StringBuilder();
            while (rows.next())
                out.append(rows.getString("INDEX_NAME") + " " + rows.getBoolean("NON_UNIQUE") + " " + rows.getString("COLUMN_NAME") + ", ");
            return out;
        });
        step("getTypeInfo", () -> {
            ResultSet rows = about.getTypeInfo();
            StringBuilder out = new StringBuilder();
            while (rows.next())
                if (rows.getString(1).matches("int4|text|numeric|timestamptz|jsonb|bool|varchar|serial"))
                    out.append(rows.getString(1) + " " + rows.getInt(2) + " " + rows.getInt(3) + ", ");
            return out;
        });

        PreparedStatement insert = connection.prepareStatement(
            "INSERT INTO j (b, i8, f8, n, t, v, y, d, ts, tz, jb, u, ai, at, c) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?, ?, ?, ?)",
            Statement.RETURN_GENERATED_KEYS);
        for (int k = 0; k < 7; k++) {
            String unique = "v" + k;
            step("insert", () -> {
                Object[] values = {true, 1L << 40, 2.5, new BigDecimal("1.10"), "té", unique, new byte[] {0, -1}, Date.valueOf("2024-02-29"),
                    Timestamp.valueOf("2024-02-29 01:02:03.456"), java.time.OffsetDateTime.parse("2024-02-29T01:02:03Z"), "{\"a\": 1}", new UUID(1, 2),
                    connection.createArrayOf("int4", new Integer[] {1, null, 3}), connection.createArrayOf("text", new String[] {"a", "b\\\"", null}), "c"};
                for (int i = 0; i < values.length; i++)
                    insert.setObject(i + 1, values[i]);
                insert.executeUpdate();
                ResultSet keys = insert.getGeneratedKeys();
                keys.next();
                return keys.getInt(1);
            });
        }
        PreparedStatement select = connection.prepareStatement("SELECT * FROM j WHERE id = ?");
        for (int k = 0; k < 7; k++)
            step("select", () -> {
                select.setInt(1, 1);
                return rows(select.executeQuery());
            });
        for (String expression : EXPRESSIONS) {
            PreparedStatement typed = connection.prepareStatement("SELECT " + expression + " WHERE 1 = ?");
            step(expression, () -> {
                String out = "";
                for (int k = 0; k < 7; k++) {
                    typed.setInt(1, 1);
                    ResultSet row = typed.executeQuery();
                    row.next();
                    Object value = row.getObject(1);
                    if (k == 0 || k == 6)
                        out += (value instanceof Array ? Arrays.deepToString((Object[]) ((Array) value).getArray()) : value) + "; ";
                }
                return out;
            });
        }
        step("columns' origins", () -> {
            ResultSetMetaData columns = statement.executeQuery("SELECT id, n, t, count(*) OVER () AS k FROM j LIMIT 1").getMetaData();
            String out = "";
            for (int i = 1; i <= 4; i++)
                out += columns.getTableName(i) + " " + columns.isAutoIncrement(i) + " " + columns.isNullable(i) + ", ";
            return out;
        });
        step("batch", () -> {
            PreparedStatement batch = connection.prepareStatement("INSERT INTO k VALUES (?, ?)");
            for (int i = 0; i < 50; i++) {
                batch.setInt(1, i);
                batch.setString(2, "b");
                batch.addBatch();
            }
            return batch.executeBatch().length;
        });
        step("batch, rewritten", () -> {
            try (Connection other = DriverManager.getConnection(url + "&reWriteBatchedInserts=true")) {
                PreparedStatement batch = other.prepareStatement("INSERT INTO k VALUES (?, ?) ON CONFLICT (a) DO NOTHING");
                for (int i = 40; i < 170; i++) {
                    batch.setInt(1, i);
                    batch.setString(2, "b");
                    batch.addBatch();
                }
                return batch.executeBatch().length + " " + rows(statement.executeQuery("SELECT count(*) FROM k"));
            }
        });
        step("batch with an error", () -> {
            Statement batch = connection.createStatement();
            batch.addBatch("INSERT INTO k VALUES (1000, 'x')");
            batch.addBatch("INSERT INTO k VALUES (1, 'x')");
            try {
                return batch.executeBatch().length;
            } catch (BatchUpdateException error) {
                return error.getSQLState() + Arrays.toString(error.getUpdateCounts()) + rows(statement.executeQuery("SELECT count(*) FROM k WHERE a = 1000"));
            }
        });
        step("fetch size", () -> {
            connection.setAutoCommit(false);
            Statement cursor = connection.createStatement();
            cursor.setFetchSize(10);
            ResultSet row = cursor.executeQuery("SELECT a FROM k ORDER BY a");
            int count = 0;
            while (row.next())
                count++;
            connection.commit();
            connection.setAutoCommit(true);
            return count;
        });
        step("result set that is updated", () -> {
            Statement updatable = connection.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE);
            ResultSet row = updatable.executeQuery("SELECT a, b FROM k WHERE a < 3 ORDER BY a");
            row.next();
            row.updateString("b", "updated");
            row.updateRow();
            row.moveToInsertRow();
            row.updateInt("a", 9999);
            row.updateString("b", "inserted");
            row.insertRow();
            return rows(statement.executeQuery("SELECT * FROM k WHERE a < 2 OR a = 9999 ORDER BY a"));
        });
        step("savepoint", () -> {
            connection.setAutoCommit(false);
            Savepoint savepoint = connection.setSavepoint("a b");
            statement.execute("INSERT INTO k VALUES (5000, 'z')");
            connection.rollback(savepoint);
            String count = rows(statement.executeQuery("SELECT count(*) FROM k WHERE a = 5000"));
            connection.commit();
            connection.setAutoCommit(true);
            return count;
        });
        step("call", () -> {
            CallableStatement call = connection.prepareCall("{? = call upper(?)}");
            call.registerOutParameter(1, Types.VARCHAR);
            call.setString(2, "abc");
            call.execute();
            return call.getString(1);
        });
        step("timeout", () -> {
            Statement slow = connection.createStatement();
            slow.setQueryTimeout(1);
            return rows(slow.executeQuery("SELECT count(*) FROM generate_series(1, 10000000) a, generate_series(1, 10000000) b"));
        });
        step("a plan that changed", () -> {
            statement.execute("ALTER TABLE k ADD COLUMN more int");
            PreparedStatement again = connection.prepareStatement("SELECT * FROM k WHERE a = ?");
            String out = "";
            for (int k = 0; k < 7; k++) {
                again.setInt(1, 1);
                out = rows(again.executeQuery());
            }
            return out;
        });
        step("error", () -> {
            try {
                return statement.execute("INSERT INTO k VALUES (1, 'x')");
            } catch (org.postgresql.util.PSQLException error) {
                return error.getServerErrorMessage().getConstraint() + " " + error.getServerErrorMessage().getTable();
            }
        });
    }
}
