"""A small PostgreSQL wire client, standard library only: simple and extended protocol, text format."""
import socket
import struct


class SqlError(Exception):
    def __init__(self, fields):
        self.fields = fields
        self.code = fields.get("C", "")
        self.message = fields.get("M", "")
        super().__init__(f"{self.code} {self.message}")


class Result:
    """One statement's outcome: column names and type oids, rows of texts (None: NULL), and the command tag."""

    def __init__(self):
        self.columns, self.oids, self.rows, self.tag = [], [], [], ""


class Client:
    def __init__(self, host="127.0.0.1", port=5328, user="leat", database="leat", timeout=60, unix=None):
        if unix:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(unix)
        else:
            self.socket = socket.create_connection((host, port), timeout)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.notices = []
        self.notifications = []  # of NOTIFY: channel and payload
        self.timeout = timeout
        self.parameters = {}
        body = struct.pack("!I", 196608)
        for key, value in (("user", user), ("database", database)):
            body += key.encode() + b"\0" + value.encode() + b"\0"
        body += b"\0"
        self.socket.sendall(struct.pack("!I", len(body) + 4) + body)
        self._until_ready()

    def _receive(self, count):
        while len(self.buffer) < count:
            chunk = self.socket.recv(1 << 16)
            if not chunk:
                raise ConnectionError("server closed the connection")
            self.buffer += chunk
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def message(self):
        head = self._receive(5)
        return head[:1], self._receive(struct.unpack("!I", head[1:])[0] - 4)

    @staticmethod
    def _fields(body):
        fields = {}
        for part in body.split(b"\0"):
            if part:
                fields[chr(part[0])] = part[1:].decode()
        return fields

    def _send(self, kind, body=b""):
        self.socket.sendall(kind + struct.pack("!I", len(body) + 4) + body)

    @staticmethod
    def _row(body):
        count, at, row = struct.unpack("!H", body[:2])[0], 2, []
        for _ in range(count):
            length = struct.unpack("!i", body[at:at + 4])[0]
            at += 4
            if length < 0:
                row.append(None)
            else:
                row.append(body[at:at + length].decode())
                at += length
        return row

    @staticmethod
    def _describe(result, body):
        count, at = struct.unpack("!H", body[:2])[0], 2
        for _ in range(count):
            end = body.index(b"\0", at)
            result.columns.append(body[at:end].decode())
            result.oids.append(struct.unpack("!IHIHIH", body[end + 1:end + 19])[2])
            at = end + 19

    def _notified(self, body):
        channel, payload = body[4:].split(b"\0")[:2]
        self.notifications.append((channel.decode(), payload.decode()))

    def await_notification(self, timeout=10):
        """What NOTIFY sends while nothing is asked; None: nothing in time."""
        if not self.notifications:
            self.socket.settimeout(timeout)
            try:
                kind, body = self.message()
            except TimeoutError:
                return None
            finally:
                self.socket.settimeout(self.timeout)
            assert kind == b"A", kind
            self._notified(body)
        return self.notifications.pop(0)

    def _until_ready(self):
        """Reads up to ReadyForQuery; returns the results, raises the first error."""
        results, current, error = [], Result(), None
        while True:
            kind, body = self.message()
            if kind == b"Z":
                self.status = body.decode()
                break
            if kind == b"T":
                self._describe(current, body)
            elif kind == b"D":
                current.rows.append(self._row(body))
            elif kind in (b"C", b"I", b"s"):
                current.tag = body[:-1].decode() if kind == b"C" else ""
                results.append(current)
                current = Result()
            elif kind == b"E":
                error = error or SqlError(self._fields(body))
            elif kind == b"N":
                self.notices.append(self._fields(body))
            elif kind == b"A":
                self._notified(body)
            elif kind == b"S":
                key, value = body.split(b"\0")[:2]
                self.parameters[key.decode()] = value.decode()
            elif kind == b"K":
                self.key = body
            elif kind == b"R" and struct.unpack("!I", body[:4])[0] != 0:
                raise ConnectionError("the server asks for authentication")
            elif kind == b"G":
                self._send(b"f", b"no data\0")
            elif kind == b"d":
                current.rows.append([body.decode()])
        if error:
            raise error
        return results

    def simple(self, sql):
        self._send(b"Q", sql.encode() + b"\0")
        return self._until_ready()

    def extended(self, sql, parameters=(), name="", is_prepared=False):
        """Parse (unless the statement of that name is there already), Bind, Describe, Execute, Sync."""
        kept = name.encode() + b"\0"
        out = [] if is_prepared else [(b"P", kept + sql.encode() + b"\0\0\0")]
        bind = b"\0" + kept + b"\0\0" + struct.pack("!H", len(parameters))
        for value in parameters:
            if value is None:
                bind += struct.pack("!i", -1)
            else:
                bind += struct.pack("!i", len(str(value).encode())) + str(value).encode()
        out += [(b"B", bind + b"\0\0"), (b"D", b"P\0"), (b"E", b"\0\0\0\0\0"), (b"S", b"")]
        self.socket.sendall(b"".join(kind + struct.pack("!I", len(body) + 4) + body for kind, body in out))
        return self._until_ready()

    def query(self, sql, protocol="simple"):
        results = self.simple(sql) if protocol == "simple" else self.extended(sql)
        return results[-1] if results else Result()

    def rows(self, sql):
        return self.query(sql).rows

    def stream(self, sql):
        """Yields the rows of COPY … TO STDOUT as lists of texts, as they come."""
        self._send(b"Q", sql.encode() + b"\0")
        while True:
            kind, body = self.message()
            if kind == b"d":
                yield [None if field == "\\N" else field for field in body.decode().rstrip("\n").split("\t")]
            elif kind == b"E":
                raise SqlError(self._fields(body))
            elif kind == b"Z":
                return

    def cancel(self):
        """A CancelRequest for what runs on this connection; from any thread."""
        with socket.create_connection(self.socket.getpeername()[:2], 10) as request:
            request.sendall(struct.pack("!II", 16, 80877102) + self.key)
            request.recv(1)

    def close(self):
        try:
            self._send(b"X")
        except OSError:
            pass
        self.socket.close()
