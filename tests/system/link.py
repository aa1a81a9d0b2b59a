"""A party's link made by hand, or a gateway's: TLS and frames without libcomity, so that a test can
send what no client would, and see each octet that arrives."""

import contextlib
import socket
import ssl
import time

import octets

(HELLO, WELCOME, SUBMIT, RECEIPT, REFUSE, DELIVER, TAKEN, QUERY, ANSWER, CHECKPOINT, CREDIT, PING,
 PONG, BYE) = range(1, 15)
INBOX, FETCH, STATUS, LOG_CHECKPOINT, CONSISTENCY, RULEBOOK = range(1, 7)
FRAME_MAX = 1114112
ALPN = "comity/1"


def connect(demo, certificate, key, alpn=ALPN, version=ssl.TLSVersion.TLSv1_3, buffer=None,
            gateway=None):
    """A TLS socket, handshake done as far as the client can tell: in TLS 1.3 the refusal of its
    certificate comes with the first octets it reads. To the demo's first gateway, if no other."""
    gateway = gateway or demo
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.minimum_version = context.maximum_version = version
    context.load_verify_locations(f"{demo.pki}/{gateway.id[:2]}/ca.crt")
    if certificate is not None:
        context.load_cert_chain(certificate, key)
    if alpn is not None:
        context.set_alpn_protocols([alpn])
    connection = plain(gateway, buffer)
    try:
        return context.wrap_socket(connection)
    except BaseException:
        connection.close()
        raise


def plain(gateway, buffer=None):
    """A TCP connection that has said nothing; buffer: octets that it takes unread, about."""
    host, port = gateway.address.rsplit(":", 1)
    connection = socket.socket()
    if buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    connection.settimeout(30)
    try:
        connection.connect((host, int(port)))
    except BaseException:
        connection.close()
        raise
    return connection


def client_hello():
    """The octets with which TLS begins."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.set_alpn_protocols([ALPN])
    out = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), out).do_handshake()
    return out.read()


class Closed(Exception):
    """The gateway closed the link; frames it sent before are in link.frames."""


class Replaced(Closed):
    """It left without a reason: another link of the same gateway is what it keeps."""


class Link:
    """An open link; `frames` holds every frame that arrived as it arrived, without its head."""

    def __init__(self, demo, party="XC-CA-01", greet=True, me=None, buffer=None, gateway=None):
        """party may be a gateway: it has the key of either."""
        folder = f"{demo.pki}/{party[:2]}/{'gateways' if '-GW-' in party else 'parties'}/{party}"
        self.party, self.number, self.frames, self.rest = party, 0, [], b""
        self.gateway = (gateway or demo).id
        self.socket = connect(demo, f"{folder}/tls.crt", f"{folder}/tls.key", buffer=buffer,
                              gateway=gateway)
        if greet:
            try:
                self.welcome = self.greet(me or party)
            except BaseException:
                self.socket.close()
                raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def greet(self, me):
        version = [1, bytes(32)]
        self.send(HELLO, 1, me, self.gateway, int(time.time() * 1000), [FRAME_MAX, 0, 0, 120000],
                  [version, version, [["XA", 1, bytes(32)]]], [])
        return self.expect(WELCOME)

    def raw(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionError, ssl.SSLError) as why:
            raise Closed(str(why)) from why

    def send(self, kind, *elements):
        """Gives the frame's number."""
        self.number += 1
        body = octets.pack([kind, self.number, *elements])
        self.raw(len(body).to_bytes(4, "big") + body)
        return self.number

    def read(self, count):
        while len(self.rest) < count:
            try:
                more = self.socket.recv(65536)
            except (ConnectionError, ssl.SSLError) as why:
                raise Closed(str(why)) from why
            if not more:
                raise Closed("closed")
            self.rest += more
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def frame(self):
        """The next frame, as a list."""
        body = self.read(int.from_bytes(self.read(4), "big"))
        self.frames.append(body)
        return octets.unpack(body)

    def expect(self, kind):
        """The next frame of this kind; others on the way are kept in frames only."""
        while True:
            frame = self.frame()
            if frame[0] == kind:
                return frame
            if frame[0] == BYE:
                raise Replaced("BYE") if frame[2] is None else Closed(f"BYE {frame[2]}")

    def ask(self, what, *args):
        self.send(QUERY, what, list(args))
        return self.expect(ANSWER)

    def end(self):
        """Says BYE and waits for the gateway's."""
        with contextlib.suppress(Closed):
            self.send(BYE, None)
            while True:
                self.frame()

    def until_closed(self):
        """Reads on to the end. The code of the gateway's BYE; None where it said none."""
        code = None
        while True:
            try:
                frame = self.frame()
            except Closed:
                return code
            if frame[0] == BYE:
                code = frame[2]
