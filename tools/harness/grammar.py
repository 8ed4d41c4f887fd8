"""Random SQL by grammar: typed queries as trees, so that a query which shows a difference can be made smaller while it still shows it."""
import re

COLUMNS = {
    "i": "int4", "j": "int4", "k": "int4", "sm": "int2", "b": "int8", "n": "numeric", "f": "float8", "r": "float4", "s": "text", "v": "varchar", "c": "bpchar",
    "bo": "bool", "d": "date", "ts": "timestamp", "tz": "timestamptz", "tm": "time", "iv": "interval", "js": "jsonb", "ia": "int4[]", "ta": "text[]",
    "u": "uuid", "y": "bytea",
}
DECLARED = {"v": "varchar(6)", "c": "char(4)", "n": "numeric(8,2)"}
VALUES = {
    "int4": ["0", "1", "2", "3", "-1", "7"], "int2": ["0", "1", "2", "-5"], "int8": ["0", "1", "2", "5000000000", "-3"], "numeric": ["0.00", "1.50", "-2.25", "10.00", "3.10"],
    "float8": ["0", "1.5", "-2.5", "4"], "float4": ["0", "0.5", "-1.5"], "text": ["", "a", "b", "abc", "B c", "ä"], "varchar": ["", "a", "xyz"], "bpchar": ["a", "ab", "abcd"],
    "bool": ["true", "false"], "date": ["2024-01-31", "2024-02-29", "2023-12-31"], "timestamp": ["2024-01-31 10:00:00", "2024-02-29 23:59:59.5", "2020-01-01 00:00:00"],
    "timestamptz": ["2024-01-31 10:00:00+00", "2024-03-10 02:30:00+00"], "time": ["00:00:00", "12:34:56"], "interval": ["1 day", "02:00:00", "1 mon", "-3 days"],
    "jsonb": ['{"a": 1}', '{"a": "x", "b": [1, 2]}', "[1, null]", "3", "null"], "int4[]": ["{}", "{1,2}", "{3,NULL,1}"], "text[]": ["{}", "{a,b}", "{NULL,c}"],
    "uuid": ["00000000-0000-0000-0000-000000000001", "a0000000-0000-0000-0000-000000000002"], "bytea": ["\\x", "\\x00ff"],
}
TYPES = list(VALUES)
COMMON = ["int4", "int4", "int4", "text", "text", "int8", "numeric", "bool", "date", "timestamp", "float8"]


# <type> is an expression of that type, <'a'|'b'> one of the texts.
EXPRESSIONS = {
    "int4": ["(<int4> <'+'|'-'|'*'|'&'> <int4>)", "(<int4> <'/'|'%'> NULLIF(<int4>, 0))", "(- <int4>)", "abs(<int4>)", "length(<text>)", "(<bool>)::int4", "(<int2>)::int4", "cardinality(<int4[]>)",
             "(<int4[]>)[1]", "array_length(<text[]>, 1)", "(<date> - <date>)", "extract(<'year'|'month'|'dow'|'day'> FROM <date|timestamp|timestamptz>)::int4", "(<numeric>)::int4", "(<float8>)::int4",
             "array_position(<text[]>, <text>)", "position(<text> IN <text>)", "ascii(<text>)", "extract(day FROM <interval>)::int4"],
    "int2": ["(<int4> % 100)::int2", "(<int2> + <int2>)", "(<int2> / NULLIF(<int2>, 0::int2))"],
    "int8": ["(<int4>)::int8", "(<int8> <'+'|'-'> <int8|int4>)", "(<int4> * 2::int8)", "(<int8> % 7)", "(<numeric>)::int8"],
    "numeric": ["(<numeric> <'+'|'-'|'*'> <numeric>)", "(<int4>)::numeric", "round(<numeric>, 1)", "(<numeric> / NULLIF(<numeric>, 0))", "<'abs'|'floor'|'ceil'|'trunc'|'sign'>(<numeric>)", "(<numeric> + <int8>)", "mod(<numeric>, 2.5)"],
    "float8": ["(<float8> <'+'|'-'> <float8>)", "(<int4> * 0.5::float8)", "(<float4>)::float8", "abs(<float8>)", "(<numeric>)::float8", "floor(<float8>)"],
    "float4": ["(<int4>)::float4", "(<float4> + <float4>)"],
    "text": ["(<text> || <text>)", "<'lower'|'upper'|'trim'|'reverse'|'initcap'|'md5'>(<text>)", "substr(<text>, 1, 2)", "(<varchar|bpchar|bool|date|int4|int8|uuid|jsonb|int4[]|interval|timestamp|timestamptz|time|bytea>)::text",
             "(<jsonb> ->> 'a')", "concat(<text>, <int4|date|bool|text[]>)", "replace(<text>, 'a', <text>)", "left(<text>, <int4>)", "(<text[]>)[1]", "to_char(<date>, 'YYYY Mon')", "split_part(<text>, 'b', 1)",
             "array_to_string(<int4[]>, ',', '?')", "regexp_replace(<text>, 'b.', '-')", "lpad(<text>, 3, '*')", "(<varchar> || <int4>)"],
    "varchar": ["(<text>)::varchar", "(<text>)::varchar(2)"], "bpchar": ["(<text>)::char(4)"],
    "date": ["(<date> + <int4>)", "(<timestamp>)::date", "(<timestamptz>)::date"],
    "timestamp": ["(<timestamp> + <interval>)", "date_trunc('month', <timestamp>)", "(<date>)::timestamp", "(<timestamptz> AT TIME ZONE 'UTC')", "(<date> + <time>)", "(<date> - <interval>)"],
    "timestamptz": ["(<timestamptz> + <interval>)", "(<timestamp>)::timestamptz", "date_trunc('day', <timestamptz>)"], "time": ["(<timestamp>)::time", "(<time> + <interval>)"],
    "interval": ["(<interval> <'+'|'-'> <interval>)", "(<timestamp> - <timestamp>)", "(<interval> * <int4>)", "age(<timestamp>, <timestamp>)", "(<time> - <time>)", "justify_days(<interval>)"],
    "jsonb": ["(<jsonb> -> 'a')", "jsonb_build_object('a', <int4|text|bool|numeric|date|timestamp>, 'b', <jsonb>)", "to_jsonb(<int4|text|bool|numeric|date|timestamp|int4[]|jsonb|interval>)",
              "jsonb_build_array(<jsonb>, <text>)", "(<jsonb> || <jsonb>)", "jsonb_strip_nulls(<jsonb>)", "(<jsonb> #> '{b,0}')"],
    "int4[]": ["ARRAY[<int4>, <int4>]", "(<int4[]> || <int4|int4[]>)", "array_remove(<int4[]>, <int4>)", "array_append(<int4[]>, <int4>)", "(<int4[]>)[1:2]"],
    "text[]": ["ARRAY[<text>, <text>]", "(<text[]> || <text|text[]>)", "string_to_array(<text>, 'b')", "(<int4[]>)::text[]"],
    "uuid": ["<uuid>"], "bytea": ["(<bytea> || <bytea>)", "decode(md5(<text>), 'hex')"],
}


class Node:
    """A piece of text made of strings and Nodes. simpler: what may stand in its place; is_optional: nothing may."""

    def __init__(self, *parts, simpler=(), is_optional=False):
        self.parts, self.simpler, self.is_optional = list(parts), list(simpler), is_optional

    def text(self, parameters=None):
        return "".join(part if isinstance(part, str) else part.text(parameters) for part in self.parts)

    def places(self):
        for at, part in enumerate(self.parts):
            if isinstance(part, Node):
                yield self, at
                yield from part.places()


class Literal(Node):
    """parameters: a list that takes its value instead, as a parameter."""

    def __init__(self, value, type, is_bare=False):
        super().__init__()
        self.value, self.type, self.is_bare = value, type, is_bare

    def text(self, parameters=None):
        if self.value is None:
            return "NULL" if self.is_bare else f"NULL::{self.type}"
        if parameters is not None:
            parameters.append(self.value)
            return f"${len(parameters)}" + ("" if self.is_bare else f"::{self.type}")
        if self.type == "int4":
            return self.value if self.value[0] != "-" else f"({self.value})"
        return "'" + self.value.replace("'", "''") + "'" + ("" if self.is_bare else f"::{self.type}")


def joined(nodes, separator=", "):
    node = Node()
    for at, one in enumerate(nodes):
        node.parts += [separator, one] if at else [one]
    return node


def reduce(root, differs, budget):
    """Replaces parts of the tree by simpler ones as long as differs(root) holds; at most budget tries."""
    changed = True
    while changed and budget > 0:
        changed = False
        for parent, at in list(root.places()):
            node = parent.parts[at]
            if not isinstance(node, Node):
                continue
            for other in ([""] if node.is_optional else []) + node.simpler:
                if budget <= 0:
                    return
                budget -= 1
                parent.parts[at] = Node(other) if isinstance(other, str) else other
                if differs(root):
                    changed = True
                    break
                parent.parts[at] = node


class Scope:
    """What an expression may name: leaves (text, type); outer: the scope around; inner: what aggregates may name, if they may stand here."""

    def __init__(self, leaves, outer=None, inner=None, has_windows=False, order=()):
        self.leaves, self.outer, self.inner, self.has_windows = leaves, outer, inner, has_windows
        self.order = list(order)  # texts that put rows in an order without ties but for equal rows


class Table:
    def __init__(self, name, columns, has_key):
        self.name, self.columns, self.has_key = name, columns, has_key


class Grammar:
    def __init__(self, random):
        self.random = random
        self.tables, self.ctes, self.names = [], [], 0
        self.has_names = True  # output columns are named, as views need it

    def one(self, items):
        return self.random.choice(items)

    def chance(self, share):
        return self.random.random() < share

    def name(self, letter="x"):
        self.names += 1
        return f"{letter}{self.names}"

    # Tables

    def make_tables(self):
        statements = []
        for number in range(4):
            names = self.random.sample([name for name in COLUMNS if name not in "ijks"], self.random.randint(2, 7))
            names = ["i", "j", "s"] + names + (["k"] if number < 2 else [])
            has_key = number != 3
            table = Table(f"t{number}", ([("id", "int4")] if has_key else []) + [(name, COLUMNS[name]) for name in names], has_key)
            self.tables.append(table)
            columns = ["id int PRIMARY KEY"] if has_key else []
            columns += [f"{name} {DECLARED.get(name, COLUMNS[name])}" for name in names]
            statements.append(f"CREATE TABLE {table.name} ({', '.join(columns)})")
            statements.append(self.insert(table, 0, self.random.randint(6, 14)))
        return statements

    def value(self, type):
        return "NULL" if self.chance(0.15) else "'" + self.one(VALUES[type]) + "'"

    def insert(self, table, first, count):
        rows = []
        for number in range(first, first + count):
            row = [str(number) if name == "id" else self.value(type) for name, type in table.columns]
            rows += ["(" + ", ".join(row) + ")"] * (2 if not table.has_key and self.chance(0.3) else 1)
        return f"INSERT INTO {table.name} VALUES " + ", ".join(rows)

    def contents(self):
        return [f"SELECT * FROM {table.name}" for table in self.tables]

    def change(self):
        """A transaction of one to three random statements."""
        statements = []
        for _ in range(self.random.randint(1, 3)):
            table = self.one(self.tables)
            kind = self.random.random()
            column, type = self.one([column for column in table.columns if column[0] != "id"])
            where = self.one(["i", "j"])
            if kind < 0.35:
                statements.append(self.insert(table, self.random.randint(100, 10 ** 8), self.random.randint(1, 4)) + (" ON CONFLICT DO NOTHING" if table.has_key else ""))
            elif kind < 0.75:
                statements.append(f"UPDATE {table.name} SET {column} = {self.value(type)} WHERE {where} = {self.random.randint(-1, 3)}")
            elif kind < 0.97:
                statements.append(f"DELETE FROM {table.name} WHERE {where} = {self.one(VALUES['int4'])} AND s IS DISTINCT FROM {self.value('text')}")
            else:
                statements.append(f"DELETE FROM {table.name}")
        return statements

    # Expressions

    def literal(self, type):
        return Literal(None if self.chance(0.06) else self.one(VALUES[type]), type, self.chance(0.04))

    def leaf(self, type, scope):
        level = scope
        while level.outer is not None and (self.chance(0.25) or not level.leaves):
            level = level.outer
        found = [text for text, kind in level.leaves if kind == type]
        return Node(self.one(found)) if found and self.chance(0.92) else self.literal(type)

    def expression(self, type, scope, depth=0):
        if depth > 3 or self.chance(0.2 + 0.15 * depth):
            return self.leaf(type, scope)
        sub = lambda kind: self.expression(kind, scope, depth + 1)  # noqa: E731
        if self.chance(0.3) and scope.inner is not None:
            made = self.aggregate(type, scope.inner)
            if made is not None:
                return made
        if self.chance(0.2) and scope.has_windows:
            made = self.window(type, scope)
            if made is not None:
                return made
        kind = self.random.random()
        a, b = sub(type), sub(type)
        same = [a, b]
        if kind < 0.08:
            node = Node("CASE WHEN ", sub("bool"), " THEN ", a, " ELSE ", b, " END")
        elif kind < 0.11:
            on = self.one(COMMON)
            node = Node("CASE ", sub(on), " WHEN ", sub(on), " THEN ", a, Node(" WHEN ", sub(on), " THEN ", b, is_optional=True), " END")
        elif kind < 0.16:
            node = Node("COALESCE(", a, ", ", b, ")")
        elif kind < 0.19:
            node = Node("NULLIF(", a, ", ", b, ")")
        elif kind < 0.22:
            node = Node(self.one(["GREATEST", "LEAST"]), "(", a, ", ", b, ")")
            if type == "jsonb":
                return a
        elif kind < 0.31 and depth < 3:
            node, same = self.scalar(type, scope, depth), []
        else:
            node, same = self.of_type(type, scope, sub, a, b)
        node.simpler = [Literal(None, type)] + [Literal(self.one(VALUES[type]), type)] + same + node.simpler
        return node

    def scalar(self, type, scope, depth):
        if self.chance(0.6):
            inside = self.from_clause(scope, depth + 1)
            made = self.aggregate(type, inside[1])
            if made is not None:
                return Node("(SELECT ", made, " FROM ", inside[0], self.where(inside[1], depth + 2), ")")
        return Node("(", self.query([type], scope, depth + 1, limit=1), ")")

    def of_type(self, type, scope, sub, a, b):
        """(node, the parts of the same type)"""
        if type == "bool":
            return self.condition(scope, sub, a, b)
        if type == "int4[]" and self.chance(0.2):
            return Node("ARRAY(", self.query(["int4"], scope, 3, is_ordered=True), ")"), []
        template = self.one(EXPRESSIONS[type])
        parts, same = [], []
        for at, part in enumerate(re.split(r"<(.*?)>", template)):
            if at % 2 == 0:
                parts.append(part)
                continue
            kind = self.one(part.split("|"))
            parts.append(sub(kind) if kind in VALUES else kind.strip("'"))
            if kind == type:
                same.append(parts[-1])
        return Node(*parts), same

    def condition(self, scope, sub, a, b):
        kind, type = self.random.random(), self.one(COMMON + TYPES)
        if kind < 0.18:
            return Node("(", a, self.one([" AND ", " OR "]), b, ")"), [a, b]
        if kind < 0.23:
            return Node("(NOT ", a, ")"), [a]
        if kind < 0.5:
            operators = ["=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"]
            other = self.one(["int4", "int8", "numeric", "int2", "float8"]) if type in ("int4", "int8", "numeric", "int2", "float8") else self.one(["text", "varchar"]) if type in ("text", "varchar") else type
            return Node("(", sub(type), f" {self.one(operators)} ", sub(other), ")"), []
        if kind < 0.55:
            return Node("(", sub(type), self.one([" IS NULL)", " IS NOT NULL)"])), []
        if kind < 0.61:
            return Node("(", sub(type), self.one([" IN (", " NOT IN ("]), sub(type), ", ", self.literal(type), Node(", ", self.literal(type), is_optional=True), "))"), []
        if kind < 0.65:
            return Node("(", sub(type), self.one([" BETWEEN ", " NOT BETWEEN ", " BETWEEN SYMMETRIC "]), sub(type), " AND ", sub(type), ")"), []
        if kind < 0.69:
            return Node("(", sub("text"), self.one([" LIKE ", " NOT LIKE ", " ~ ", " ILIKE "]), self.one(["'a%'", "'_b%'", "'%c'", "'[ab]'"]), ")"), []
        if kind < 0.72:
            return Node("(", a, self.one([" IS TRUE)", " IS NOT TRUE)", " IS FALSE)", " IS UNKNOWN)"])), [a]
        if kind < 0.78:
            return Node(self.one(["EXISTS (", "NOT EXISTS ("]), self.query([self.one(COMMON)], scope, 3), ")"), []
        if kind < 0.85:
            return Node("(", sub(type), self.one([" IN (", " NOT IN (", " = ANY (", " <> ALL ("] + ([" < ANY (", " >= ALL ("] if type != "jsonb" else [])), self.query([type], scope, 3), "))"), []
        if kind < 0.88:
            return Node("(", sub("int4"), self.one([" = ANY (", " < ALL (", " <> ANY ("]), sub("int4[]"), "))"), []
        if kind < 0.93:
            t, u = self.one(COMMON), self.one(COMMON)
            return Node("((", sub(t), ", ", sub(u), ")", self.one([" = ", " <> ", " < ", " >= "]), "(", sub(t), ", ", sub(u), "))"), []
        if kind < 0.96:
            t, u = self.one(COMMON), self.one(COMMON)
            return Node("((", sub(t), ", ", sub(u), ")", self.one([" IN (", " NOT IN ("]), self.query([t, u], scope, 3), "))"), []
        return Node("(", sub("jsonb"), self.one([" @> ", " <@ "]), sub("jsonb"), ")"), []

    # Aggregates and windows

    def plain(self, type, scope):
        """An argument without aggregates."""
        return self.expression(type, Scope(scope.leaves, scope.outer, order=scope.order), 2)

    def aggregate(self, type, scope):
        def argument(kind):
            made = self.plain(kind, scope)  # what is written twice has to be the same expression, which subqueries never are
            return self.leaf(kind, Scope(scope.leaves)) if "(SELECT" in made.text() else made

        distinct = "DISTINCT " if self.chance(0.2) else ""
        pick = self.one
        if type == "int8":
            node = pick([lambda: Node("count(*)"), lambda: Node("count(", distinct, argument(pick(TYPES)), ")"), lambda: Node("sum(", distinct, argument(pick(["int4", "int2"])), ")")])()
        elif type == "numeric":
            node = Node(pick(["sum(", "avg(", "min(", "max("]), distinct, argument("numeric"), ")") if self.chance(0.6) else Node(pick(["avg(", "var_pop(", "stddev_samp("]), distinct, argument("int4"), ")")
        elif type == "bool":
            node = Node(pick(["bool_and(", "bool_or("]), distinct, argument("bool"), ")")
        elif type in ("int4[]", "text[]"):
            element = argument(type[:-2])
            node = Node("array_agg(", distinct, element, " ORDER BY ", element, pick(["", " DESC", " NULLS FIRST"]), ")")
        elif type == "jsonb":
            element = argument(pick(COMMON))
            node = Node("jsonb_agg(", distinct, element, " ORDER BY ", element, ")")
        elif type == "text" and self.chance(0.5):
            element = argument("text")
            node = Node("string_agg(", distinct, element, ", ',' ORDER BY ", element, " DESC" if not distinct and self.chance(0.3) else "", ")") if not distinct else Node("string_agg(DISTINCT ", element, ", ',')")
        elif type in ("int4", "int2") and self.chance(0.3):
            node = Node(pick(["bit_and(", "bit_or("]), argument(type), ")")
        elif type == "float8" and self.chance(0.5):
            node = Node(pick(["sum(", "percentile_cont(0.5) WITHIN GROUP (ORDER BY "]), argument("float8"), ")")
        elif type in ("uuid", "bytea", "varchar"):
            return None
        else:
            node = Node(pick(["min(", "max("]), distinct, argument(type), ")")
        if self.chance(0.15):
            node.parts.append(Node(" FILTER (WHERE ", argument("bool"), ")", is_optional=True))
        node.simpler = [Literal(None, type)]
        return node

    def frame(self):
        bounds = ["UNBOUNDED PRECEDING", "2 PRECEDING", "1 PRECEDING", "CURRENT ROW", "1 FOLLOWING", "UNBOUNDED FOLLOWING"]
        first = self.random.randint(0, 4)
        last = self.random.randint(max(first, 1), 5)
        return first, last, f"BETWEEN {bounds[first]} AND {bounds[last]}"

    def window(self, type, scope):
        pick = self.one
        plain = lambda kind: self.expression(kind, Scope(scope.leaves, scope.outer, scope.inner, order=scope.order), 2)  # noqa: E731
        total = ", ".join(scope.order)
        partition = Node("PARTITION BY ", plain(pick(COMMON)), " ", is_optional=True) if self.chance(0.5) else Node("")
        direction = pick(["", " DESC", " NULLS FIRST", " DESC NULLS LAST"])
        sort, frame = Node(" ORDER BY ", plain(pick(COMMON)), direction), ""
        strict = Node(" ORDER BY ", Node(plain(pick(COMMON)), direction, ", ", is_optional=True), total)
        if not total:
            return None
        kind = self.random.random()
        if type == "int8" and kind < 0.5:
            function, sort = pick([("rank()", sort), ("dense_rank()", sort), ("row_number()", strict)])
            return Node(function, " OVER (", partition, sort, ")", simpler=[Literal(None, type)])
        if type == "float8" and kind < 0.5:
            return Node(pick(["percent_rank()", "cume_dist()"]), " OVER (", partition, sort, ")", simpler=[Literal(None, type)])
        if type == "int4" and kind < 0.2:
            return Node("ntile(3) OVER (", partition, strict, ")", simpler=[Literal(None, type)])
        frame_kind = pick(["", "ROWS ", "GROUPS ", "RANGE "])
        exclude = pick(["", "", "", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES"])
        first, last, between = self.frame()
        ordering = strict
        if frame_kind == "RANGE ":
            if first in (1, 2, 4) or last in (1, 2, 4):
                ordering = Node(" ORDER BY ", plain("int4"), pick(["", " DESC"]))
            else:
                ordering = sort
        elif frame_kind == "GROUPS ":
            ordering = sort
        frame = Node(" ", frame_kind, between, exclude, is_optional=True) if frame_kind else Node("")
        if kind < 0.4 and type not in ("jsonb",) and frame_kind in ("ROWS ", ""):
            call = pick([lambda: Node("lag(", plain(type), ", 1)"), lambda: Node("lead(", plain(type), ")"), lambda: Node("lag(", plain(type), ", ", "2", ", ", self.literal(type), ")"),
                         lambda: Node("first_value(", plain(type), ")"), lambda: Node("last_value(", plain(type), ")"), lambda: Node("nth_value(", plain(type), ", 2)")])()
            return Node(call, " OVER (", partition, strict, frame, ")", simpler=[Literal(None, type)])
        inner = Scope(scope.leaves, scope.outer, order=scope.order)
        if type in ("int8", "numeric", "bool") or type in ("int4", "text", "date", "timestamp", "float8"):
            call = {"int8": lambda: pick([Node("count(*)"), Node("sum(", self.grouped_plain("int4", scope), ")"), Node("count(", self.grouped_plain(pick(COMMON), scope), ")")]),
                    "numeric": lambda: Node(pick(["sum(", "avg(", "max("]), self.grouped_plain("numeric", scope), ")"),
                    "bool": lambda: Node(pick(["bool_and(", "bool_or("]), self.grouped_plain("bool", scope), ")")}.get(type, lambda: Node(pick(["min(", "max("]), self.grouped_plain(type, scope), ")"))()
            if self.chance(0.1):
                call.parts.append(Node(" FILTER (WHERE ", self.grouped_plain("bool", scope), ")", is_optional=True))
            del inner
            return Node(call, " OVER (", partition, ordering, frame, ")", simpler=[Literal(None, type)])
        return None

    def grouped_plain(self, type, scope):
        return self.expression(type, Scope(scope.leaves, scope.outer, scope.inner, order=scope.order), 2)

    # FROM

    def item(self, scope, depth):
        """(node, alias, columns)"""
        kind, alias = self.random.random(), self.name("a")
        if depth > 2 or kind < 0.6:
            table = self.one(self.tables)
            return Node(f"{table.name} AS {alias}"), alias, table.columns
        if kind < 0.68 and self.ctes:
            name, columns = self.one(self.ctes)
            return Node(f"{name} AS {alias}"), alias, columns
        types = [self.one(COMMON) for _ in range(self.random.randint(1, 3))]
        columns = [(f"{alias}_{at}", type) for at, type in enumerate(types)]
        names = ", ".join(name for name, _ in columns)
        if kind < 0.92:
            table = self.one(self.tables)
            return Node("(", self.query(types, scope, depth + 1), f") AS {alias}({names})", simpler=[]), alias, columns
        if kind < 0.96:
            return Node(f"generate_series(1, {self.random.randint(0, 3)}) AS {alias}({alias}_0)"), alias, [(f"{alias}_0", "int4")]
        rows = joined([Node("(", joined([self.literal(type) for type in types]), ")") for _ in range(self.random.randint(1, 3))])
        return Node("(VALUES ", rows, f") AS {alias}({names})"), alias, columns

    def from_clause(self, outer, depth):
        """(node, scope)"""
        node, alias, columns = self.item(outer, depth)
        leaves = [(f"{alias}.{name}", type) for name, type in columns]
        first = columns
        joins = self.random.choice([0, 0, 1, 1, 2] if depth < 2 else [0, 0, 1])
        used_using = False
        for _ in range(joins):
            scope = Scope(list(leaves), outer)
            kind = self.one(["JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN", ","])
            is_lateral = kind not in ("RIGHT JOIN", "FULL JOIN") and self.chance(0.25)
            if is_lateral:
                right_alias = self.name("a")
                types = [self.one(COMMON) for _ in range(self.random.randint(1, 2))]
                right_columns = [(f"{right_alias}_{at}", type) for at, type in enumerate(types)]
                if self.chance(0.15):
                    right_columns = [(f"{right_alias}_0", "int4")]
                    right = Node("unnest(", self.expression("int4[]", scope, 2), f") AS {right_alias}({right_alias}_0)")
                else:
                    right = Node("LATERAL (", self.query(types, scope, depth + 1), f") AS {right_alias}({', '.join(name for name, _ in right_columns)})")
            else:
                right, right_alias, right_columns = self.item(outer, depth)
            right_leaves = [(f"{right_alias}.{name}", type) for name, type in right_columns]
            left_node = node
            common = [name for name, type in right_columns if (name, type) in first and name != "jsonb"]
            if kind in ("CROSS JOIN", ","):
                extra = Node(f" {kind} ", right, is_optional=True)
                # A comma binds less than JOIN: what comes later must not see the left side.
                node = Node("(", node, ")") if False else Node(node, extra) if kind == "CROSS JOIN" else Node(node, Node(" CROSS JOIN ", right, is_optional=True))
            elif common and not used_using and not is_lateral and joins == 1 and self.chance(0.3):
                used_using = True
                using = self.random.sample(common, min(len(common), self.random.randint(1, 2)))
                natural = self.chance(0.2)
                merged = common if natural else using
                if natural:
                    node = Node(node, f" NATURAL {kind} ", right)
                else:
                    node = Node(node, Node(f" {kind} ", right, f" USING ({', '.join(using)})"))
                types = dict(right_columns)
                leaves = leaves + right_leaves + [(name, types[name]) for name in merged] * 2
                continue
            else:
                both = Scope(leaves + right_leaves, outer)
                if kind == "FULL JOIN":
                    pairs = [(x, y) for x, t in leaves for y, u in right_leaves if t == u and t != "jsonb"]
                    if not pairs:
                        continue
                    condition = Node(" = ".join(self.one(pairs)))
                elif self.chance(0.6):
                    pairs = [(x, y) for x, t in leaves for y, u in right_leaves if t == u]
                    condition = Node(" = ".join(self.one(pairs)) if pairs else "true", Node(" AND ", self.expression("bool", both, 2), is_optional=True) if self.chance(0.3) else "")
                else:
                    condition = self.expression("bool", both, 2)
                    condition = Node(condition)
                node = Node(left_node, Node(f" {kind} ", right, " ON ", condition, is_optional=True))
            leaves = leaves + right_leaves
        return node, Scope(leaves, outer, order=[text for text, _ in dict(leaves).items()])

    def where(self, scope, depth=0, share=0.6):
        if not self.chance(share):
            return Node("")
        return Node(" WHERE ", self.expression("bool", Scope(scope.leaves, scope.outer), min(depth, 2)), is_optional=True)

    # Queries

    def query(self, types, outer=None, depth=0, limit=None, is_ordered=False):
        kind = self.random.random()
        if depth < 3 and kind < 0.12:
            parts = [self.query(types, outer, depth + 1), self.query(types, outer, depth + 1)]
            body = Node("(", parts[0], ")", self.one([" UNION ", " UNION ALL ", " INTERSECT ", " EXCEPT ", " INTERSECT ALL ", " EXCEPT ALL "]), "(", parts[1], ")", simpler=parts)
        elif kind < 0.15:
            body = Node("VALUES ", joined([Node("(", joined([self.expression(type, Scope([], outer) if outer else Scope([]), 2) for type in types]), ")") for _ in range(self.random.randint(1, 3))]))
        elif depth < 2 and kind < (0.27 if depth == 0 else 0.18):
            name, inner_types = self.name("w"), [self.one(COMMON) for _ in range(self.random.randint(1, 3))]
            columns = [(f"{name}_{at}", type) for at, type in enumerate(inner_types)]
            inner = self.query(inner_types, outer, depth + 1)
            self.ctes.append((name, columns))
            body = self.query(types, outer, depth + 1)
            self.ctes.pop()
            return Node(Node(f"WITH {name}({', '.join(column for column, _ in columns)}) AS ", self.one(["", "MATERIALIZED ", "NOT MATERIALIZED "]), "(", inner, ") ", is_optional=True), body, simpler=[inner])
        else:
            body = self.select(types, outer, depth)
        if limit is not None or is_ordered or self.chance(0.12):
            everything = ", ".join(f"{at + 1}" + self.one(["", " DESC", " NULLS FIRST", " DESC NULLS LAST"]) for at in range(len(types)))
            body = Node("SELECT * FROM (", body, f") AS {self.name('o')} ORDER BY {everything}")
            if limit is not None:
                body.parts.append(f" LIMIT {limit}")
            elif self.chance(0.7):
                body.parts.append(Node(f" LIMIT {self.random.randint(0, 5)}", is_optional=True))
                if self.chance(0.4):
                    body.parts.append(Node(f" OFFSET {self.random.randint(0, 3)}", is_optional=True))
        return body

    def select(self, types, outer, depth):
        source, scope = self.from_clause(outer, depth)
        where = self.where(scope, depth)
        kind = self.random.random()
        if kind < 0.35:
            return self.grouped(types, source, scope, where, depth)
        scope.has_windows = kind < 0.55
        items = [self.expression(type, scope, min(depth, 2)) for type in types]
        if types[0] == "int4" and not scope.has_windows and self.chance(0.15):
            items[0] = Node("generate_series(1, LEAST(", self.expression("int4", Scope(scope.leaves, scope.outer), 2), ", 3))") if self.chance(0.5) else Node("unnest(", self.expression("int4[]", Scope(scope.leaves, scope.outer), 2), ")")
        head = "SELECT "
        order = Node("")
        if kind > 0.9:
            head = "SELECT DISTINCT "
        elif kind > 0.85:
            on = self.leaf(self.one(COMMON), Scope(scope.leaves))
            if not isinstance(on, Literal):
                return Node("SELECT DISTINCT ON (", on, ") ", self.items(items, depth), " FROM ", source, where, " ORDER BY ", on, self.one(["", " DESC", " NULLS FIRST"]), ", ", ", ".join(scope.order))
        return Node(head, self.items(items, depth), " FROM ", source, where, order)

    def items(self, items, depth):
        return joined([Node(item, Node(f" AS o{at}") if self.has_names or depth > 0 else "") for at, item in enumerate(items)])

    def grouped(self, types, source, scope, where, depth):
        count = self.random.choice([0, 1, 1, 2, 3])
        plain_leaves = [leaf for leaf in scope.leaves]
        keys = []
        for _ in range(count):
            text, type = self.one(plain_leaves)
            if type == "int4" and self.chance(0.25):
                text = f"({text} % 2)"
            if (text, type) not in keys:
                keys.append((text, type))
        names = [text for text, _ in keys]
        inner = Scope(scope.leaves, scope.outer, order=scope.order)
        grouped = Scope(keys, scope.outer, inner, has_windows=bool(keys) and self.chance(0.2), order=names)
        group = Node("")
        has_sets = False
        if keys:
            form = self.random.random()
            has_sets = form > 0.75
            listed = ", ".join(names)
            text = listed if form < 0.75 else f"ROLLUP ({listed})" if form < 0.83 else f"CUBE ({listed})" if form < 0.9 else f"GROUPING SETS (({listed}), ({names[0]}), ())"
            group = Node(" GROUP BY ", text)
            if has_sets and len(names) > 1 and form > 0.95:
                group = Node(f" GROUP BY {names[0]}, ROLLUP ({', '.join(names[1:])})")
        items = []
        for type in types:
            if has_sets and type == "int4" and self.chance(0.5):
                items.append(Node(f"GROUPING({', '.join(names)})"))
            else:
                items.append(self.expression(type, grouped, min(depth, 2)))
        plain = Scope(keys, scope.outer, inner)
        having = Node(" HAVING ", self.expression("bool", plain, 2), is_optional=True) if self.chance(0.2) else Node("")
        return Node("SELECT ", self.items(items, depth), " FROM ", source, where, group, having)

    def top(self):
        self.names, self.has_names = 0, self.chance(0.85)
        return Node(self.query([self.one(COMMON + TYPES) for _ in range(self.random.randint(1, 4))]))
