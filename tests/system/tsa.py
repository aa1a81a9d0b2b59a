"""An authority of timestamps: a real HTTP server around "openssl ts -reply", which can be told to
hang, to refuse, or to answer what nobody asked for."""

import http.server
import os
import subprocess
import threading

import demo

HASH = bytes.fromhex("0420")  # an octet string of 32 octets
NONCE_END = -4  # the last octet of the nonce stands before certReq TRUE
FLOOD = 1 << 16


def openssl(*words):
    return subprocess.run(["openssl", *words], check=True, capture_output=True).stdout


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, octets, code=200):
        self.send_response(code)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)

    def do_POST(self):  # pylint: disable=invalid-name
        tsa = self.server.tsa
        query = self.rfile.read(int(self.headers["Content-Length"]))
        with tsa.lock:
            tsa.queries.append(query)
            mode = tsa.mode
        self.close_connection = True
        if (self.path, self.headers["Content-Type"]) != ("/tsr", "application/timestamp-query"):
            self.answer(b"", 404)
        else:
            getattr(self, f"do_{mode}")(tsa, query)

    def do_good(self, tsa, query):
        self.answer(tsa.stamp(query))

    def do_hang(self, tsa, _query):
        tsa.awake.wait()

    def do_busy(self, _tsa, _query):
        self.answer(b"", 503)

    def do_denied(self, tsa, query):
        """Of a digest that it does not take."""
        self.answer(tsa.stamp(query.replace(bytes.fromhex("608648016503040201"),
                                            bytes.fromhex("608648016503040203"))))

    def do_garbage(self, _tsa, _query):
        self.answer(b"<html>it works</html>")

    def do_imprint(self, tsa, query):
        at = query.index(HASH) + len(HASH)
        self.answer(tsa.stamp(query[:at] + bytes([query[at] ^ 1]) + query[at + 1:]))

    def do_nonce(self, tsa, query):
        self.answer(tsa.stamp(query[:NONCE_END] + bytes([query[NONCE_END] ^ 1]) +
                              query[NONCE_END + 1:]))

    def do_stranger(self, tsa, query):
        self.answer(tsa.stamp(query, "stranger"))

    def do_endless(self, tsa, _query):
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.end_headers()
        try:
            while not tsa.awake.is_set():
                self.wfile.write(b"\x30" * FLOOD)
        except OSError:
            pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


class Authority:
    """In a folder of its own; `mode` says how it answers."""

    def __init__(self, folder):
        self.folder, self.mode, self.queries = folder, "good", []
        self.lock, self.awake = threading.Lock(), threading.Event()
        subprocess.run([os.path.join(demo.SOURCE, "tests", "support", "make-test-tsa"), folder],
                       check=True, capture_output=True)
        self.ca = os.path.join(folder, "ca.crt")
        self.server, self.port = None, 0
        self.start()

    def start(self):
        self.server = Server(("127.0.0.1", self.port), Handler)
        self.server.tsa = self
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        """Nobody listens any more."""
        self.server.shutdown()
        self.server.server_close()

    def end(self):
        self.awake.set()
        self.stop()

    def stamp(self, query, name="tsa"):
        """The response to a query."""
        with self.lock:
            paths = [os.path.join(self.folder, f"last.{end}") for end in ("tsq", "tsr")]
            with open(paths[0], "wb") as file:
                file.write(query)
            subprocess.run(["openssl", "ts", "-reply", "-config", "tsa.cnf", "-section",
                            "tsa_config", "-signer", f"{name}.crt", "-inkey", f"{name}.key",
                            "-chain", "ca.crt", "-queryfile", paths[0], "-out", paths[1]],
                           cwd=self.folder, check=True, capture_output=True)
            return demo.read(paths[1])

    def answers(self, mode):
        with self.lock:
            self.mode = mode

    def asked(self):
        with self.lock:
            return len(self.queries)
