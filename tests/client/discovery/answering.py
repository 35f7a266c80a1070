"""A web server of the test's own in PuppetDB's place, and what PuppetDB would make of the queries that are asked of it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Answering:
    """answer: (the query) -> (status, body); or bytes, which are all that is sent. Keeps the queries that came.

    context: TLS, where it is not plain HTTP.
    """

    def __init__(self, answer, context=None):
        self.queries, self.connections = [], 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                outer.connections += 1
                super().setup()

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                query = json.loads(body)["query"]
                outer.queries.append((self.path, query))
                got = answer(query)
                if isinstance(got, bytes):
                    self.wfile.write(got)
                    self.close_connection = True
                    return
                status, value = got
                raw = value if isinstance(value, bytes) else json.dumps(value).encode()
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:1/")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *words):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class Nodes:
    """Nodes as a small PuppetDB has them: name -> facts, and resources as (type, title)."""

    def __init__(self, nodes):
        self.nodes = nodes

    def __call__(self, query):
        if isinstance(query, str):
            return 200, [{"certname": name} for name in self.nodes if name in query]
        _, entity, (_, fields, *rest) = query
        fields = [fields] if isinstance(fields, str) else fields
        rows = []
        for row in self._rows(entity, fields):
            if all(self._holds(condition, row) for condition in rest if condition[0] != "group_by"):
                shown = {field: row[field] for field in fields}
                if not (len(rest) > 1 and shown in rows):
                    rows.append(shown)
        return 200, rows

    def _rows(self, entity, fields):
        for name, (facts, resources) in self.nodes.items():
            if entity == "nodes":
                yield {"certname": name, "node_state": "active"}
            elif entity == "facts":
                yield from ({"certname": name, "name": fact, "value": value} for fact, value in facts.items())
            elif entity == "resources":
                yield from ({"certname": name, "type": type, "title": title} for type, title in resources)
            else:
                yield {"certname": name, **{field: _walk(facts, field) for field in fields if field != "certname"}}

    def _holds(self, condition, row):
        operator, *words = condition
        if operator == "and":
            return all(self._holds(each, row) for each in words)
        if operator == "=":
            return row[words[0]] == words[1]
        assert operator == "in"
        if words[1][0] == "array":
            return row[words[0]] in words[1][1]
        return row[words[0]] in {each[words[0]] for each in self(words[1])[1]}


def _walk(facts, field):
    value = facts
    for step in field.split(".")[1:]:
        value = value.get(step) if isinstance(value, dict) else None
    return value
