"""SIGHUP: everything is read anew while links are open. Whatever is wrong leaves all as it was, and
is said; however often it comes, nobody is cut off."""

import base64
import hashlib
import json
import os
import shutil
import signal
import subprocess
import threading

import demo
import link

CERTS = os.path.join(demo.SOURCE, "certs")
PARTY = "XC/parties/XC-CA-01/tls"
RELOADS = 200 if demo.LONG else 50
GROWTH_KIB = (24 if demo.SANITIZED else 3) << 10  # a sanitizer's heap is level late


class ReloadTest(demo.DemoTest):
    def certs(self, script, *words):
        subprocess.run([os.path.join(CERTS, script), "--dir", self.demo.pki, *words], check=True,
                       capture_output=True)

    def lines(self, since=0):
        """The diagnostics that were said, from an offset on."""
        said = self.demo.said()[since:]
        return [json.loads(line) for line in said.splitlines() if line.startswith("{")]

    def hang_up(self):
        """SIGHUP. The lines that say what came of it."""
        before = len(self.demo.said())
        os.kill(self.demo.pid, signal.SIGHUP)

        def decided():
            return [line for line in self.lines(before) if line["event"].startswith("reload.")]
        return demo.until(decided, "the reload is decided")

    def reload(self):
        """What a reload that works says it has changed."""
        lines = self.hang_up()
        self.assertEqual([line["event"] for line in lines], ["reload.done"], lines)
        return lines[0]["text"]

    def refused(self):
        """Every problem of a reload that does not work."""
        self.hang_up()
        before = len(self.demo.said())
        self.hang_up()  # the second one ends the first one's lines
        lines = self.lines(before)
        events = [line for line in lines if line["event"].startswith("reload.")]
        self.assertEqual({(line["event"], line["level"]) for line in events},
                         {("reload.refused", "alarm")}, lines)
        return "\n".join(line["text"] for line in events)

    def assert_answers(self, opened):
        self.assertEqual(opened.ask(link.INBOX, None, 1, None)[0], link.ANSWER)


class Refused(ReloadTest):
    """One link stays open, and new ones come in as before."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.witness = link.Link(cls.demo, "XC-CA-01")
        cls.addClassCleanup(cls.witness.socket.close)

    def assert_refused(self, path, change, *sentences):
        """The change of a file, or of its rights, is refused, and nothing has changed."""
        aside = f"{os.path.dirname(self.demo.dir)}/aside"  # no folder of files that are read
        shutil.copy2(path, aside)
        owner = os.stat(path)
        os.chown(aside, owner.st_uid, owner.st_gid)
        shown = self.witness.socket.getpeercert(binary_form=True)
        size = self.demo.settled_size()
        try:
            change(path)
            said = self.refused()
            for sentence in sentences:
                self.assertIn(sentence, said)
            self.assert_answers(self.witness)
            with link.Link(self.demo, "XA-CA-01") as new:
                self.assertEqual(new.welcome[7], self.witness.welcome[7])
                self.assertEqual(new.socket.getpeercert(binary_form=True), shown)
                new.end()
        finally:
            shutil.move(aside, path)
        self.assertEqual(self.reload(), "nothing has changed")
        self.assertEqual(self.demo.settled_size(), size)

    @staticmethod
    def with_text(text):
        def change(path):
            with open(path, "a", encoding="utf-8") as file:
                file.write(text)
        return change

    @staticmethod
    def replaced(old, new):
        def change(path):
            text = demo.read(path).decode()
            assert old in text, text
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.replace(old, new, 1))
        return change

    def gateway(self, name):
        return f"{self.demo.pki}/XA/gateways/XA-GW-01/{name}"

    def test_a_broken_configuration_is_refused(self):
        self.assert_refused(self.demo.config, self.with_text("colour: blue\n"), "colour")

    def test_a_missing_configuration_is_refused(self):
        self.assert_refused(self.demo.config, os.unlink, self.demo.config)

    def test_what_needs_a_restart_is_named_all_of_it(self):
        def change(path):
            self.replaced("listen: ['127.0.0.1:", "listen: ['127.0.0.2:")(path)
            self.with_text("  queue: 4MiB\nworkers: 64\n")(path)
        self.assert_refused(self.demo.config, change,
                            "listen: cannot change without a restart",
                            "workers: cannot change without a restart",
                            "limits.queue: cannot change without a restart")

    def test_a_broken_rulebook_is_refused(self):
        path = f"{self.demo.dir}/rulebook/law/rules/general"
        self.assert_refused(path, self.with_text("\nthis is no rule\n"), "law/rules/general")

    def test_a_rulebook_without_our_log_is_refused(self):
        path = f"{self.demo.dir}/rulebook/states/demo"
        mine, other = "xa-gw-01.comity.example/audit/demo", "xa-gw-01.comity.example/audit/other"

        def vkey(origin, key):
            key = b"\1" + key
            mark = hashlib.sha256(f"{origin}\n".encode() + key).digest()[:4]
            return f"{origin}+{mark.hex()}+{base64.b64encode(key).decode()}"
        key = base64.b64decode(demo.read(self.gateway("log.pub")))
        line = f'"{mine}" key "{vkey(mine, key)}"'
        self.assert_refused(path, self.replaced(line, f'"{other}" key "{vkey(other, key)}"'),
                            "log.origin: the directory lists no log " + mine)
        self.assert_refused(path, self.replaced(line, f'"{mine}" key "{vkey(mine, bytes(32))}"'),
                            "is not the key that the directory lists")

    def test_a_key_of_another_certificate_is_refused(self):
        def change(path):
            other = demo.read(f"{self.demo.pki}/XA/parties/XA-CA-01/tls.key")
            with open(path, "wb") as file:
                file.write(other)
        self.assert_refused(self.gateway("tls.key"), change, "not the key of")

    def test_the_certificate_of_another_gateway_is_refused(self):
        def change(path):
            self.replaced(self.gateway("tls.crt"), f"{self.demo.pki}/{PARTY}.crt")(path)
            self.replaced(self.gateway("tls.key"), own)(path)
        own = f"{os.path.dirname(self.demo.dir)}/party.key"
        shutil.copyfile(f"{self.demo.pki}/{PARTY}.key", own)
        shutil.copystat(self.gateway("tls.key"), own)
        owner = os.stat(self.gateway("tls.key"))
        os.chown(own, owner.st_uid, owner.st_gid)
        self.assert_refused(self.demo.config, change, "is the certificate of XC-CA-01")

    def test_a_missing_revocation_list_is_refused(self):
        self.assert_refused(f"{self.demo.pki}/XC/crl.pem", os.unlink, "crl.pem: cannot be read")

    @demo.unittest.skipUnless(os.geteuid() == 0, "only root can become somebody else")
    def test_files_that_only_root_may_read_are_named(self):
        def change(path):
            os.chown(path, 0, 0)
        self.assert_refused(self.gateway("tls.key"), change, "tls.key may not be read by nobody")


class Often(ReloadTest):
    def test_reloads_beside_handshakes_cut_nobody_off_and_keep_nothing(self):
        self.demo.end()
        self.demo.start()
        failures, done = [], threading.Event()
        handshakes = [0]

        def shake_hands():
            while not done.is_set():
                try:
                    with link.Link(self.demo, "XA-CA-01") as new:
                        self.assert_answers(new)
                        new.end()
                    handshakes[0] += 1
                except Exception as why:  # pylint: disable=broad-except
                    failures.append(repr(why))
                    return

        with link.Link(self.demo, "XC-CA-01") as opened:
            threads = [threading.Thread(target=shake_hands) for _ in range(3)]
            for thread in threads:
                thread.start()
            try:
                for i in range(RELOADS):
                    if i % 10 == 0:
                        self.certs("make-demo-crl", "XC")
                    self.reload()
                    self.assert_answers(opened)
                    if i == RELOADS // 5:
                        early = self.demo.memory()
                late = self.demo.memory()
                for _ in range(RELOADS):  # faster than they can be followed
                    os.kill(self.demo.pid, signal.SIGHUP)
                self.assert_answers(opened)
            finally:
                done.set()
                for thread in threads:
                    thread.join()
            opened.end()
        self.assertEqual(failures, [])
        self.assertGreater(handshakes[0], RELOADS // 5)
        self.assertLess(late - early, GROWTH_KIB, (early, late))
        self.assertEqual(self.demo.end(), 0, self.demo.said()[-2000:])
        self.demo.start()


class Orders(ReloadTest):
    def test_the_order_to_stop_comes_before_a_reload(self):
        """Both wait; the kernel would give the reload first, and so each of a storm of them."""
        self.demo.end()
        self.demo.start()
        before = len(self.demo.said())
        os.kill(self.demo.pid, signal.SIGSTOP)
        demo.until(lambda: b") T " in demo.read(f"/proc/{self.demo.pid}/stat"), "it stands still")
        for order in (signal.SIGHUP, signal.SIGTERM, signal.SIGCONT):
            os.kill(self.demo.pid, order)
        self.assertEqual(self.demo.process.wait(timeout=demo.DEADLINE_S), 0)
        self.assertNotIn("reload.", self.demo.said()[before:])
        self.demo.start()

    def test_a_configuration_that_an_editor_has_just_emptied_changes_nothing(self):
        text = demo.read(self.demo.config)
        with open(self.demo.config, "wb"):
            pass
        self.assertIn("it is empty", self.refused())
        with open(self.demo.config, "wb") as file:
            file.write(text)
        self.assertEqual(self.reload(), "nothing has changed")


if __name__ == "__main__":
    demo.main()
