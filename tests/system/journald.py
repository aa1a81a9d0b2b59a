"""Diagnostics as fields of the system's journal. journald is this test: its socket is bound in a
mount namespace of our own, so that the machine's journal sees nothing of it."""

import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading

import demo
import link

SOCKET = "/run/systemd/journal/socket"
INSIDE = "COMITY_TEST_NAMESPACE"


def fields(datagram):
    """The fields of a line in journald's native protocol. A value with a newline in it would come
    as a length and octets."""
    found = {}
    while datagram:
        name, datagram = datagram.split(b"\n", 1)
        if b"=" in name:
            name, value = name.split(b"=", 1)
        else:
            length = int.from_bytes(datagram[:8], "little")
            value, datagram = datagram[8:8 + length], datagram[9 + length:]
        found.setdefault(name.decode(), []).append(value)
    return found


class Journald(demo.DemoTest):
    @classmethod
    def setUpClass(cls):
        cls.journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        cls.addClassCleanup(cls.journal.close)
        os.makedirs(os.path.dirname(SOCKET), exist_ok=True)
        cls.journal.bind(SOCKET)
        os.chmod(SOCKET, 0o666)
        cls.lines = queue.Queue()
        threading.Thread(target=cls.read, daemon=True).start()
        super().setUpClass()
        with open(cls.demo.config, "a", encoding="utf-8") as file:
            file.write("diagnostics: journald\n")
        cls.demo.end()
        checked = cls.demo.comityd(cls.demo.config, "--check-config")
        if "built without journald" in checked.err:
            raise demo.unittest.SkipTest("this build has no libsystemd")
        cls.demo.start()
        cls.started = len(cls.demo.said())

    @classmethod
    def read(cls):
        """As journald does: its socket holds a few lines, and who writes one more waits."""
        try:
            while True:
                cls.lines.put(cls.journal.recv(65536))
        except OSError:
            pass  # closed

    def line(self, event):
        """The next line of this event."""
        while True:
            found = fields(self.lines.get(timeout=demo.DEADLINE_S))
            for name, values in found.items():
                self.assertEqual(len(values), 1, name)
                self.assertRegex(values[0], rb"\A[\x20-\x7e]*\Z", name)
            if found.get("COMITY_EVENT") == [event.encode()]:
                return {name: values[0].decode() for name, values in found.items()}

    def test_a_line_comes_as_fields(self):
        with link.Link(self.demo, "XC-CA-01") as opened:
            opened.raw(b"\xff\xff\xff\xff")
            self.assertEqual(opened.until_closed(), "E_SIZE")
        said = self.line("link.refused")
        self.assertIn("link.refused XC-CA-01", said["MESSAGE"])
        self.assertEqual({name: said[name] for name in said if name != "MESSAGE"}, {
            "PRIORITY": said["PRIORITY"], "SYSLOG_IDENTIFIER": "comityd",
            "COMITY_EVENT": "link.refused", "COMITY_LEVEL": said["COMITY_LEVEL"],
            "COMITY_GATEWAY": "XA-GW-01", "COMITY_PEER": "XC-CA-01", "COMITY_CODE": "refused",
            "COMITY_REASON": "frame.size"})

    def test_an_alarm_has_the_priority_of_one(self):
        config = demo.read(self.demo.config)
        with open(self.demo.config, "ab") as file:
            file.write(b"colour: blue\n")
        os.kill(self.demo.pid, signal.SIGHUP)
        said = self.line("reload.refused")
        with open(self.demo.config, "wb") as file:
            file.write(config)
        self.assertEqual((said["PRIORITY"], said["COMITY_LEVEL"]), ("1", "alarm"))
        self.assertIn("colour", said["MESSAGE"])
        os.kill(self.demo.pid, signal.SIGHUP)
        self.assertEqual(self.line("reload.done")["PRIORITY"], "5")

    def test_nothing_of_a_line_is_written_to_standard_error(self):
        with link.Link(self.demo, "XC-CA-01") as opened:
            opened.end()
        os.kill(self.demo.pid, signal.SIGHUP)
        self.line("reload.done")
        self.assertEqual(self.demo.said()[self.started:], "")

    def test_without_journald_the_configuration_is_refused(self):
        os.rename(SOCKET, f"{SOCKET}.away")
        try:
            done = self.demo.comityd(self.demo.config, "--check-config")
        finally:
            os.rename(f"{SOCKET}.away", SOCKET)
        self.assertEqual(done.code, 78, done)
        self.assertIn("diagnostics: journald does not run here", done.err)


def namespace():
    """Goes on in a mount namespace whose /run is empty; False where that cannot be had."""
    if os.environ.get(INSIDE) == "1":
        return True
    unshare = shutil.which("unshare")
    words = [unshare, "--mount", "--propagation", "private", "sh", "-c",
             "mount -t tmpfs -o mode=755 tmpfs /run && exec \"$@\"", "sh"]
    if unshare is None or os.geteuid() != 0 or \
            subprocess.run([*words, "true"], capture_output=True, check=False).returncode != 0:
        return False
    os.environ[INSIDE] = "1"
    os.execv(unshare, [*words, sys.executable, "-B", *sys.argv])


if __name__ == "__main__":
    if not namespace():
        Journald = demo.unittest.skip(
            "only root can have a mount namespace with a journal of its own")(Journald)
    demo.main()
