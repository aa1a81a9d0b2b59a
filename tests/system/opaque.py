"""What entries, bundles and tiles tell somebody who has nothing else: how many there are, and when.
This test has what no outsider has, the openings of every entry, and tries them as guesses."""

import hashlib
import hmac
import os

import demo
import octets
import openings
import published
import web

ENTRY = 79
TIME, OUTER, INNER = slice(3, 11), slice(13, 45), slice(47, 79)
SEPARATIONS = (b"comity-outer-1\0", b"comity-inner-1\0", b"comity-closed-1\0", b"")
MESSAGES = 24
SIGMAS = 7


class Opaque(web.Oversight):
    """The log of a gateway that did quite different things."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        documents = [demo.plain(f"OPAQUE-{i % 2}") for i in range(MESSAGES)] + [demo.a3()]
        for message in [cls.demo.accepted(document) for document in documents]:
            demo.until(lambda one=message: cls.demo.stage(one) == "relayed", "Corland has it")
        cls.demo.send(demo.plain("OPAQUE-DRY"), "--dry-run")
        refused = cls.demo.send({**demo.plain("OPAQUE-REFUSED"), "purpose": "STATISTICS"})
        assert refused.code != 0, refused
        cls.demo.settled_size(cls.xa, "XA-CA-01")
        with cls("test_entries_have_one_form").reader("XA-DPA-01") as reader:
            status, document, _, _ = reader.get("/openings?from=0&count=256")
        assert status == 200, document
        cls.demo.settled_size(cls.xa, "XA-CA-01")  # who read the openings is an entry, too
        cls.rows = octets.uncbor(document)
        cls.entries = [row[1] for row in cls.rows]

    def commitments(self):
        return [part for entry in self.entries for part in (entry[OUTER], entry[INNER])]

    def test_the_log_has_all_that_a_gateway_does(self):
        kinds = {row.kind for row in map(openings.Row, self.rows)}
        self.assertGreaterEqual(kinds, {1, 3, 4, 5, 9, 11})
        self.assertGreater(len(self.entries), MESSAGES + len(kinds))

    def test_entries_have_one_form(self):
        blank = {entry[:3] + entry[11:13] + entry[45:47] for entry in self.entries}
        self.assertEqual(blank, {b"\x84\x01\x1b" + b"\x58\x20" * 2})
        self.assertEqual({len(entry) for entry in self.entries}, {ENTRY})

    def test_files_are_as_long_as_the_number_of_entries_makes_them(self):
        for path in demo.files_below(self.xa.log):
            name = os.path.relpath(path, self.xa.log)
            if name.startswith("tile/"):
                width = int(name.rsplit(".p/", 1)[1]) if ".p/" in name else published.TILE
                each = ENTRY + 2 if "entries" in name else 32
                self.assertEqual(os.path.getsize(path), width * each, name)

    def test_nothing_comes_twice(self):
        """Though most closed records are alike."""
        records = [row[4][1] for row in self.rows]
        self.assertLess(len(set(records)), len(records))
        self.assertEqual(len(set(self.commitments())), 2 * len(self.entries))

    def test_bits_are_as_if_by_chance(self):
        """Over all of the log, and each bit of an entry over the entries."""
        count = len(self.entries)
        bits = [int.from_bytes(entry[OUTER] + entry[INNER], "big") for entry in self.entries]
        ones = sum(value.bit_count() for value in bits)
        self.assertLess(abs(2 * ones - 512 * count), SIGMAS * (512 * count) ** 0.5)
        for place in range(512):
            set_here = sum(value >> place & 1 for value in bits)
            self.assertLess(abs(2 * set_here - count), SIGMAS * count ** 0.5, place)

    def guesses(self):
        """Every record whole, with every key that is not its own and with what anybody could use
        for one: (digest, whether this is the key of such a record). Some records are alike."""
        opened = [(number, *opening) for row in self.rows
                  for number, opening in enumerate(row[2:5]) if opening is not None]
        keys = {key: (number, record) for number, key, record in opened}
        keys |= {b"": None, bytes(32): None, b"XA-GW-01": None}
        for number, _, record in opened:
            for said in (SEPARATIONS[number] + record, record):
                yield hashlib.sha256(said).digest(), False
                for key, own in keys.items():
                    yield hmac.digest(key, said, "sha256"), own == (number, record)

    def test_whoever_guesses_a_whole_record_cannot_tell_that_it_is_right(self):
        known, right = set(self.commitments()), set()
        for digest, own in self.guesses():
            if own:
                right.add(digest)
            else:
                self.assertNotIn(digest, known)
        self.assertLessEqual(known, right)  # with its key each is found


if __name__ == "__main__":
    demo.main()
