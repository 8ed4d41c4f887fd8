"""Nexmark's queries as Leat runs them, and as PostgreSQL says the same over the same rows."""
from collections import namedtuple

# sql: for Leat; postgres: where it differs; tables: the sources it reads; total: a column that adds up to the bids, for rows that depend on when they came
Query = namedtuple("Query", "sql postgres tables total", defaults=(None, ("bid",), None))

BANDS = (("rank1", "price < 10000"), ("rank2", "price >= 10000 AND price < 1000000"), ("rank3", "price >= 1000000"))
WON = "FROM auction a, bid b WHERE a.id = b.auction AND b.date_time BETWEEN a.date_time AND a.expires"


def banded(name, aggregate):
    return ", ".join([f"{aggregate} AS total_{name}"] + [f"{aggregate} FILTER (WHERE {band}) AS {rank}_{name}" for rank, band in BANDS])


def tumble(table):
    """PostgreSQL's TUMBLE of ten seconds."""
    start = "date_bin('10 seconds', date_time, '1970-01-01')"
    return f"(SELECT *, {start} AS window_start, {start} + INTERVAL '10 seconds' AS window_end FROM {table})"


def hop(table):
    """PostgreSQL's HOP of ten seconds every two."""
    start = "date_bin('2 seconds', date_time, '1970-01-01') - back * INTERVAL '2 seconds'"
    return f"(SELECT *, {start} AS window_start, {start} + INTERVAL '10 seconds' AS window_end FROM {table}, generate_series(0, 4) AS back)"


def hot_items(bids):
    counts = f"SELECT auction, count(*) AS num, window_start, window_end FROM {bids} w GROUP BY auction, window_start, window_end"
    return f"""SELECT ab.auction, ab.num, ab.window_start FROM ({counts}) ab
        JOIN (SELECT max(num) AS maxn, window_start, window_end FROM ({counts}) c GROUP BY window_start, window_end) m
        ON ab.window_start = m.window_start AND ab.window_end = m.window_end AND ab.num >= m.maxn"""


def highest_bid(bids):
    return f"""SELECT b.auction, b.price, b.bidder, b.date_time FROM {bids} b
        JOIN (SELECT max(price) AS price, window_start, window_end FROM {bids} w GROUP BY window_start, window_end) m
        ON b.price = m.price AND b.window_start = m.window_start AND b.window_end = m.window_end"""


def new_sellers(people, auctions):
    return f"""SELECT p.id, p.name, p.window_start FROM
        (SELECT id, name, window_start, window_end FROM {people} w GROUP BY id, name, window_start, window_end) p
        JOIN (SELECT seller, window_start, window_end FROM {auctions} w GROUP BY seller, window_start, window_end) a
        ON p.id = a.seller AND p.window_start = a.window_start AND p.window_end = a.window_end"""


def first_rows(partition, order, limit, tables="bid"):
    return f"SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY {partition} ORDER BY {order}) AS rank_number FROM {tables}) x WHERE rank_number <= {limit}"


TUMBLE = "TUMBLE({}, date_time, INTERVAL '10 seconds')"
HOP = "HOP({}, date_time, INTERVAL '2 seconds', INTERVAL '10 seconds')"
CHANNEL = "(regexp_match(url, '(&|^)channel_id=([^&]*)'))[2]"

QUERIES = {
    "q0": Query("SELECT auction, bidder, price, channel, url, date_time, extra FROM bid"),
    "q1": Query("SELECT auction, bidder, 0.908 * price AS price, date_time, extra FROM bid"),
    "q2": Query("SELECT auction, price FROM bid WHERE auction % 123 = 0"),
    "q3": Query("""SELECT p.name, p.city, p.state, a.id FROM auction a JOIN person p ON a.seller = p.id
        WHERE a.category = 10 AND p.state IN ('OR', 'ID', 'CA')""", tables=("person", "auction")),
    "q4": Query(f"SELECT category, avg(final) AS average FROM (SELECT max(b.price) AS final, a.category {WON} GROUP BY a.id, a.category) w GROUP BY category",
                tables=("auction", "bid")),
    "q5": Query(hot_items(HOP.format("bid")), hot_items(hop("bid"))),
    "q6": Query(f"""SELECT seller, avg(final) OVER (PARTITION BY seller ORDER BY date_time ROWS BETWEEN 10 PRECEDING AND CURRENT ROW) AS average
        FROM (SELECT a.seller, b.price AS final, b.date_time, row_number() OVER (PARTITION BY a.id, a.seller ORDER BY b.price DESC, b.date_time) AS place {WON}) w
        WHERE place <= 1""", tables=("auction", "bid")),
    "q7": Query(highest_bid(TUMBLE.format("bid")), highest_bid(tumble("bid"))),
    "q8": Query(new_sellers(TUMBLE.format("person"), TUMBLE.format("auction")), new_sellers(tumble("person"), tumble("auction")), ("person", "auction")),
    "q9": Query(f"""SELECT id, item_name, description, initial_bid, reserve, opened, expires, seller, category, auction, bidder, price, bid_at FROM
        (SELECT a.id, a.item_name, a.description, a.initial_bid, a.reserve, a.date_time AS opened, a.expires, a.seller, a.category, b.auction, b.bidder, b.price,
            b.date_time AS bid_at, row_number() OVER (PARTITION BY a.id ORDER BY b.price DESC, b.date_time) AS place {WON}) w
        WHERE place <= 1""", tables=("auction", "bid")),
    "q10": Query("""SELECT auction, bidder, price, date_time, extra, to_char(date_time, 'YYYY-MM-DD') AS dt, to_char(date_time, 'HH24:MI') AS hm FROM bid"""),
    "q11": Query("SELECT bidder, count(*) AS bids, window_start, window_end FROM SESSION(bid PARTITION BY bidder, date_time, INTERVAL '10 seconds') GROUP BY bidder, window_start, window_end"),
    "q12": Query("""SELECT bidder, count(*) AS num, window_start, window_end FROM TUMBLE((SELECT *, PROCTIME() AS p FROM bid), p, INTERVAL '10 seconds')
        GROUP BY bidder, window_start, window_end""", total="num"),
    "q14": Query("""SELECT auction, bidder, 0.908 * price AS price,
            CASE WHEN extract(hour FROM date_time) BETWEEN 8 AND 18 THEN 'dayTime'
                WHEN extract(hour FROM date_time) <= 6 OR extract(hour FROM date_time) >= 20 THEN 'nightTime' ELSE 'otherTime' END AS bid_time_type,
            date_time, extra, length(extra) - length(replace(extra, 'c', '')) AS c_counts
        FROM bid WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000"""),
    "q15": Query(f"""SELECT to_char(date_time, 'YYYY-MM-DD') AS day, {banded('bids', 'count(*)')}, {banded('bidders', 'count(DISTINCT bidder)')},
        {banded('auctions', 'count(DISTINCT auction)')} FROM bid GROUP BY to_char(date_time, 'YYYY-MM-DD')"""),
    "q16": Query(f"""SELECT channel, to_char(date_time, 'YYYY-MM-DD') AS day, max(to_char(date_time, 'HH24:MI')) AS minute, {banded('bids', 'count(*)')},
        {banded('bidders', 'count(DISTINCT bidder)')}, {banded('auctions', 'count(DISTINCT auction)')}
        FROM bid GROUP BY channel, to_char(date_time, 'YYYY-MM-DD')"""),
    "q17": Query(f"""SELECT auction, date_time::date AS day, {banded('bids', 'count(*)')}, min(price) AS low, max(price) AS high, avg(price) AS average,
        sum(price) AS amount FROM bid GROUP BY auction, date_time::date"""),
    "q18": Query(first_rows("bidder, auction", "date_time DESC", 1)),
    "q19": Query(first_rows("auction", "price DESC", 10), first_rows("auction", "price DESC, auction, bidder, date_time", 10)),
    "q20": Query("""SELECT b.auction, b.bidder, b.price, b.channel, b.url, b.date_time AS bid_at, b.extra AS bid_extra, a.item_name, a.description, a.initial_bid,
        a.reserve, a.date_time AS opened, a.expires, a.seller, a.category, a.extra FROM bid b JOIN auction a ON b.auction = a.id WHERE a.category = 10""",
                 tables=("auction", "bid")),
    "q21": Query(f"""SELECT auction, bidder, price, channel, CASE lower(channel) WHEN 'apple' THEN '0' WHEN 'google' THEN '1' WHEN 'facebook' THEN '2'
            WHEN 'baidu' THEN '3' ELSE {CHANNEL} END AS channel_id
        FROM bid WHERE {CHANNEL} IS NOT NULL OR lower(channel) IN ('apple', 'google', 'facebook', 'baidu')"""),
    "q22": Query("""SELECT auction, bidder, price, channel, split_part(url, '/', 4) AS dir1, split_part(url, '/', 5) AS dir2, split_part(url, '/', 6) AS dir3
        FROM bid"""),
    "q23": Query("""SELECT b.auction, b.bidder, b.price, b.date_time AS bid_at, p.name, p.email_address, p.city, p.state, a.id, a.item_name, a.category, a.seller
        FROM bid b JOIN person p ON p.id = b.bidder JOIN auction a ON a.seller = b.bidder""", tables=("person", "auction", "bid")),
}

# q13 needs a table beside the streams, and a probe column with the clock.
SIDE_TABLE = "CREATE TABLE side_input (key bigint PRIMARY KEY, value text)"
SIDE_ROWS = "INSERT INTO side_input SELECT g, 'value ' || g FROM generate_series(0, 9999) g"
_Q13 = "SELECT b.auction, b.bidder, b.price, b.date_time, s.value FROM {} b JOIN side_input {} ON b.auction % 10000 = s.key"
QUERIES["q13"] = Query(_Q13.format("(SELECT *, PROCTIME() AS p FROM bid)", "FOR SYSTEM_TIME AS OF b.p AS s"), _Q13.format("bid", "AS s"))
QUERIES["q11"] = QUERIES["q11"]._replace(postgres="""SELECT bidder, count(*) AS bids, min(date_time) AS window_start, max(date_time) + INTERVAL '10 seconds' AS window_end
    FROM (SELECT *, sum(is_new::int) OVER (PARTITION BY bidder ORDER BY date_time) AS session FROM
        (SELECT *, coalesce(date_time - lag(date_time) OVER (PARTITION BY bidder ORDER BY date_time) >= INTERVAL '10 seconds', true) AS is_new FROM bid) x) y
    GROUP BY bidder, session""")
