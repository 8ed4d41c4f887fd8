"""What the drivers' scripts share: `script.py PORT` prints one line a step, the same against Leat as against PostgreSQL 15."""
import datetime
import decimal
import sys
import uuid

PORT = int(sys.argv[1])
DSN = f"host=127.0.0.1 port={PORT} user=leat dbname=leat"
URL = f"leat@127.0.0.1:{PORT}/leat"

EXPRESSIONS = [
    "true", "1::int2", "(-2147483648)::int4", "9223372036854775807", "1.5::float4", "'NaN'::float4", "'-Infinity'::float8", "1e300::float8",
    "0.0", "0::numeric", "-12345.678900", "1e-20::numeric", "12345678901234567890123456789012345678901234567890.123456789", "'NaN'::numeric",
    "0.00010000", "100000000::numeric", "'hällo'::text", "''::text", "'x'::varchar(5)", "'x'::char(5)", "'n'::name", "'c'::\"char\"",
    "date '2024-02-29'", "time '23:59:59.999999'", "timestamp '2024-02-29 12:34:56.789'", "timestamptz '2024-02-29 12:34:56.789+05:30'",
    "interval '1 year 2 mons -3 days 04:05:06.789'", "'{\"a\": [1, 2]}'::json", "'{\"b\": 1, \"a\": [1.0, 2, \"x\"]}'::jsonb", "'null'::jsonb",
    "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", "1234::oid", "'pg_class'::regclass::oid", "'7'::xid", "ARRAY[1, 2, NULL, 4]",
    "ARRAY[]::int4[]", "ARRAY[[1, 2], [3, 4]]", "ARRAY['a', 'b,c', NULL, '\"q\"']::text[]", "ARRAY[1.5, NULL, 2.25]::numeric[]",
    "ARRAY[true, false]", "ARRAY[timestamptz '2024-01-01 00:00+00']", "ARRAY[date '2024-01-01']", "ARRAY[1.5::float8]",
    "ARRAY['{\"a\": 1}'::jsonb]", "ARRAY['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid]", "NULL", "NULL::int4"]
RECORDS = ["ROW(1, 'a'::text, 1.5)", "ROW(ROW(1, 2), ARRAY[1, 2])"]

VALUES = {
    "bool": True, "int2": -5, "int4": 7, "int8": 2**40, "float4": 1.5, "float8": -2.5, "numeric": decimal.Decimal("-12345.0010"), "text": "hé",
    "varchar": "v", "bytea": b"\0\xff", "date": datetime.date(2024, 2, 29), "time": datetime.time(1, 2, 3, 4),
    "timestamp": datetime.datetime(2024, 1, 1, 1, 2, 3, 4), "timestamptz": datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc),
    "interval": datetime.timedelta(days=400, seconds=5, microseconds=3), "uuid": uuid.UUID(int=7)}


def plain(value):
    """A value as the same text on every run."""
    if isinstance(value, memoryview):
        return bytes(value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return value


def step(name):
    """Runs the function at once and prints what it gives, or the error."""
    def run(function):
        try:
            print(f"{name}: {plain(function())!r}")
        except Exception as error:  # noqa: BLE001
            code = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
            print(f"{name}: {type(error).__name__} {code} {str(error).splitlines()[0] if str(error) else ''}")
        sys.stdout.flush()
        return function
    return run
