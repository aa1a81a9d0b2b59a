"""The other end of link.py: something that listens with a certificate of the demo, says WELCOME as
the test wants it, and answers PING."""

import contextlib
import socket
import ssl
import threading
import time

import link
import octets


class Gateway:
    """Listens until the end of the with block; one connection at a time."""

    def __init__(self, demo, pair=None, ahead_s=0, speaks_tls=True):
        folder = f"{demo.pki}/XA/gateways/XA-GW-01"
        self.ahead_s, self.speaks_tls = ahead_s, speaks_tls
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.minimum_version = ssl.TLSVersion.TLSv1_3
        self.tls.verify_mode = ssl.CERT_REQUIRED
        self.tls.load_verify_locations(f"{demo.pki}/XA/ca.crt")
        self.tls.load_cert_chain(*(pair or (f"{folder}/tls.crt", f"{folder}/tls.key")))
        self.tls.set_alpn_protocols([link.ALPN])
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()

    def run(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            plain.settimeout(30)
            with plain, contextlib.suppress(OSError, EOFError):
                self.serve(plain)

    def serve(self, plain):
        if not self.speaks_tls:
            while plain.recv(65536):
                pass
            return
        with self.tls.wrap_socket(plain, server_side=True) as connection:
            number = 0
            while True:
                answer = self.answer(octets.unpack(self.read(connection)))
                if answer is None:
                    continue
                number += 1
                body = octets.pack([answer[0], number, *answer[1:]])
                connection.sendall(len(body).to_bytes(4, "big") + body)

    @staticmethod
    def read(connection):
        """The body of the next frame."""
        def exactly(count):
            taken = b""
            while len(taken) < count:
                more = connection.recv(count - len(taken))
                if not more:
                    raise EOFError
                taken += more
            return taken
        return exactly(int.from_bytes(exactly(4), "big"))

    def answer(self, frame):
        if frame[0] == link.HELLO:
            now = int((time.time() + self.ahead_s) * 1000)
            return [link.WELCOME, 1, frame[4], frame[3], now, [link.FRAME_MAX, 32, 0, 120000],
                    frame[7], []]
        if frame[0] == link.PING:
            return [link.PONG, frame[1]]
        return [link.BYE, None] if frame[0] == link.BYE else None
