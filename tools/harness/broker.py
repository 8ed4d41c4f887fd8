"""A Kafka broker for tests, and what the suites that use it share: tools/tests/kafka, kafka_changes, kafka_failures."""
import argparse
import os
import random
import subprocess
import time

from harness.client import SqlError
from harness.servers import Leat

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOL = os.path.join(ROOT, "tools", "kafka")


class Broker:
    """The broker of tools/kafka, started when it is not running."""

    def __init__(self):
        started = subprocess.run([TOOL, "start"], capture_output=True, text=True)
        self.status, self.address = started.returncode, started.stdout.strip()
        self.reason = started.stderr.strip()
        self.topics = 0

    def topic(self, partitions=1):
        """A new, empty topic; its name."""
        self.topics += 1
        name = f"t{os.getpid()}_{self.topics}"
        subprocess.run([TOOL, "topic", name, str(partitions)], check=True, capture_output=True)
        return name

    def produce(self, topic, lines, partition=None, key_separator=None, more=()):
        command = ["kcat", "-P", "-b", self.address, "-t", topic, *more]
        if partition is not None:
            command += ["-p", str(partition)]
        if key_separator:
            command += ["-K", key_separator]
        subprocess.run(command, input="".join(line + "\n" for line in lines), text=True, check=True, capture_output=True)

    def consume(self, topic, first=None):
        """All committed records: (partition, offset, key, value). Of a topic that grows all the time, where kcat never stands at the end, the first so many."""
        bound = [] if first is None else ["-c", str(first)]
        run = subprocess.run(["kcat", "-C", "-b", self.address, "-t", topic, "-e", "-q", *bound, "-X", "isolation.level=read_committed",
                              "-f", "%p\\x01%o\\x01%k\\x01%s\\x02"], capture_output=True, text=True, check=True, timeout=60)
        records = []
        for line in run.stdout.split("\x02"):
            if line:
                partition, offset, key, value = line.split("\x01")
                records.append((int(partition), int(offset), key, value))
        return records

    def pause(self):
        subprocess.run([TOOL, "pause"], check=True)

    def resume(self):
        subprocess.run([TOOL, "resume"], check=True)

    def stop(self):
        subprocess.run([TOOL, "stop"], check=True)


def output_of(server):
    return server.tail()[-2000:].replace("\n", "\n  | ")


def until(condition, seconds=60, what="it"):
    """The condition's first true value."""
    deadline = time.time() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.time() > deadline:
            raise AssertionError(f"{what} did not come true within {seconds} s")
        time.sleep(0.1)


def equal(found, wanted, what):
    if found != wanted:
        raise AssertionError(f"{what}:\n  found  {found}\n  wanted {wanted}")


def fails(client, sql, code, part):
    try:
        client.simple(sql)
    except SqlError as error:
        text = f"{error.message} {error.fields.get('D', '')} {error.fields.get('H', '')}"
        if error.code != code or part not in text:
            raise AssertionError(f"{sql}\n  gave {error.code} {text}\n  wanted {code} … {part}")
        return
    raise AssertionError(f"{sql}\n  did not fail")


class KafkaTests:
    """Methods test_* are tests; each has servers of its own."""

    def __init__(self, options, broker):
        self.options, self.broker = options, broker
        self.random = random.Random(15)
        self.servers = []
        self.reached = set()

    def server(self, workers=2, **more):
        server = Leat(self.options.leat, workers, **more)
        self.servers.append(server)
        return server.start(timeout=60)

    def clean(self):
        """Ends the servers: in good order, and without a word of the sanitizers."""
        complaints = []
        for server in self.servers:
            if server.is_alive() and server.stop() != 0:
                complaints.append(f"the server ended with {server.process.returncode}")
            if any(word in server.tail() for word in ("Sanitizer", "runtime error", "assertion")):
                complaints.append(server.tail())
            if self.options.keep:
                print(f"  kept {server.data}", flush=True)
            else:
                server.remove()
        self.servers = []
        if complaints:
            raise AssertionError("\n".join(complaints))

    def source(self, name, columns, topic, options=""):
        return (f"CREATE SOURCE {name} ({columns}) WITH (connector = 'kafka', topic = '{topic}', "
                f"properties.bootstrap.server = '{self.broker.address}'{options}) FORMAT PLAIN ENCODE JSON")

    def sink(self, name, view, topic, options="", form="FORMAT PLAIN ENCODE JSON"):
        return (f"CREATE SINK {name} FROM {view} WITH (connector = 'kafka', topic = '{topic}', "
                f"properties.bootstrap.server = '{self.broker.address}'{options}) {form}")

    def trouble(self, client, name):
        return client.rows(f"SELECT trouble FROM leat_catalog.jobs WHERE name = '{name}'")[0][0] or ""


def run_tests(doc, make_tests):
    """The command of a suite: its tests in alphabetical order, one broker for all."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    sanitized = os.path.join(ROOT, "build-asan", "leat")
    parser.add_argument("--leat", default=sanitized if os.path.exists(sanitized) else os.path.join(ROOT, "build", "leat"))
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    was_running = os.path.exists(os.path.join(ROOT, "build", "kafka", "run", "pid"))
    broker = Broker()
    if broker.status == 77:
        print(f"skipped: {broker.reason}")
        print("0 passed, 0 failed")
        return 0
    if broker.status != 0:
        print(broker.reason)
        print("0 passed, 1 failed")
        return 1
    tests = make_tests(options, broker)
    passed = failed = 0
    for name in sorted(name for name in dir(tests) if name.startswith("test_")):
        if options.only and name[5:] not in options.only.split(","):
            continue
        begin = time.time()
        try:
            getattr(tests, name)()
            tests.clean()
            passed += 1
            print(f"ok   {name[5:]} ({time.time() - begin:.1f} s)", flush=True)
        except Exception as error:  # one broken test must not hide the others
            failed += 1
            print(f"FAIL {name[5:]} ({time.time() - begin:.1f} s): {type(error).__name__}: {error}", flush=True)
            for server in tests.servers:
                print("  | " + output_of(server), flush=True)
                server.remove()
            tests.servers = []
        finally:
            broker.resume()
    if not was_running:
        broker.stop()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0
