"""The published log over HTTP: who may read what of it, by certificate and directory."""

import http.client
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time

import certificates
import demo
import published
import rows

SLOW = 8  # connections that trickle, of the 16 that one address has
REQUEST_S = 10  # for a whole request
CUT_S = 5  # until whoever was revoked is cut
OCTETS = "application/octet-stream"
STRANGER = b"no row of the directory is in force for this caller\n"
NO_TILE = b"there is no such tile\n"
FOREVER = "max-age=31536000, immutable"
PLAIN = "text/plain; charset=utf-8"
LISTED = 256  # sizes in one list


def context(pki, party, certificate=True):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname = False
    tls.load_verify_locations(f"{pki}/XA/ca.crt")
    tls.set_alpn_protocols(["http/1.1"])
    if certificate:
        folder = f"{pki}/{party[:2]}/{'gateways' if '-GW-' in party else 'parties'}/{party}"
        tls.load_cert_chain(f"{folder}/tls.crt", f"{folder}/tls.key")
    return tls


class Reader:
    """A connection of a party, which it keeps."""

    def __init__(self, gateway, pki, party, certificate=True):
        host, port = gateway.http.rsplit(":", 1)
        self.connection = http.client.HTTPSConnection(
            host, int(port), timeout=demo.DEADLINE_S, context=context(pki, party, certificate))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def get(self, path, method="GET"):
        """(status, octets, type, cache)"""
        self.connection.request(method, path)
        answer = self.connection.getresponse()
        return (answer.status, answer.read(), answer.getheader("Content-Type"),
                answer.getheader("Cache-Control"))


class Oversight(demo.DemoTest):
    """A demo whose XA has a ministry, a data-protection authority and two police."""

    states = ("XA", "XC")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.xa = cls.demo.at("XA")
        cls.xa.http = next(g["http"] for g in cls.demo.up["gateways"] if g["id"] == "XA-GW-01")
        cls.rulebook = os.path.join(cls.demo.dir, "rulebook")
        cls.hire("XA-MIN-01", "XA-DPA-01", "XA-POL-02")
        cls.certify("XA-MIN-09")  # but no row
        sent = cls.demo.accepted(demo.plain("WEB-1"))
        demo.until(lambda: cls.demo.stage(sent) == "relayed", "the log grows no more")
        cls.demo.settled_size(cls.xa, "XA-CA-01")

    @classmethod
    def certify(cls, *parties):
        words = [word for party in parties for word in ("--party", party)]
        subprocess.run([os.path.join(demo.SOURCE, "certs", "make-demo-pki"), "--dir", cls.demo.pki,
                        *words], check=True, capture_output=True)

    @classmethod
    def hire(cls, *parties, state="XA"):
        """New parties of a State at its gateway, with certificates and rows in force."""
        cls.certify(*parties)
        path = os.path.join(cls.rulebook, "parties", state, "demo")
        text = demo.read(path).decode()
        dates = text[text.index(" from "):text.index("\n", text.index(" from "))]
        with open(path, "a", encoding="utf-8") as file:
            for party in parties:
                file.write(f'  party {party} "{party}" home {state}-GW-01{dates}\n')
                seal = demo.read(f"{cls.demo.pki}/{state}/parties/{party}/seal.crt")
                file.write(rows.certificate("sealing", seal))
        demo.reissue(cls.demo.pki, cls.rulebook, f"parties:{state}")
        for gateway in cls.demo.gateways:
            cls.reload(gateway)

    @staticmethod
    def reload(gateway):
        before = len(gateway.said())
        os.kill(gateway.pid, signal.SIGHUP)
        done = demo.until(lambda: [line for line in gateway.events(after=before)
                                   if line["event"] in ("reload.done", "reload.refused")],
                          "the reload is decided")
        assert done[0]["event"] == "reload.done", done

    def reader(self, party, certificate=True):
        return Reader(self.xa, self.demo.pki, party, certificate)


class WebTest(Oversight):
    def files(self, entries):
        """Paths of the published log: bundles, or the rest."""
        found = [os.path.relpath(path, self.xa.log) for path in demo.files_below(self.xa.log)]
        return [path for path in found if ("entries" in path) == entries]

    def test_every_party_and_gateway_reads_checkpoint_and_hashes(self):
        for party in ("XC-CA-01", "XC-GW-01", "XA-CA-01", "XA-MIN-01"):
            with self.reader(party) as reader:
                status, octets, kind, cache = reader.get("/log/checkpoint")
                self.assertEqual((status, kind, cache),
                                 (200, "text/plain; charset=utf-8", "no-cache"), party)
                size, _ = published.read_note(octets.decode())
                path = f"tile/0/000.p/{size}"
                self.assertEqual(reader.get(f"/log/{path}"),
                                 (200, demo.read(f"{self.xa.log}/{path}"), OCTETS, FOREVER))
                self.assertEqual(reader.get(f"/log/{path}", "HEAD"), (200, b"", OCTETS, FOREVER))
                self.assertEqual(reader.get("/log/tile/0/000.p/255")[0], 404)

    def test_entries_are_for_the_own_oversight_alone(self):
        bundles = self.files(True)
        self.assertTrue(bundles)
        for party in ("XC-CA-01", "XC-GW-01", "XA-CA-01", "XA-POL-02"):
            with self.reader(party) as reader:
                for path in bundles:
                    self.assertEqual(reader.get(f"/log/{path}")[:2],
                                     (404, NO_TILE), party)
        for party in ("XA-MIN-01", "XA-DPA-01"):
            with self.reader(party) as reader:
                for path in bundles:
                    self.assertEqual(reader.get(f"/log/{path}"),
                                     (200, demo.read(f"{self.xa.log}/{path}"), OCTETS, FOREVER))
        denied = self.xa.events("http.denied")
        self.assertIn("XC-CA-01", [line["peer"] for line in denied])
        self.assertNotIn("tile/", str([line["text"] for line in denied]))

    def test_the_whole_log_over_http_verifies(self):
        folder = os.path.join(demo.temporary_folder(), "log")
        with self.reader("XA-MIN-01") as reader:
            note = reader.get("/log/checkpoint")[1]
            size, _ = published.read_note(note.decode())
            self.assertLess(size, published.TILE)
            for path in ("checkpoint", f"tile/0/000.p/{size}", f"tile/entries/000.p/{size}"):
                place = os.path.join(folder, path)
                os.makedirs(os.path.dirname(place), exist_ok=True)
                with open(place, "wb") as file:
                    file.write(reader.get(f"/log/{path}")[1])
        done = self.demo.comity("audit", "verify", "--log", folder, context="xa-ca-01")
        self.assertEqual((done.code, done.json["size"]), (0, size), done)

    def test_who_has_no_row_is_told_nothing(self):
        with self.reader("XA-MIN-09") as reader:
            for path in ("checkpoint", "tile/0/000.p/1", "tile/entries/000.p/1",
                         "timestamp/1.tsr", "timestamp/?from=0"):
                self.assertEqual(reader.get(f"/log/{path}")[:2],
                                 (403, STRANGER), path)

    def test_without_a_certificate_there_is_no_answer(self):
        with self.assertRaises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
            with self.reader("nobody", certificate=False) as reader:
                reader.get("/log/checkpoint")

    def test_nothing_but_the_log_is_served(self):
        with self.reader("XA-MIN-01") as reader:
            for path in ("/", "/log", "/log/", "/log/checkpoint/", "/checkpoint", "/log/tile/",
                         "/log/tile/0", "/log/tile/0/000.p/0", "/log/tile/0/000.p/256",
                         "/log/tile/0/0.p/1", "/log/tile/00/000.p/1", "/log/tile/8/000",
                         "/log/tile/0/x000/000", "/log/tile/entries/000.p/01",
                         "/log/tile/0/000.p/1/", "/log/timestamp/x.tsr", "/log/timestamp/1.tsr",
                         "/log/timestamp/01.tsr", "/log/2019/timestamp/?from=0"):
                self.assertEqual(reader.get(path)[0], 404, path)
        for path in ("/log/../journal/journal.db", "/log/tile/../checkpoint", "/log//checkpoint",
                     "/log/%2e%2e/journal/journal.db", "/log%2fcheckpoint", "/log/checkpoint%00"):
            with self.reader("XA-MIN-01") as reader:
                self.assertEqual(reader.get(path)[0], 400, path)

    def test_a_timestamp_is_given_where_there_is_one(self):
        folder = os.path.join(self.xa.log, "timestamp")
        os.makedirs(folder, exist_ok=True)
        self.addCleanup(shutil.rmtree, folder)
        with open(os.path.join(folder, "7.tsr"), "wb") as file:
            file.write(b"a response")
        with self.reader("XC-CA-01") as reader:
            self.assertEqual(reader.get("/log/timestamp/7.tsr"),
                             (200, b"a response", "application/timestamp-reply", FOREVER))
            self.assertEqual(reader.get("/log/timestamp/8.tsr")[0], 404)

    def test_sizes_that_have_a_timestamp_are_listed(self):
        folder = os.path.join(self.xa.log, "timestamp")
        ask = "/log/timestamp/?from="
        with self.reader("XC-CA-01") as reader:
            self.assertEqual(reader.get(f"{ask}0"), (200, b"", PLAIN, "no-cache"))
            os.makedirs(folder)
            self.addCleanup(shutil.rmtree, folder)
            sizes = list(range(7, 7 + 3 * (LISTED + 40), 3))
            for name in [*(f"{size}.tsr" for size in sizes), "08.tsr", "x.tsr", "9.tsr.4711.tmp"]:
                with open(os.path.join(folder, name), "wb"):
                    pass
            listed = reader.get(f"{ask}0")
            self.assertEqual(listed, (200, "".join(f"{size}\n" for size in sizes[:LISTED]).encode(),
                                      PLAIN, "no-cache"))
            self.assertEqual(reader.get(f"{ask}{sizes[LISTED]}")[1].decode().split(),
                             [str(size) for size in sizes[LISTED:]])
            self.assertEqual(reader.get(f"{ask}{sizes[-1]}")[:2], (200, b"%d\n" % sizes[-1]))
            self.assertEqual(reader.get(f"{ask}{sizes[-1] + 1}")[:2], (200, b""))
            for query in ("", "?", "?from=", "?from=-1", "?from=x", "?from=01", "?from=0&count=1",
                          "?from=9223372036854775808", "?size=1"):
                self.assertEqual(reader.get(f"/log/timestamp/{query}")[0], 400, query)

    def test_who_is_revoked_is_cut_and_others_stay(self):
        with self.reader("XA-POL-02") as revoked, self.reader("XA-CA-01") as other:
            self.assertEqual(revoked.get("/log/checkpoint")[0], 200)
            self.assertEqual(other.get("/log/checkpoint")[0], 200)
            subprocess.run([certificates.REVOKE, "--dir", self.demo.pki,
                            "XA/parties/XA-POL-02/tls.crt"], check=True, capture_output=True)
            self.reload(self.xa)
            began = time.monotonic()
            revoked.connection.sock.settimeout(CUT_S)
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                if revoked.connection.sock.recv(1) == b"":
                    raise ConnectionResetError("it was closed")
            self.assertLess(time.monotonic() - began, CUT_S)
            self.assertEqual(other.get("/log/checkpoint")[0], 200)
        self.assertIn("XA-POL-02", [line["peer"] for line in self.xa.events("http.ended")])
        with self.assertRaises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
            with self.reader("XA-POL-02") as reader:
                reader.get("/log/checkpoint")

    def test_who_trickles_is_cut_while_others_are_served(self):
        host, port = self.xa.http.rsplit(":", 1)
        slow = []
        for _ in range(SLOW):
            plain = socket.create_connection((host, int(port)), timeout=demo.DEADLINE_S)
            slow.append(context(self.demo.pki, "XC-CA-01").wrap_socket(plain))
            self.addCleanup(slow[-1].close)
            slow[-1].sendall(b"GET /log/checkpoint HTTP/1.1\r\nHost: x\r\na: ")
        began, served = time.monotonic(), 0
        late = len(self.xa.events("http.late"))

        def all_cut():
            nonlocal served
            for one in slow:
                try:
                    one.sendall(b"x")
                except OSError:
                    pass
            with self.reader("XA-MIN-01") as reader:
                self.assertEqual(reader.get("/log/checkpoint")[0], 200)
            served += 1
            return len(self.xa.events("http.late")) - late >= SLOW
        demo.until(all_cut, "those that trickle are cut")
        self.assertGreater(served, 1)
        self.assertLess(time.monotonic() - began, 3 * REQUEST_S)


if __name__ == "__main__":
    demo.main()
