"""Random changes to the tables of shapes.py, applied to Leat and to PostgreSQL alike, and the comparison of every view with its query on both."""
import datetime
import threading
import time
from collections import Counter

from harness.client import SqlError
from harness.shapes import BASE_VIEWS, DELAY, LEAT_TABLES, POSTGRES_TABLES

TEXTS = ["x", "y", "z", "longer than twelve bytes", "ä"]
TIME_ZERO = datetime.datetime(2020, 1, 1)
CHUNK = 20  # queries in one message


def literal(value):
    if value is None:
        return "NULL"
    return "'" + value + "'" if isinstance(value, str) else str(value)


class Table:
    """Makes random statements for one table: pairs of the text for Leat and the text for PostgreSQL."""

    def __init__(self, name, columns, random):
        self.name, self.columns, self.random = name, columns, random

    def key(self):
        return None if self.random.random() < 0.12 else self.random.randint(0, 6)

    def number(self):
        return None if self.random.random() < 0.08 else self.random.randint(0, 20)

    def text(self):
        return None if self.random.random() < 0.12 else self.random.choice(TEXTS)

    def value(self, column):
        if column == "k":
            return self.random.randint(0, 6) if self.name == "c" else self.key()
        if column == "v":
            return self.number()
        if column == "s":
            return self.text()
        return self.random.choice(["1.00", "2.50", "-3.25", "0.00", "10.10"])

    def insert(self, rows):
        values = ", ".join("(" + ", ".join(literal(value) for value in row) + ")" for row in rows)
        sql = f"INSERT INTO {self.name} ({', '.join(self.columns)}) VALUES {values}"
        return sql, sql

    def condition(self):
        column = self.random.choice([column for column in self.columns if column in ("k", "v", "s")])
        if self.random.random() < 0.25:
            return f"{column} IS NULL"
        if column == "s":
            return f"s = '{self.random.choice(TEXTS)}'"
        if column == "v" and self.random.random() < 0.5:
            low = self.random.randint(0, 18)
            return f"v BETWEEN {low} AND {low + 2}"
        return f"{column} = {self.random.randint(0, 6)}"


class BagTable(Table):
    def statement(self):
        kind = self.random.random()
        if kind < 0.5:
            rows = [[self.value(column) for column in self.columns] for _ in range(self.random.randint(1, 5))]
            if self.random.random() < 0.5:
                rows += [rows[0]] * self.random.randint(1, 2)
            return self.insert(rows)
        if kind < 0.72:
            sql = f"DELETE FROM {self.name} WHERE {self.condition()}"
        elif kind < 0.75:
            sql = f"DELETE FROM {self.name}"
        else:
            column = self.random.choice(self.columns)
            value = self.random.choice([literal(self.value(column)), f"{column} + 1" if column != "s" else "s"])
            sql = f"UPDATE {self.name} SET {column} = {value} WHERE {self.condition()}"
        return sql, sql


class KeyedTable(Table):
    """Keeps to ids that PostgreSQL, asked at the transaction's start, does not hold; ids changes within the transaction."""

    ids = frozenset()

    def free_id(self):
        return self.random.choice([id for id in range(1, 61) if id not in self.ids] or [None])

    def statement(self):
        kind = self.random.random()
        if kind < 0.45 or not self.ids:
            rows = []
            for _ in range(self.random.randint(1, 4)):
                id = self.free_id()
                if id is not None:
                    rows.append([id] + [self.value(column) for column in self.columns[1:]])
                    self.ids |= {id}
            if rows:
                return self.insert(rows)
        id = self.random.choice(sorted(self.ids))
        if kind < 0.6:
            self.ids -= {id}
            sql = f"DELETE FROM {self.name} WHERE id = {id}"
        elif kind < 0.62:
            self.ids = frozenset()
            sql = f"DELETE FROM {self.name}"
        elif kind < 0.72:
            new = self.free_id()
            if new is None:
                new = id
            self.ids = self.ids - {id} | {new}
            sql = f"UPDATE {self.name} SET id = {new} WHERE id = {id}"
        elif kind < 0.85:
            column = self.random.choice(self.columns[1:])
            sql = f"UPDATE {self.name} SET {column} = {literal(self.value(column))} WHERE id = {id}"
        else:
            sql = f"UPDATE {self.name} SET k = {self.random.randint(0, 6)}, v = v + 1 WHERE {self.condition()}"
        return sql, sql


class AppendTable(Table):
    def statement(self):
        rows = [[self.value(column) for column in self.columns] for _ in range(self.random.randint(1, 4))]
        if self.random.random() < 0.3:
            rows.append(rows[0])
        return self.insert(rows)


class EventTable(Table):
    """Append-only rows with event time, some behind the watermark. PostgreSQL's copy gets the arrival watermark: the table's before the transaction."""

    def __init__(self, name, random):
        super().__init__(name, ["k", "v", "ts"], random)
        self.greatest, self.arrival = None, None

    def begin(self):
        self.arrival = None if self.greatest is None else self.greatest - datetime.timedelta(seconds=DELAY)
        self.saved = self.greatest

    def rollback(self):
        self.greatest = self.saved

    def statement(self):
        rows = []
        for _ in range(self.random.randint(1, 4)):
            base = self.greatest or TIME_ZERO
            seconds = self.random.choice([-30, -12, -6, -3, -1, 0, 1, 2, 4, 9, 15])
            time = base.replace(microsecond=self.random.choice([0, 0, 1000, 500000, 999999])) + datetime.timedelta(seconds=seconds)
            rows.append([self.key(), self.number(), str(time)])
            self.greatest = max(base, time) if self.greatest else time
            if self.random.random() < 0.03:
                rows.append([self.key(), self.number(), None])
        ours = self.insert(rows)[0]
        arrival = literal(None if self.arrival is None else str(self.arrival))
        values = ", ".join("(" + ", ".join(literal(value) for value in row) + f", {arrival})" for row in rows)
        return ours, f"INSERT INTO {self.name} (k, v, ts, aw) VALUES {values}"


class History:
    """One random history: the tables, a step at a time, and what was said so far for the report of a failure."""

    def __init__(self, random, server, postgres):
        self.random, self.server, self.postgres = random, server, postgres
        self.side = type(random)(random.randint(0, 1 << 30))  # for what depends on the number of views: the changes stay the same with fewer
        self.bags = [BagTable("b", ["k", "v", "s"], random)]
        self.keyed = [KeyedTable("a", ["id", "k", "v", "s", "n"], random), KeyedTable("c", ["id", "k", "v"], random)]
        self.appended = [AppendTable("f", ["k", "v", "s"], random)]
        self.events = [EventTable("e", random), EventTable("g", random)]
        self.tables = self.bags + self.keyed + self.appended + self.events
        self.said, self.changes = [], 0
        self.steps = self.wide_steps = 0  # as the server counts them: evaluations of the graph, and those in which two or more inputs had rows
        self.counted = (0, 0)
        self.views = {}

    def create(self, shapes):
        """The tables, the views that others read, and all shapes; returns (name, error) of those that Leat refuses."""
        refused = []
        client = self.server.client()
        for ours, theirs in zip(LEAT_TABLES, POSTGRES_TABLES):
            client.simple(ours)
            self.postgres.simple(theirs)
        for view in BASE_VIEWS:
            client.simple(f"CREATE MATERIALIZED VIEW {view[0]} AS {view[1]}")
            self.postgres.simple(f"CREATE VIEW {view[0]} AS {view[-1]}")
        for name, ours, theirs in shapes:
            self.postgres.simple(f"CREATE VIEW m_{name} AS {theirs}")
            try:
                client.simple(f"CREATE MATERIALIZED VIEW m_{name} AS {ours}")
                self.views[name] = ours
            except SqlError as error:
                refused.append((name, str(error)))
        client.close()
        return refused

    def recreate(self, count):
        """Drops and creates some views over what the tables hold now."""
        client = self.server.client()
        for name in self.side.sample(sorted(self.views), min(count, len(self.views))):
            client.simple(f"DROP MATERIALIZED VIEW m_{name}")
            client.simple(f"CREATE MATERIALIZED VIEW m_{name} AS {self.views[name]}")
            self.said.append(f"-- m_{name} dropped and created")
        client.close()

    def figures(self, client):
        return tuple(int(value) for value in client.rows("SELECT steps, wide_steps, held_write_sets FROM leat_catalog.commits")[0])

    def count(self, is_last=False):
        """Takes the server's counts over; is_last: its next life begins with zero."""
        client = self.server.client()
        now = self.figures(client)[:2]
        client.close()
        self.steps += now[0] - self.counted[0]
        self.wide_steps += now[1] - self.counted[1]
        self.counted = (0, 0) if is_last else now

    def begin(self, tables):
        for table in tables:
            if isinstance(table, KeyedTable):
                table.ids = frozenset(int(row[0]) for row in self.postgres.rows(f"SELECT id FROM {table.name}"))
            if isinstance(table, EventTable):
                table.begin()

    def statements(self, tables, count):
        return [self.random.choice(tables).statement() for _ in range(count)]

    def say(self, statements):
        self.said.extend(ours for ours, _ in statements)

    def both(self, client, statements):
        """Runs statements on both; each must change as many rows."""
        for ours, theirs in statements:
            tag, wanted = client.query(ours).tag, self.postgres.query(theirs).tag
            if tag != wanted:
                raise AssertionError(f"{ours}: Leat says {tag}, PostgreSQL {wanted}")

    def transaction(self):
        """Several tables in one transaction, sometimes with a savepoint, sometimes rolled back."""
        tables = self.random.sample(self.tables, self.random.randint(2, len(self.tables)))
        self.begin(tables)
        statements = [table.statement() for table in tables] + self.statements(tables, self.random.randint(0, 5))
        end = "ROLLBACK" if self.random.random() < 0.1 else "COMMIT"
        if self.random.random() < 0.2 and not any(isinstance(table, (EventTable, KeyedTable)) for table in tables):
            at = self.random.randint(0, len(statements) - 1)
            statements[at:at] = [("SAVEPOINT s", "SAVEPOINT s")]
            statements.append(("ROLLBACK TO s", "ROLLBACK TO s"))
        if self.random.random() < 0.2:
            sql = "INSERT INTO b SELECT k, v, s FROM a WHERE k = 3"
            statements.append((sql, sql))
        statements = [("BEGIN", "BEGIN")] + statements + [(end, end)]
        self.say(statements)
        client = self.server.client()
        self.both(client, statements)
        client.close()
        if end == "ROLLBACK":
            for table in tables:
                if isinstance(table, EventTable):
                    table.rollback()

    def together(self):
        """Several sessions, a table each, whose commits enter one step."""
        tables = self.random.sample(self.tables, self.random.randint(2, 4))
        self.begin(tables)
        scripts = [self.statements([table], self.random.randint(1, 4)) for table in tables]
        control = self.server.client()
        before = self.figures(control)
        control.simple("ALTER SYSTEM HOLD STEPS")
        self.said.append("-- held: all of these enter one step")
        failures, threads = [], []

        def commit(script):
            try:
                client = self.server.client()
                client.simple("BEGIN; " + "; ".join(ours for ours, _ in script))
                client.simple("COMMIT")
                client.close()
            except Exception as error:
                failures.append(error)

        for script in scripts:
            self.say(script)
            threads.append(threading.Thread(target=commit, args=(script,)))
            threads[-1].start()
        for script in scripts:
            for _, theirs in script:
                self.postgres.query(theirs)
        held = self.arrive(control, threads)
        control.simple("ALTER SYSTEM RELEASE STEPS")
        for thread in threads:
            thread.join()
        steps = self.figures(control)[0] - before[0]
        control.close()
        self.said.append("-- released")
        if failures:
            raise failures[0]
        if steps > 1:
            raise AssertionError(f"{held} held commits entered {steps} steps instead of one")

    def arrive(self, control, threads):
        """Waits until every session's changes stand before the step; a session that changes nothing just ends. How many stand there."""
        deadline = time.time() + 30
        while time.time() < deadline:
            held = self.figures(control)[2]
            if held + sum(not thread.is_alive() for thread in threads) >= len(threads):
                return held
            time.sleep(0.001)
        raise AssertionError(f"{held} of {len(threads)} held commits arrived within 30 s")

    def alone(self):
        """One statement by itself."""
        table = self.random.choice(self.tables)
        self.begin([table])
        statements = [table.statement()]
        self.say(statements)
        client = self.server.client()
        self.both(client, statements)
        client.close()

    def refused(self):
        """A statement whose last row has a key that is taken: refused the same on both, without a trace."""
        table = self.random.choice(self.keyed)
        self.begin([table])
        if not table.ids:
            return
        row = [self.random.choice(sorted(table.ids))] + [table.value(column) for column in table.columns[1:]]
        sql = table.insert([[table.free_id() or row[0]] + row[1:], row])[0]
        self.said.append(sql + " -- refused")
        client, codes = self.server.client(), []
        for one in (client, self.postgres):
            try:
                one.simple(sql)
                codes.append("accepted")
            except SqlError as error:
                codes.append(error.code)
        client.close()
        if codes != ["23505", "23505"]:
            raise AssertionError(f"{sql}: Leat says {codes[0]}, PostgreSQL {codes[1]}")

    def flood(self, rows):
        """A transaction of many rows over several tables: more than one round, and more than the coordinator does by itself."""
        self.begin(self.keyed)
        statements = [
            f"INSERT INTO a SELECT 1000 + i, 1000 + i % {rows // 2}, 1000 + i, 'flood', i FROM generate_series(1, {rows}) AS i",
            f"INSERT INTO b SELECT 1000 + i % {rows // 2}, 1000 + i, 'flood' FROM generate_series(1, {rows}) AS i",
            f"INSERT INTO c SELECT 5000 + i, 1000 + i, 1000 + i FROM generate_series(1, {rows}) AS i",
        ]
        statements = [(sql, sql) for sql in ["BEGIN"] + statements + ["COMMIT"]]
        self.say(statements)
        client = self.server.client()
        self.both(client, statements)
        client.close()

    def ebb(self):
        statements = [
            "UPDATE b SET v = v + 1 WHERE s = 'flood' AND k % 3 = 0",
            "DELETE FROM a WHERE id > 1000 AND id % 2 = 0",
            "DELETE FROM b WHERE s = 'flood'",
            "DELETE FROM a WHERE id > 1000",
            "DELETE FROM c WHERE id > 1000",
        ]
        if self.random.random() < 0.5:
            statements = ["BEGIN"] + statements + ["COMMIT"]
        statements = [(sql, sql) for sql in statements]
        self.say(statements)
        client = self.server.client()
        self.both(client, statements)
        client.close()

    def step(self):
        self.count()
        kind = self.random.random() * (1 if self.wide_steps * 2 > self.steps else 0.82)
        self.changes += 1
        if kind < 0.42:
            self.transaction()
        elif kind < 0.82:
            self.together()
        else:
            self.alone()

    def differences(self):
        """(name, what, first rows that differ) of every view that is not its query, or not PostgreSQL's answer."""
        client = self.server.client()
        client.simple("SET row_errors = skip")
        names = sorted(self.views)
        stored = many(client, [f"SELECT * FROM m_{name}" for name in names])
        fresh = many(client, [self.views[name] for name in names])
        wanted = many(self.postgres, [f"SELECT * FROM m_{name}" for name in names])
        client.close()
        found = []
        for name, view, query, oracle in zip(names, stored, fresh, wanted):
            if view != oracle:
                found.append((name, "view", difference(view, oracle)))
            if query != oracle:
                found.append((name, "ad hoc", difference(query, oracle)))
        return found


def rows_of(result):
    return sorted(tuple("NULL" if value is None else value for value in row) for row in result.rows)


def many(client, queries):
    """The sorted rows of each query, or its error: many in one message, one by one where a message fails."""
    answers = []
    for at in range(0, len(queries), CHUNK):
        chunk = queries[at:at + CHUNK]
        try:
            answers.extend(rows_of(result) for result in client.simple("; ".join(chunk)))
        except SqlError:
            for query in chunk:
                try:
                    answers.append(rows_of(client.query(query)))
                except SqlError as error:
                    answers.append(str(error) + " " + error.fields.get("D", ""))
    return answers


def difference(got, wanted):
    if isinstance(got, str) or isinstance(wanted, str):
        return f"{got if isinstance(got, str) else 'rows'} instead of {wanted if isinstance(wanted, str) else 'rows'}"
    extra, missing = list((Counter(got) - Counter(wanted)).elements()), list((Counter(wanted) - Counter(got)).elements())
    return f"too much: {extra[:5]}, missing: {missing[:5]}"
