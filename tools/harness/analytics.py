"""Queries of analytical benchmarks and small random rows for them, shaped so that each query finds some."""
import datetime

NATIONS = ("ALGERIA:0 ARGENTINA:1 BRAZIL:1 CANADA:1 EGYPT:4 ETHIOPIA:0 FRANCE:3 GERMANY:3 INDIA:2 INDONESIA:2 IRAN:4 IRAQ:4 JAPAN:2 JORDAN:4 KENYA:0 MOROCCO:0 "
           "MOZAMBIQUE:0 PERU:1 CHINA:2 ROMANIA:3 SAUDI_ARABIA:4 VIETNAM:2 RUSSIA:3 UNITED_KINGDOM:3 UNITED_STATES:1").split()
POPULOUS = (2, 3, 6, 7, 7, 8, 12, 18, 20, 20, 24)  # where suppliers and customers are
COLOURS = "almond green forest lemon navy".split()
WORDS = "carefully special final pending requests quickly express deposits accounts ironic".split()
TABLES = {
    "region": "r_regionkey int PRIMARY KEY, r_name varchar(25) NOT NULL, r_comment varchar(152)",
    "nation": "n_nationkey int PRIMARY KEY, n_name varchar(25) NOT NULL, n_regionkey int NOT NULL, n_comment varchar(152)",
    "supplier": "s_suppkey int PRIMARY KEY, s_name char(25) NOT NULL, s_address varchar(40), s_nationkey int NOT NULL, s_phone char(15), s_acctbal numeric(15,2), s_comment varchar(101)",
    "part": "p_partkey int PRIMARY KEY, p_name varchar(55), p_mfgr char(25), p_brand char(10), p_type varchar(25), p_size int, p_container char(10), p_retailprice numeric(15,2), p_comment varchar(23)",
    "partsupp": "ps_partkey int, ps_suppkey int, ps_availqty int, ps_supplycost numeric(15,2), ps_comment varchar(199), PRIMARY KEY (ps_partkey, ps_suppkey)",
    "customer": "c_custkey int PRIMARY KEY, c_name varchar(25), c_address varchar(40), c_nationkey int, c_phone char(15), c_acctbal numeric(15,2), c_mktsegment char(10), c_comment varchar(117)",
    "orders": "o_orderkey int PRIMARY KEY, o_custkey int, o_orderstatus char(1), o_totalprice numeric(15,2), o_orderdate date, o_orderpriority char(15), o_clerk char(15), o_shippriority int, o_comment varchar(79)",
    "lineitem": "l_orderkey int, l_partkey int, l_suppkey int, l_linenumber int, l_quantity numeric(15,2), l_extendedprice numeric(15,2), l_discount numeric(15,2), l_tax numeric(15,2), "
                "l_returnflag char(1), l_linestatus char(1), l_shipdate date, l_commitdate date, l_receiptdate date, l_shipinstruct char(25), l_shipmode char(10), l_comment varchar(44), "
                "PRIMARY KEY (l_orderkey, l_linenumber)",
}
FIRST_DAY = datetime.date(1992, 1, 1)
LAST_DAY = datetime.date(1998, 8, 2)


class Rows:
    """Makes the rows, and the statements that bring and change them; both servers are given the same text."""

    def __init__(self, random, orders=750):
        self.random, self.parts, self.suppliers, self.customers = random, 120, 24, 90
        self.order_keys = list(range(1, orders + 1))
        self.next_order = orders + 1

    def money(self, low, high):
        return f"{self.random.randint(low * 100, high * 100) / 100:.2f}"

    def comment(self, count=4):
        return " ".join(self.random.choices(WORDS, k=count))

    def phone(self, nation):
        return f"{nation + 10}-{self.random.randint(100, 999)}-{self.random.randint(100, 999)}-{self.random.randint(1000, 9999)}"

    def dimensions(self):
        """Rows of the six tables that no order is needed for."""
        pick = self.random.choice
        yield "region", [(key, name, self.comment()) for key, name in enumerate(("AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"))]
        yield "nation", [(key, name.split(":")[0].replace("_", " "), int(name.split(":")[1]), self.comment()) for key, name in enumerate(NATIONS)]
        suppliers = []
        for key in range(1, self.suppliers + 1):
            nation = POPULOUS[key % len(POPULOUS)]
            said = "Customer angry Complaints" if key % 9 == 0 else self.comment()
            suppliers.append((key, f"Supplier#{key:09}", f"Street {key}", nation, self.phone(nation), self.money(-900, 9000), said))
        yield "supplier", suppliers
        yield "part", [(key, " ".join(self.random.sample(COLOURS, 2)), f"Manufacturer#{key % 5 + 1}", f"Brand#{pick((12, 23, 34, 45))}",
                        pick(("ECONOMY ANODIZED STEEL", "PROMO BURNISHED BRASS", "STANDARD PLATED BRASS", "MEDIUM POLISHED TIN", "LARGE BRUSHED STEEL")), pick((3, 5, 9, 14, 15, 23)),
                        pick(("SM CASE", "MED BOX", "MED BAG", "LG CASE", "JUMBO JAR")), f"{900 + key % 200 + key / 100:.2f}", self.comment(2)) for key in range(1, self.parts + 1)]
        yield "partsupp", [(part, supplier, self.random.randint(1, 9999), self.money(1, 1000), self.comment())
                           for part in range(1, self.parts + 1) for supplier in sorted(self.random.sample(range(1, self.suppliers + 1), 4))]
        customers = []
        for key in range(1, self.customers + 1):
            nation = pick(POPULOUS)
            customers.append((key, f"Customer#{key:09}", f"Road {key}", nation, self.phone(nation), self.money(-999, 9999),
                              pick(("AUTOMOBILE", "BUILDING", "FURNITURE", "MACHINERY", "HOUSEHOLD")), self.comment(6)))
        yield "customer", customers

    def orders(self, keys):
        """Orders with one to seven lines each; a third of the customers never order."""
        random, orders, lines = self.random, [], []
        for key in keys:
            day = FIRST_DAY + datetime.timedelta(random.randrange((LAST_DAY - FIRST_DAY).days))
            status = random.choice("FOP")
            for number in range(1, random.randint(1, 7) + 1):
                shipped = day + datetime.timedelta(random.randint(1, 121))
                committed, received = day + datetime.timedelta(random.randint(30, 90)), shipped + datetime.timedelta(random.randint(1, 30))
                quantity = random.choice((2, 5, 8, 17, 24, 31, 46, 50))
                lines.append((key, random.randint(1, self.parts), random.randint(1, self.suppliers), number, quantity, self.money(900, 100000), f"0.{random.randint(0, 10):02}",
                              f"0.{random.randint(0, 8):02}", random.choice("RAN"), random.choice("OF"), shipped, committed, received,
                              random.choice(("DELIVER IN PERSON", "COLLECT COD", "NONE")), random.choice(("AIR", "AIR REG", "MAIL", "SHIP", "RAIL")), self.comment(3)))
            customer = random.choice([customer for customer in range(1, self.customers + 1) if customer % 3])
            orders.append((key, customer, status, self.money(1000, 400000), day, random.choice(("1-URGENT", "2-HIGH", "3-MEDIUM", "5-LOW")),
                           f"Clerk#{random.randint(1, 9):09}", 0, self.comment(6)))
        return (("orders", orders), ("lineitem", lines))

    def everything(self):
        yield from self.dimensions()
        yield from self.orders(self.order_keys)

    def refresh(self):
        """One transaction: new orders, orders that go with their lines, and changes to rows of every table that is not fixed."""
        random = self.random
        new = list(range(self.next_order, self.next_order + 25))
        self.next_order += len(new)
        gone = random.sample(self.order_keys, 25)
        self.order_keys = [key for key in self.order_keys if key not in gone] + new
        some = ", ".join(map(str, random.sample(self.order_keys, 40)))
        keys = ", ".join(map(str, gone))
        part, supplier, customer = random.randint(1, self.parts), random.randint(1, self.suppliers), random.randint(1, self.customers)
        return [
            *[insert(table, rows) for table, rows in self.orders(new)],
            f"DELETE FROM lineitem WHERE l_orderkey IN ({keys})",
            f"DELETE FROM orders WHERE o_orderkey IN ({keys})",
            f"UPDATE lineitem SET l_quantity = 52 - l_quantity, l_discount = 0.10 - l_discount, l_shipmode = 'MAIL' WHERE l_orderkey IN ({some}) AND l_linenumber < 3",
            f"UPDATE orders SET o_orderdate = o_orderdate + 17, o_orderstatus = 'F' WHERE o_orderkey IN ({some})",
            f"UPDATE customer SET c_acctbal = c_acctbal + 500, c_mktsegment = 'BUILDING' WHERE c_custkey % 11 = {customer % 11}",
            f"UPDATE supplier SET s_nationkey = {random.choice(POPULOUS)}, s_acctbal = -s_acctbal WHERE s_suppkey = {supplier}",
            f"UPDATE part SET p_brand = 'Brand#23', p_container = 'MED BOX' WHERE p_partkey = {part}",
            f"UPDATE partsupp SET ps_supplycost = ps_supplycost / 2 WHERE ps_suppkey = {supplier}",
            f"DELETE FROM partsupp WHERE ps_partkey = {part} AND ps_suppkey % 2 = {supplier % 2}",
        ]


def literal(value):
    return str(value) if isinstance(value, int) else f"'{value}'"


def insert(table, rows):
    return f"INSERT INTO {table} VALUES " + ", ".join("(" + ", ".join(map(literal, row)) + ")" for row in rows)


VOLUME = "l_extendedprice * (1 - l_discount)"

TPC_H = {
    "h1": """SELECT l_returnflag, l_linestatus, sum(l_quantity) AS sum_qty, sum(l_extendedprice) AS sum_base_price, sum(l_extendedprice * (1 - l_discount)) AS sum_disc_price,
        sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) AS sum_charge, avg(l_quantity) AS avg_qty, avg(l_extendedprice) AS avg_price, avg(l_discount) AS avg_disc,
        count(*) AS count_order FROM lineitem WHERE l_shipdate <= date '1998-12-01' - interval '90' day GROUP BY l_returnflag, l_linestatus ORDER BY l_returnflag, l_linestatus""",
    "h2": """SELECT s_acctbal, s_name, n_name, p_partkey, p_mfgr, s_address, s_phone, s_comment FROM part, supplier, partsupp, nation, region
        WHERE p_partkey = ps_partkey AND s_suppkey = ps_suppkey AND p_size = 15 AND p_type LIKE '%BRASS' AND s_nationkey = n_nationkey AND n_regionkey = r_regionkey AND r_name = 'EUROPE'
        AND ps_supplycost = (SELECT min(ps_supplycost) FROM partsupp, supplier, nation, region WHERE p_partkey = ps_partkey AND s_suppkey = ps_suppkey AND s_nationkey = n_nationkey
            AND n_regionkey = r_regionkey AND r_name = 'EUROPE') ORDER BY s_acctbal DESC, n_name, s_name, p_partkey LIMIT 100""",
    "h3": """SELECT l_orderkey, sum(l_extendedprice * (1 - l_discount)) AS revenue, o_orderdate, o_shippriority FROM customer, orders, lineitem
        WHERE c_mktsegment = 'BUILDING' AND c_custkey = o_custkey AND l_orderkey = o_orderkey AND o_orderdate < date '1995-03-15' AND l_shipdate > date '1995-03-15'
        GROUP BY l_orderkey, o_orderdate, o_shippriority ORDER BY revenue DESC, o_orderdate LIMIT 10""",
    "h4": """SELECT o_orderpriority, count(*) AS order_count FROM orders WHERE o_orderdate >= date '1993-07-01' AND o_orderdate < date '1993-07-01' + interval '3' month
        AND EXISTS (SELECT * FROM lineitem WHERE l_orderkey = o_orderkey AND l_commitdate < l_receiptdate) GROUP BY o_orderpriority ORDER BY o_orderpriority""",
    "h5": """SELECT n_name, sum(l_extendedprice * (1 - l_discount)) AS revenue FROM customer, orders, lineitem, supplier, nation, region
        WHERE c_custkey = o_custkey AND l_orderkey = o_orderkey AND l_suppkey = s_suppkey AND c_nationkey = s_nationkey AND s_nationkey = n_nationkey AND n_regionkey = r_regionkey
        AND r_name = 'ASIA' AND o_orderdate >= date '1994-01-01' AND o_orderdate < date '1994-01-01' + interval '1' year GROUP BY n_name ORDER BY revenue DESC""",
    "h6": """SELECT sum(l_extendedprice * l_discount) AS revenue FROM lineitem WHERE l_shipdate >= date '1994-01-01' AND l_shipdate < date '1994-01-01' + interval '1' year
        AND l_discount BETWEEN 0.06 - 0.01 AND 0.06 + 0.01 AND l_quantity < 24""",
    "h7": """SELECT supp_nation, cust_nation, l_year, sum(volume) AS revenue FROM (SELECT n1.n_name AS supp_nation, n2.n_name AS cust_nation, extract(year FROM l_shipdate) AS l_year,
        l_extendedprice * (1 - l_discount) AS volume FROM supplier, lineitem, orders, customer, nation n1, nation n2 WHERE s_suppkey = l_suppkey AND o_orderkey = l_orderkey
        AND c_custkey = o_custkey AND s_nationkey = n1.n_nationkey AND c_nationkey = n2.n_nationkey
        AND ((n1.n_name = 'FRANCE' AND n2.n_name = 'GERMANY') OR (n1.n_name = 'GERMANY' AND n2.n_name = 'FRANCE')) AND l_shipdate BETWEEN date '1995-01-01' AND date '1996-12-31') AS shipping
        GROUP BY supp_nation, cust_nation, l_year ORDER BY supp_nation, cust_nation, l_year""",
    "h8": """SELECT o_year, sum(CASE WHEN nation = 'BRAZIL' THEN volume ELSE 0 END) / sum(volume) AS mkt_share FROM (SELECT extract(year FROM o_orderdate) AS o_year,
        l_extendedprice * (1 - l_discount) AS volume, n2.n_name AS nation FROM part, supplier, lineitem, orders, customer, nation n1, nation n2, region WHERE p_partkey = l_partkey
        AND s_suppkey = l_suppkey AND l_orderkey = o_orderkey AND o_custkey = c_custkey AND c_nationkey = n1.n_nationkey AND n1.n_regionkey = r_regionkey AND r_name = 'AMERICA'
        AND s_nationkey = n2.n_nationkey AND o_orderdate BETWEEN date '1995-01-01' AND date '1996-12-31' AND p_type = 'ECONOMY ANODIZED STEEL') AS all_nations
        GROUP BY o_year ORDER BY o_year""",
    "h9": """SELECT nation, o_year, sum(amount) AS sum_profit FROM (SELECT n_name AS nation, extract(year FROM o_orderdate) AS o_year,
        l_extendedprice * (1 - l_discount) - ps_supplycost * l_quantity AS amount FROM part, supplier, lineitem, partsupp, orders, nation WHERE s_suppkey = l_suppkey
        AND ps_suppkey = l_suppkey AND ps_partkey = l_partkey AND p_partkey = l_partkey AND o_orderkey = l_orderkey AND s_nationkey = n_nationkey AND p_name LIKE '%green%') AS profit
        GROUP BY nation, o_year ORDER BY nation, o_year DESC""",
    "h10": """SELECT c_custkey, c_name, sum(l_extendedprice * (1 - l_discount)) AS revenue, c_acctbal, n_name, c_address, c_phone, c_comment FROM customer, orders, lineitem, nation
        WHERE c_custkey = o_custkey AND l_orderkey = o_orderkey AND o_orderdate >= date '1993-10-01' AND o_orderdate < date '1993-10-01' + interval '3' month AND l_returnflag = 'R'
        AND c_nationkey = n_nationkey GROUP BY c_custkey, c_name, c_acctbal, c_phone, n_name, c_address, c_comment ORDER BY revenue DESC LIMIT 20""",
    "h11": """SELECT ps_partkey, sum(ps_supplycost * ps_availqty) AS value FROM partsupp, supplier, nation WHERE ps_suppkey = s_suppkey AND s_nationkey = n_nationkey AND n_name = 'GERMANY'
        GROUP BY ps_partkey HAVING sum(ps_supplycost * ps_availqty) > (SELECT sum(ps_supplycost * ps_availqty) * 0.01 FROM partsupp, supplier, nation
        WHERE ps_suppkey = s_suppkey AND s_nationkey = n_nationkey AND n_name = 'GERMANY') ORDER BY value DESC""",
    "h12": """SELECT l_shipmode, sum(CASE WHEN o_orderpriority = '1-URGENT' OR o_orderpriority = '2-HIGH' THEN 1 ELSE 0 END) AS high_line_count,
        sum(CASE WHEN o_orderpriority <> '1-URGENT' AND o_orderpriority <> '2-HIGH' THEN 1 ELSE 0 END) AS low_line_count FROM orders, lineitem WHERE o_orderkey = l_orderkey
        AND l_shipmode IN ('MAIL', 'SHIP') AND l_commitdate < l_receiptdate AND l_shipdate < l_commitdate AND l_receiptdate >= date '1994-01-01'
        AND l_receiptdate < date '1994-01-01' + interval '1' year GROUP BY l_shipmode ORDER BY l_shipmode""",
    "h13": """SELECT c_count, count(*) AS custdist FROM (SELECT c_custkey, count(o_orderkey) FROM customer LEFT OUTER JOIN orders ON c_custkey = o_custkey
        AND o_comment NOT LIKE '%special%requests%' GROUP BY c_custkey) AS c_orders (c_custkey, c_count) GROUP BY c_count ORDER BY custdist DESC, c_count DESC""",
    "h14": """SELECT 100.00 * sum(CASE WHEN p_type LIKE 'PROMO%' THEN l_extendedprice * (1 - l_discount) ELSE 0 END) / sum(l_extendedprice * (1 - l_discount)) AS promo_revenue
        FROM lineitem, part WHERE l_partkey = p_partkey AND l_shipdate >= date '1995-09-01' AND l_shipdate < date '1995-09-01' + interval '1' month""",
    "h15": """WITH revenue (supplier_no, total_revenue) AS (SELECT l_suppkey, sum(l_extendedprice * (1 - l_discount)) FROM lineitem WHERE l_shipdate >= date '1996-01-01'
        AND l_shipdate < date '1996-01-01' + interval '3' month GROUP BY l_suppkey) SELECT s_suppkey, s_name, s_address, s_phone, total_revenue FROM supplier, revenue
        WHERE s_suppkey = supplier_no AND total_revenue = (SELECT max(total_revenue) FROM revenue) ORDER BY s_suppkey""",
    "h16": """SELECT p_brand, p_type, p_size, count(DISTINCT ps_suppkey) AS supplier_cnt FROM partsupp, part WHERE p_partkey = ps_partkey AND p_brand <> 'Brand#45'
        AND p_type NOT LIKE 'MEDIUM POLISHED%' AND p_size IN (49, 14, 23, 45, 19, 3, 36, 9) AND ps_suppkey NOT IN (SELECT s_suppkey FROM supplier
        WHERE s_comment LIKE '%Customer%Complaints%') GROUP BY p_brand, p_type, p_size ORDER BY supplier_cnt DESC, p_brand, p_type, p_size""",
    "h17": """SELECT sum(l_extendedprice) / 7.0 AS avg_yearly FROM lineitem, part WHERE p_partkey = l_partkey AND p_brand = 'Brand#23' AND p_container = 'MED BOX'
        AND l_quantity < (SELECT 0.2 * avg(l_quantity) FROM lineitem WHERE l_partkey = p_partkey)""",
    "h18": """SELECT c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice, sum(l_quantity) FROM customer, orders, lineitem WHERE o_orderkey IN (SELECT l_orderkey FROM lineitem
        GROUP BY l_orderkey HAVING sum(l_quantity) > 190) AND c_custkey = o_custkey AND o_orderkey = l_orderkey GROUP BY c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice
        ORDER BY o_totalprice DESC, o_orderdate LIMIT 100""",
    "h19": """SELECT sum(l_extendedprice * (1 - l_discount)) AS revenue FROM lineitem, part WHERE (p_partkey = l_partkey AND p_brand = 'Brand#12' AND p_container IN ('SM CASE', 'SM BOX')
        AND l_quantity >= 1 AND l_quantity <= 41 AND p_size BETWEEN 1 AND 9 AND l_shipmode IN ('AIR', 'AIR REG') AND l_shipinstruct = 'DELIVER IN PERSON')
        OR (p_partkey = l_partkey AND p_brand = 'Brand#23' AND p_container IN ('MED BAG', 'MED BOX') AND l_quantity >= 10 AND l_quantity <= 40 AND p_size BETWEEN 1 AND 10
        AND l_shipmode IN ('AIR', 'AIR REG') AND l_shipinstruct = 'DELIVER IN PERSON') OR (p_partkey = l_partkey AND p_brand = 'Brand#34' AND p_container IN ('LG CASE', 'LG BOX')
        AND l_quantity >= 20 AND l_quantity <= 50 AND p_size BETWEEN 1 AND 15 AND l_shipmode IN ('AIR', 'AIR REG') AND l_shipinstruct = 'DELIVER IN PERSON')""",
    "h20": """SELECT s_name, s_address FROM supplier, nation WHERE s_suppkey IN (SELECT ps_suppkey FROM partsupp WHERE ps_partkey IN (SELECT p_partkey FROM part
        WHERE p_name LIKE 'forest%') AND ps_availqty > (SELECT 0.5 * sum(l_quantity) FROM lineitem WHERE l_partkey = ps_partkey AND l_suppkey = ps_suppkey
        AND l_shipdate >= date '1994-01-01' AND l_shipdate < date '1994-01-01' + interval '3' year)) AND s_nationkey = n_nationkey AND n_name = 'SAUDI ARABIA' ORDER BY s_name""",
    "h21": """SELECT s_name, count(*) AS numwait FROM supplier, lineitem l1, orders, nation WHERE s_suppkey = l1.l_suppkey AND o_orderkey = l1.l_orderkey AND o_orderstatus = 'F'
        AND l1.l_receiptdate > l1.l_commitdate AND EXISTS (SELECT * FROM lineitem l2 WHERE l2.l_orderkey = l1.l_orderkey AND l2.l_suppkey <> l1.l_suppkey)
        AND NOT EXISTS (SELECT * FROM lineitem l3 WHERE l3.l_orderkey = l1.l_orderkey AND l3.l_suppkey <> l1.l_suppkey AND l3.l_receiptdate > l3.l_commitdate)
        AND s_nationkey = n_nationkey AND n_name = 'SAUDI ARABIA' GROUP BY s_name ORDER BY numwait DESC, s_name LIMIT 100""",
    "h22": """SELECT cntrycode, count(*) AS numcust, sum(c_acctbal) AS totacctbal FROM (SELECT substring(c_phone from 1 for 2) AS cntrycode, c_acctbal FROM customer
        WHERE substring(c_phone from 1 for 2) IN ('13', '30', '17', '16', '18', '12', '22') AND c_acctbal > (SELECT avg(c_acctbal) FROM customer WHERE c_acctbal > 0.00
        AND substring(c_phone from 1 for 2) IN ('13', '30', '17', '16', '18', '12', '22')) AND NOT EXISTS (SELECT * FROM orders WHERE o_custkey = c_custkey)) AS custsale
        GROUP BY cntrycode ORDER BY cntrycode""",
}

# A star: a fact view over orders and lines, a table of days, and the other tables as dimensions.
STAR_TABLES = {"days": "d_date date PRIMARY KEY, d_year int, d_month int, d_week int, d_name text"}
STAR_ROWS = f"""INSERT INTO days SELECT d, extract(year FROM d)::int, extract(month FROM d)::int, extract(week FROM d)::int, to_char(d, 'Mon')
    FROM (SELECT date '{FIRST_DAY}' + n AS d FROM generate_series(0, {(LAST_DAY - FIRST_DAY).days + 400}) AS g(n)) AS s"""
STAR_VIEWS = (
    f"CREATE VIEW lineorder AS SELECT *, {VOLUME} AS lo_revenue FROM orders JOIN lineitem ON o_orderkey = l_orderkey",
    "CREATE VIEW place AS SELECT n_nationkey, n_name, r_name FROM nation JOIN region ON n_regionkey = r_regionkey",
)
PLACES = "JOIN place c ON c_nationkey = c.n_nationkey JOIN place s ON s_nationkey = s.n_nationkey"
STAR = "lineorder JOIN days ON o_orderdate = d_date JOIN customer ON o_custkey = c_custkey JOIN supplier ON l_suppkey = s_suppkey JOIN part ON l_partkey = p_partkey " + PLACES

STAR_QUERIES = {
    "s1": "SELECT sum(l_extendedprice * l_discount) AS revenue FROM lineorder, days WHERE o_orderdate = d_date AND d_year = 1993 AND l_discount BETWEEN 0.01 AND 0.03 AND l_quantity < 25",
    "s2": "SELECT sum(lo_revenue), d_year, p_brand FROM lineorder, days, part, supplier, place WHERE o_orderdate = d_date AND l_partkey = p_partkey AND l_suppkey = s_suppkey "
          "AND s_nationkey = n_nationkey AND p_brand >= 'Brand#20' AND r_name = 'ASIA' GROUP BY d_year, p_brand ORDER BY d_year, p_brand",
    "s3": f"SELECT c.n_name, s.n_name AS supplier, d_year, sum(lo_revenue) AS revenue FROM {STAR} WHERE c.r_name = 'ASIA' AND s.r_name = 'ASIA' AND d_year BETWEEN 1992 AND 1997 "
          "GROUP BY c.n_name, s.n_name, d_year ORDER BY d_year, revenue DESC",
    "s4": f"SELECT d_year, c.n_name, sum(lo_revenue - ps_supplycost) AS profit FROM {STAR} JOIN partsupp ON ps_partkey = l_partkey AND ps_suppkey = l_suppkey "
          "WHERE c.r_name = 'AMERICA' OR s.r_name = 'AMERICA' GROUP BY d_year, c.n_name",
}

DECISION_QUERIES = {
    "d1": "SELECT r_name, n_name, d_year, sum(lo_revenue) AS revenue, grouping(r_name, n_name, d_year) AS level, count(*) AS lines FROM lineorder JOIN days ON o_orderdate = d_date "
          "JOIN customer ON o_custkey = c_custkey JOIN place ON c_nationkey = n_nationkey GROUP BY ROLLUP (r_name, n_name, d_year)",
    "d2": "SELECT n_name, d_year, sum(lo_revenue) AS revenue, rank() OVER (PARTITION BY d_year ORDER BY sum(lo_revenue) DESC) AS place, sum(sum(lo_revenue)) OVER (PARTITION BY n_name ORDER BY d_year) AS running, "
          "round(100 * sum(lo_revenue) / sum(sum(lo_revenue)) OVER (PARTITION BY d_year), 4) AS share FROM lineorder JOIN days ON o_orderdate = d_date JOIN customer ON o_custkey = c_custkey "
          "JOIN place ON c_nationkey = n_nationkey GROUP BY n_name, d_year",
    "d3": "WITH yearly AS (SELECT c_custkey, c_name, d_year, sum(lo_revenue) AS total FROM lineorder JOIN days ON o_orderdate = d_date JOIN customer ON o_custkey = c_custkey GROUP BY 1, 2, 3) "
          "SELECT a.c_name, a.total AS first, b.total AS second, b.total / a.total AS growth FROM yearly a JOIN yearly b ON a.c_custkey = b.c_custkey AND b.d_year = a.d_year + 1 "
          "WHERE a.total > 0 AND a.d_year = 1993 AND b.total > a.total",
    "d4": "SELECT c_custkey FROM customer JOIN orders ON c_custkey = o_custkey WHERE extract(year FROM o_orderdate) = 1993 INTERSECT SELECT c_custkey FROM customer JOIN orders ON c_custkey = o_custkey "
          "WHERE extract(year FROM o_orderdate) = 1994 EXCEPT SELECT o_custkey FROM orders WHERE o_orderstatus = 'P' AND extract(year FROM o_orderdate) = 1995",
    "d5": "SELECT c_custkey, c_acctbal FROM customer c WHERE c_acctbal > (SELECT 1.2 * avg(c_acctbal) FROM customer d WHERE d.c_nationkey = c.c_nationkey) ORDER BY c_acctbal DESC LIMIT 20",
    "d6": "SELECT * FROM (SELECT p_brand, p_partkey, sum(l_quantity) AS quantity, row_number() OVER (PARTITION BY p_brand ORDER BY sum(l_quantity) DESC, p_partkey) AS place "
          "FROM part JOIN lineitem ON p_partkey = l_partkey GROUP BY p_brand, p_partkey) AS ranked WHERE place <= 3",
    "d7": "SELECT coalesce(a.d_year, b.d_year) AS d_year, a.total AS mail, b.total AS ship, coalesce(a.total, 0) - coalesce(b.total, 0) AS difference FROM "
          "(SELECT d_year, sum(lo_revenue) AS total FROM lineorder JOIN days ON l_shipdate = d_date WHERE l_shipmode = 'MAIL' GROUP BY d_year) a FULL JOIN "
          "(SELECT d_year, sum(lo_revenue) AS total FROM lineorder JOIN days ON l_shipdate = d_date WHERE l_shipmode = 'SHIP' AND d_year > 1993 GROUP BY d_year) b ON a.d_year = b.d_year",
    "d8": "SELECT l_shipmode, l_returnflag, grouping(l_shipmode) + grouping(l_returnflag) AS level, sum(l_quantity) / sum(l_extendedprice) AS ratio, "
          "rank() OVER (PARTITION BY grouping(l_shipmode) + grouping(l_returnflag), CASE WHEN grouping(l_returnflag) = 0 THEN l_shipmode END ORDER BY sum(l_quantity) / sum(l_extendedprice)) AS place "
          "FROM lineitem GROUP BY ROLLUP (l_shipmode, l_returnflag)",
    "d9": "SELECT n_name, count(DISTINCT o_custkey) AS customers, count(DISTINCT o_clerk) FILTER (WHERE o_orderstatus = 'F') AS clerks, avg(o_totalprice) AS average, stddev_samp(o_totalprice) AS spread "
          "FROM orders JOIN customer ON o_custkey = c_custkey JOIN nation ON c_nationkey = n_nationkey GROUP BY n_name HAVING count(*) > 5",
    "d10": "SELECT week, mon, tue, lag(mon) OVER (ORDER BY week) AS before FROM (SELECT d_week AS week, sum(CASE WHEN extract(isodow FROM d_date) = 1 THEN o_totalprice END) AS mon, "
           "sum(o_totalprice) FILTER (WHERE extract(isodow FROM d_date) = 2) AS tue FROM orders JOIN days ON o_orderdate = d_date WHERE d_year = 1994 GROUP BY d_week) AS weeks",
    "d11": "SELECT c_custkey, (SELECT count(*) FROM orders WHERE o_custkey = c_custkey) AS orders, (SELECT max(o_orderdate) FROM orders WHERE o_custkey = c_custkey AND o_orderstatus = 'O') AS newest, "
           "EXISTS (SELECT 1 FROM orders JOIN lineitem ON o_orderkey = l_orderkey WHERE o_custkey = c_custkey AND l_returnflag = 'R') AS has_returned FROM customer",
    "d12": "WITH month AS (SELECT date_trunc('month', o_orderdate)::date AS at, count(*) AS orders FROM orders GROUP BY 1) SELECT at, orders, avg(orders) OVER (ORDER BY at ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) "
           "AS moving, orders - (SELECT avg(orders) FROM month) AS against, first_value(at) OVER (PARTITION BY extract(year FROM at) ORDER BY orders DESC, at) AS best FROM month",
    "d13": "SELECT o.o_orderkey, latest.l_linenumber, latest.l_shipdate FROM orders o CROSS JOIN LATERAL (SELECT l_linenumber, l_shipdate FROM lineitem WHERE l_orderkey = o.o_orderkey "
           "ORDER BY l_shipdate DESC, l_linenumber LIMIT 1) AS latest WHERE o.o_orderpriority = '1-URGENT'",
    "d14": "SELECT s_name FROM supplier WHERE s_suppkey NOT IN (SELECT l_suppkey FROM lineitem WHERE l_quantity > 49 AND l_returnflag = 'R') OR s_acctbal > ALL (SELECT c_acctbal FROM customer WHERE c_nationkey = s_nationkey)",
    "d15": "SELECT p_brand, l_shipmode, p_size, sum(l_quantity) AS quantity FROM lineitem JOIN part ON l_partkey = p_partkey GROUP BY GROUPING SETS ((p_brand, l_shipmode), CUBE (p_size, l_shipmode), ()) HAVING sum(l_quantity) > 200",
    "d16": "WITH channel AS (SELECT 'mail' AS channel, l_partkey AS part, sum(l_quantity) AS quantity FROM lineitem WHERE l_shipmode = 'MAIL' GROUP BY 2 UNION ALL SELECT 'air', l_partkey, sum(l_quantity) "
           "FROM lineitem WHERE l_shipmode LIKE 'AIR%' GROUP BY 2) SELECT channel, p_brand, sum(quantity) AS total, max(quantity) AS most FROM channel JOIN part ON p_partkey = part "
           "WHERE part IN (SELECT part FROM channel WHERE channel = 'air') GROUP BY ROLLUP (channel, p_brand)",
    "d17": "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY l_extendedprice) AS median, mode() WITHIN GROUP (ORDER BY l_shipmode) AS mode, l_returnflag FROM lineitem GROUP BY l_returnflag",
    "d18": "SELECT a.s_suppkey, b.s_suppkey AS other FROM supplier a JOIN supplier b ON a.s_nationkey = b.s_nationkey AND a.s_suppkey < b.s_suppkey WHERE NOT EXISTS (SELECT ps_partkey FROM partsupp "
           "WHERE ps_suppkey = a.s_suppkey INTERSECT SELECT ps_partkey FROM partsupp WHERE ps_suppkey = b.s_suppkey)",
}
QUERIES = {**TPC_H, **STAR_QUERIES, **DECISION_QUERIES}
