"""What a history leaves beside its views: late rows, failed rows, and the output of sinks, each compared with PostgreSQL or with the view itself."""
import json
import os
import time

from harness.client import SqlError
from harness.shapes import BROKEN, LATE, SINKS

# The relations are signed: rows that were withdrawn are gone, and no count stands at or below zero.
OURS_LATE = "SELECT object, window_start, window_end, arrival, sum(count) AS n FROM leat_catalog.late_rows GROUP BY 1, 2, 3, 4"
OURS_ERRORS = "SELECT object, sqlstate, sum(count) AS n FROM leat_catalog.errors GROUP BY 1, 2"
SIGNED = "SELECT 'late', object, count FROM leat_catalog.late_rows WHERE count <= 0 UNION ALL SELECT 'failed', object, count FROM leat_catalog.errors WHERE count <= 0"


def tuples(rows):
    return sorted(tuple("NULL" if value is None else value for value in row) for row in rows)


def event_differences(history, client):
    """(name, what, text) of every view whose late or failed rows are not those that PostgreSQL finds."""
    found = []
    for title, ours, queries in (("late rows", OURS_LATE, LATE), ("errors", OURS_ERRORS, BROKEN)):
        by_view = {}
        for row in client.rows(ours):
            by_view.setdefault(row[0], []).append(row[1:])
        for name in sorted(queries):
            if name in history.views:
                stored, wanted = tuples(by_view.get("m_" + name, [])), tuples(history.postgres.rows(queries[name]))
                if stored != wanted:
                    found.append((name, title, f"{sorted(set(stored) ^ set(wanted))[:6]} stand on one side only"))
    return found + [(row[1], "signs", f"a {row[0]} row stands with {row[2]}") for row in client.rows(SIGNED)]


class Sinks:
    """Sinks over queries of their own: files that only grow, and blackholes that sum what they are given."""

    def __init__(self, history, folder):
        self.history, self.folder = history, folder
        self.made = []

    def create(self):
        client = self.history.server.client()
        for name, kind, query, theirs in SINKS:
            options = f"connector = 'file', path = '{name}.json') FORMAT PLAIN ENCODE JSON" if kind == "file" else "connector = 'blackhole')"
            client.simple(f"CREATE SINK k_{name} AS {query} WITH ({options}")
            self.made.append((name, kind, query, theirs))
        client.close()

    def lines(self, name):
        path = os.path.join(self.folder, name + ".json")
        if not os.path.exists(path):
            return []
        with open(path) as file:
            return tuples([None if value is None else str(value).replace("T", " ") for value in json.loads(line).values()] for line in file)

    def sums(self, client, name):
        return client.rows(f"SELECT column_name, count, checksum FROM leat_catalog.sink_sums WHERE sink = 'k_{name}' ORDER BY 1")

    def differences(self):
        """A file holds the query's rows, each once; a blackhole that lived through everything sums to the same as one that is made now."""
        client, found = self.history.server.client(), []
        for name, kind, query, theirs in self.made:
            if kind == "file":
                wanted, deadline = tuples(self.history.postgres.rows(theirs)), time.time() + 10
                while self.lines(name) != wanted and time.time() < deadline:
                    time.sleep(0.02)
                if self.lines(name) != wanted:
                    found.append((name, "sink", f"{len(self.lines(name))} lines, {len(wanted)} rows: {sorted(set(self.lines(name)) ^ set(wanted))[:4]}"))
                continue
            try:
                client.simple(f"CREATE SINK k_fresh AS {query} WITH (connector = 'blackhole')")
                old, new = self.sums(client, name), self.sums(client, "fresh")
                count = self.history.postgres.rows(f"SELECT count(*) FROM ({theirs}) x")[0][0]
                client.simple("DROP SINK k_fresh")
                if old != new or (old[0][1] if old else "0") != count:
                    found.append((name, "sink", f"sums {old}, made now {new}, PostgreSQL has {count} rows"))
            except SqlError as error:
                found.append((name, "sink", str(error)))
        client.close()
        return found
