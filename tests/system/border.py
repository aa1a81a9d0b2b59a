"""Stands where a gateway is dialled, with the keys of both sides, and keeps in clear every octet
that crosses: what a State receives, and not only what its gateway says of it."""

import asyncio
import collections
import ssl
import threading
import uuid

import demo
import link
import octets
import reading

CHUNK = 65536
HEAD = 4  # octets of a frame that say how long it is
ANSWER, RULEBOOK = 9, 6  # the texts that everybody is judged by, which speak of whatever there is


def identity(certificate):
    """Whom it names, by its one URI."""
    return dict(certificate["subjectAltName"])["URI"].rsplit("/", 1)[1]


class Border:
    """In front of one gateway of a demo, from where the directory names its address."""

    def __init__(self, demonstration, gateway):
        self.pki, self.gateway = demonstration.pki, gateway
        self.states = [one.id[:2] for one in demonstration.gateways]
        self.crossed = collections.defaultdict(list)  # by (from, to): octets of each connection
        self.loop, self.server, self.address = asyncio.new_event_loop(), None, None
        ready = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(ready,), name="border", daemon=True)
        self.thread.start()
        assert ready.wait(30), f"nobody listens in front of {gateway.id}"

    def run(self, ready):
        asyncio.set_event_loop(self.loop)
        self.server = self.loop.run_until_complete(asyncio.start_server(
            self.pass_on, "127.0.0.1", 0, ssl=self.tls(ssl.PROTOCOL_TLS_SERVER, self.gateway.id)))
        self.address = "127.0.0.1:%d" % self.server.sockets[0].getsockname()[1]
        ready.set()
        self.loop.run_forever()

    def stop(self):
        asyncio.run_coroutine_threadsafe(self.leave(), self.loop).result(30)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    async def leave(self):
        self.server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def tls(self, side, me):
        """TLS with the key of that gateway, or party."""
        folder = f"{self.pki}/{me[:2]}/{'gateways' if '-GW-' in me else 'parties'}/{me}"
        context = ssl.SSLContext(side)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_REQUIRED
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        for state in self.states:
            context.load_verify_locations(f"{self.pki}/{state}/ca.crt")
        context.load_cert_chain(f"{folder}/tls.crt", f"{folder}/tls.key")
        context.set_alpn_protocols([link.ALPN])
        if side == ssl.PROTOCOL_TLS_SERVER:
            context.num_tickets = 0
        return context

    async def pass_on(self, near_in, near_out):
        """Who dials here is passed on under its own name."""
        me = identity(near_out.get_extra_info("ssl_object").getpeercert())
        host, port = self.gateway.address.rsplit(":", 1)
        sinks = [near_out]
        try:
            far_in, far_out = await asyncio.open_connection(
                host, int(port), ssl=self.tls(ssl.PROTOCOL_TLS_CLIENT, me))
            sinks.append(far_out)
            await asyncio.gather(self.flow(me, self.gateway.id, near_in, far_out),
                                 self.flow(self.gateway.id, me, far_in, near_out))
        except (OSError, asyncio.CancelledError):
            for sink in sinks:
                sink.transport.abort()

    async def flow(self, sender, to, source, sink):
        stream = bytearray()
        self.crossed[sender, to].append(stream)
        try:
            while data := await source.read(CHUNK):
                stream += data  # before anybody can have read it
                sink.write(data)
                await sink.drain()
        finally:
            sink.close()

    def streams(self, sender, to):
        """All that went from one to the other so far, connection by connection."""
        return [bytes(stream) for stream in self.crossed[sender, to]]

    def frames(self, sender, to):
        """The whole frames in it, without their heads."""
        found = []
        for stream in self.streams(sender, to):
            end = 0
            while end + HEAD <= len(stream):
                begin = end + HEAD
                end = begin + int.from_bytes(stream[end:begin], "big")
                if end <= len(stream):
                    found.append(stream[begin:end])
        return found


def is_rulebook(frame):
    return frame[0] == ANSWER and frame[3] == RULEBOOK


class BorderTest(demo.DemoTest):
    """Several States. Whatever goes from one to another crosses a border."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.borders = {}
        for gateway in cls.demo.gateways[1:]:  # of two the one with the smaller id dials
            front = Border(cls.demo, gateway)
            cls.addClassCleanup(front.stop)
            cls.borders[gateway.id[:2]] = front
        cls.put_up()
        demo.until(lambda: all(cls.crossing(here, there) for here in cls.states
                               for there in cls.states if here != there), "all are linked")

    @classmethod
    def put_up(cls):
        """The gateways are started again with a directory that names the borders' addresses."""
        for gateway in cls.demo.gateways:
            gateway.end()
        path = f"{cls.demo.dir}/rulebook/states/demo"
        text = demo.read(path).decode()
        for front in cls.borders.values():
            row = f'address "{front.gateway.address}"'
            assert text.count(row) == 1, row
            text = text.replace(row, f'address "{front.address}"')
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        demo.reissue(cls.demo.pki, f"{cls.demo.dir}/rulebook", "states")
        for gateway in cls.demo.gateways:
            gateway.start()

    @classmethod
    def crossing(cls, here, there):
        """All frames from one State's gateway to another's but those with the rulebook's texts."""
        frames = cls.borders[max(here, there)].frames(f"{here}-GW-01", f"{there}-GW-01")
        return [frame for frame in frames if not is_rulebook(octets.unpack(frame))]

    @classmethod
    def octets_into(cls, state):
        """From whatever other State."""
        return b"".join(frame for other in cls.states if other != state
                        for frame in cls.crossing(other, state))

    @classmethod
    def delivers(cls, here, there):
        """The DELIVER frames among them, by the message's id."""
        return {str(uuid.UUID(bytes=reading.key_of(octets.unpack(frame))[1])): frame
                for frame in cls.crossing(here, there)
                if octets.unpack(frame)[0] == link.DELIVER}

    @classmethod
    def arrived(cls, message, to, seconds=demo.DEADLINE_S):
        demo.until(lambda: message in [row["id"] for row in cls.demo.inbox(to.lower())],
                   f"{message} arrives", seconds)
