"""What Corland must not see is in nothing that reaches it and in clear in no file of a gateway."""

import json
import os

import demo
import octets
import reading

# Case A.3: what XC-CA-01 must not see, in the order of the case.
SECRETS = ["Dostan", "Mirela", "2001-11-05", "C3390174", "+999551200481", "Blue Lantern",
           "Saltgate", "Lindfjord", "XA-INT-2026-118204", "PENDING", "asylum", "shelter",
           "hand injury", "Redik", "WPU-31", "protected"]
# These must not even stand there in other letters.
WORDS = ["asylum", "shelter", "pending", "protected"]


class Secrecy(demo.DemoTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.id = cls.demo.accepted(demo.a3())
        cls.frames = reading.read_mail(cls.demo)
        cls.shown = cls.demo.show(cls.id)
        cls.demo.comity("request", "ack", cls.id, context="xc-ca-01")
        cls.demo.inbox("xa-ca-01")

    def assert_secret(self, where, text):
        for secret in SECRETS:
            self.assertNotIn(secret.encode(), text, f"{secret} in {where}")

    def assert_wordless(self, where, text):
        lower = text.lower()
        for word in WORDS:
            self.assertNotIn(word.encode(), lower, f"{word} in {where}")

    def test_the_search_finds_what_is_there(self):
        sent = json.dumps(demo.a3(), ensure_ascii=False)
        for secret in SECRETS:
            self.assertIn(secret, sent)
        self.assertIn(b"Halmar", b"".join(self.frames))
        self.assertIn("Halmar", self.shown.out)

    def test_no_frame_that_reaches_corland_holds_a_secret(self):
        kinds = [octets.unpack(frame)[0] for frame in self.frames]
        self.assertEqual(kinds, [2, 6] + 6 * [9] + [14])
        for number, frame in enumerate(self.frames, 1):
            self.assert_secret(f"frame {number}", frame)
            self.assert_wordless(f"frame {number}", frame)

    def test_nothing_that_is_shown_or_kept_in_corland_holds_a_secret(self):
        self.assertEqual(self.shown.code, 0, self.shown)
        self.assert_secret("what is shown", self.shown.out.encode())
        self.assert_wordless("what is shown", (self.shown.out + self.shown.err).encode())
        archive = os.path.join(self.demo.dir, "home", "archive", "xc-ca-01")
        kept = 0
        for path, text in demo.folder_octets(archive):
            kept += len(text)
            self.assert_secret(path, text)
            self.assert_wordless(path, text)
            self.assertNotIn(b"Halmar", text, path)
        self.assertGreater(kept, 10000)

    def test_the_sender_keeps_nothing_in_clear_either(self):
        archive = os.path.join(self.demo.dir, "home", "archive", "xa-ca-01")
        for path, text in demo.folder_octets(archive):
            self.assert_secret(path, text)

    def assert_gateway_silent(self):
        routed = 0
        for path, text in demo.folder_octets(self.demo.folder):
            self.assert_secret(path, text)
            self.assertNotIn(b"Halmar", text, path)
            routed += b"XC-CA-01" in text
        self.assertGreater(routed, 0)

    def test_no_file_of_the_gateway_holds_a_field_in_clear(self):
        self.assert_gateway_silent()
        self.demo.end()
        self.assert_gateway_silent()
        self.demo.start()

    def test_diagnostics_name_events_and_no_contents(self):
        self.assert_secret("diagnostics", self.demo.said().encode())
        for line in self.demo.said().splitlines():
            if line.startswith("{"):
                self.assertIn("event", json.loads(line))
        self.assert_wordless("diagnostics", self.demo.said().encode())


if __name__ == "__main__":
    demo.main()
