"""Starts and ends what the tests talk to: leat itself, and PostgreSQL 15 as the oracle."""
import glob
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from harness.client import Client


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Leat:
    """One server process on its own data folder; restart() keeps the folder."""

    def __init__(self, binary, workers=1, data=None, environment=None, options=()):
        self.binary, self.workers, self.options = binary, workers, list(options)
        self.data = data or tempfile.mkdtemp(prefix="leat-")
        self.environment = environment or {}
        self.port = free_port()
        self.process = None
        self.log = self.data + ".log"

    def launch(self, workers=None, environment=None):
        """Starts the process without waiting for an answer."""
        self.workers = workers or self.workers
        surroundings = dict(os.environ, **(self.environment if environment is None else environment))
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "serve", "--data", self.data, "--port", str(self.port), "--workers", str(self.workers), *self.options],
                stdout=log, stderr=log, env=surroundings)
        return self.process

    def start(self, workers=None, environment=None, timeout=30):
        self.launch(workers, environment)
        deadline = time.time() + timeout
        while time.time() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"leat ended with {self.process.returncode}:\n{self.tail()}")
            try:
                Client(port=self.port, timeout=5).close()
                return self
            except (OSError, ConnectionError):
                time.sleep(0.02)
        raise RuntimeError(f"leat did not answer in {timeout} s:\n{self.tail()}")

    def tail(self):
        with open(self.log, errors="replace") as log:
            code = self.ended_with()
            return log.read()[-4000:] + ("" if code is None else f"(ended with {code})\n")

    def ended_with(self):
        """The exit code, also of a process that is just going; None: it runs."""
        try:
            return self.process.wait(0.5) if self.process else None
        except subprocess.TimeoutExpired:
            return None

    def client(self, timeout=60):
        return Client(port=self.port, timeout=timeout)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, timeout=30):
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                raise RuntimeError(f"leat did not stop within {timeout} s")
        return self.process.returncode

    def remove(self):
        if self.is_alive():
            self.kill()
        shutil.rmtree(self.data, ignore_errors=True)
        if os.path.exists(self.log):
            os.unlink(self.log)


class Postgres:
    """Debian's PostgreSQL 15 on a Unix socket (and on TCP, given a port), as an unprivileged user."""

    def __init__(self, tcp_port=None, fsync="off"):
        found = glob.glob("/usr/lib/postgresql/15/bin/initdb")
        if not found:
            raise RuntimeError("PostgreSQL 15 is not installed (apt-get install postgresql-15)")
        self.bin = os.path.dirname(found[0])
        self.folder = tempfile.mkdtemp(prefix="leat-oracle-")
        os.chmod(self.folder, 0o755)
        self.data, self.port = self.folder + "/data", tcp_port or 5432
        address = "127.0.0.1" if tcp_port else ""
        self._as_user(f"{self.bin}/initdb -D {self.data} -U leat -A trust --locale=C --encoding=UTF8 >/dev/null")
        self._as_user(f"{self.bin}/pg_ctl -D {self.data} -w -l {self.folder}/log -o '-k {self.folder} -h \"{address}\" -p {self.port} -c fsync={fsync} -c timezone=UTC' start >/dev/null")

    def _as_user(self, command):
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", "postgres", self.folder], check=True)
            subprocess.run(["runuser", "-u", "postgres", "--", "sh", "-c", command], check=True, cwd="/")
        else:
            subprocess.run(["sh", "-c", command], check=True, cwd="/")

    def client(self, database="postgres"):
        return Client(unix=f"{self.folder}/.s.PGSQL.{self.port}", database=database)

    def fresh_client(self, name):
        """A client on a new, empty database."""
        admin = self.client()
        admin.simple(f'DROP DATABASE IF EXISTS "{name}"')
        admin.simple(f'CREATE DATABASE "{name}" TEMPLATE template0 LOCALE \'C\' ENCODING \'UTF8\'')
        admin.close()
        return self.client(name)

    def stop(self):
        self._as_user(f"{self.bin}/pg_ctl -D {self.data} -m immediate stop >/dev/null")
        shutil.rmtree(self.folder, ignore_errors=True)
