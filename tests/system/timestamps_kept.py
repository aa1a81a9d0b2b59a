"""Timestamps that stay: those in a ministry's mirror, and that of the last tree of a log that ended."""

import contextlib
import os
import sqlite3

import contexts
import demo
import succession
import timestamps
import web


class Ended(timestamps.Stamped, succession.Succession, web.Oversight):
    """The year changes while the authority is away, and a ministry has a mirror."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = f"{cls.demo.pki}/XA/parties/XA-MIN-01"
        contexts.change(cls.demo, "xa-min-01", party="XA-MIN-01", cert=f"{folder}/tls.crt",
                        key=f"{folder}/tls.key", sealing_cert=f"{folder}/seal.crt",
                        sealing_key=f"{folder}/seal.key")

    def published(self):
        return int(demo.read(os.path.join(self.demo.log, "checkpoint")).split(b"\n")[1])

    def whole(self, folder, size):
        """A log of this size, of which the last tree is timestamped by whom we trust."""
        done = self.demo.comity("audit", "verify", "--log", folder, "--tsa-ca", self.tsa.ca,
                                context="xa-ca-01")
        self.assertEqual(done.code, 0, done)
        self.assertEqual((done.json["size"], done.json["timestamps"]["size"]), (size, size))

    def synced(self, mirror, code=0):
        done = self.demo.comity("audit", "sync", "--mirror", mirror, context="xa-min-01")
        self.assertEqual(done.code, code, done)
        return done

    def mirrored(self, mirror, *more, code=0):
        done = self.demo.comity("audit", "verify", "--mirror", mirror, *more, context="xa-min-01")
        self.assertEqual(done.code, code, done)
        return done

    def test_a_mirror_keeps_them_and_one_changed_octet_is_found(self):
        mirror = os.path.join(demo.temporary_folder(), "mirror")
        size = self.stamped(self.published())
        path = self.path(self.sizes()[0])
        good = demo.read(path)
        for octets in [*self.changes(good, timestamps.FEW), b"", b"\x30" * (1 << 17)]:
            with self.instead(path, octets):
                done = self.synced(mirror, 9)
            self.assertIn("timestamp/", done.error["message"])
        done = self.synced(mirror).json
        taken, gone = done["timestamps"], done["timestamps_let_go"]
        self.assertGreater(taken, 0)
        stamps = self.mirrored(mirror, "--tsa-ca", self.tsa.ca).json["timestamps"]
        self.assertEqual((stamps["count"], stamps["traced"]), (taken - gone, True))
        self.assertEqual(stamps["count"], min(taken, 2))  # the first and the newest of these minutes
        self.assertGreaterEqual(stamps["size"], size)
        self.assertFalse(self.mirrored(mirror).json["timestamps"]["traced"])
        other = os.path.join(self.tsa.folder, "other.crt")
        self.assertIn("by no authority that is trusted",
                      self.mirrored(mirror, "--tsa-ca", other, code=9).json["fault"])
        database, = [path for path in demo.files_below(mirror) if path.endswith("mirror.db")]
        with contextlib.closing(sqlite3.connect(database)) as db:
            for octets in self.changes(good, timestamps.FEW):
                db.execute("UPDATE timestamp SET response = ? WHERE size = ?",
                           (octets, int(os.path.basename(path)[:-4])))
                db.commit()
                done = self.mirrored(mirror, "--tsa-ca", self.tsa.ca, code=9)
                self.assertIn(os.path.basename(path), done.json["fault"])

    def test_the_last_tree_of_a_log_that_ends_is_stamped_when_the_authority_is_back(self):
        message = self.demo.accepted(demo.plain("TS-END"))
        self.arrives(message)
        self.stamped(1)
        mirror = os.path.join(demo.temporary_folder(), "mirror")
        self.assertGreater(self.synced(mirror).json["timestamps"], 0)
        self.tsa.answers("busy")
        former, origin = self.name_next(self.demo, "2027")
        self.turn(self.demo, origin)
        self.again()
        size = self.ended(self.demo)[0]["size"]
        old = self.laid_aside(self.demo, former)
        path = os.path.join(old, "timestamp", f"{size}.tsr")
        demo.until(lambda: self.told()["why"], "it is told")
        self.assertFalse(os.path.exists(path))
        self.assertEqual(self.synced(mirror).json["ended"][0]["size"], size)
        self.tsa.answers("good")
        self.again()
        demo.until(lambda: os.path.exists(path), "the last tree is stamped")
        self.whole(old, size)
        self.assertGreater(self.synced(mirror).json["timestamps"], 0)
        stamps = self.mirrored(mirror, "--tsa-ca", self.tsa.ca).rows[0]["timestamps"]
        self.assertEqual((stamps["size"], stamps["traced"]), (size, True))
        good = demo.read(path)
        bad = good[:-1] + bytes([good[-1] ^ 1])
        with open(path, "wb") as file:
            file.write(bad)
        there = len(self.demo.said())
        self.again()
        said = demo.until(lambda: self.demo.events("timestamps.foreign", after=there), "it is said")
        self.assertIn(f"{path} is no good timestamp of a log that ended", said[0]["text"])
        self.assertEqual(demo.read(path), bad, "it is the operator's")
        os.unlink(path)
        self.again()
        demo.until(lambda: os.path.exists(path), "it is stamped anew")
        self.whole(old, size)
        good = demo.read(path)
        self.again()
        size = self.published()
        self.demo.accepted(demo.plain("TS-AFTER"))
        self.stamped(size + 1)
        self.assertEqual(demo.read(path), good, "one is enough")
        folder = self.exported(message, "--timestamp")
        self.assertEqual(self.octets(folder), self.octets(self.exported(message, "--log", old)))
        self.assertEqual(self.verify(folder, "--tsa-ca", self.tsa.ca).code, 0)


if __name__ == "__main__":
    demo.main()
