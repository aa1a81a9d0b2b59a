"""Texts of a demo changed: its configurations, and rulebooks that are one gateway's own."""

import re
import shutil

import demo


def change(path, old, new):
    """Replaces what stands in a file once."""
    change_where(path, re.escape(old), lambda _: new)


def change_where(path, pattern, new):
    """Replaces what a pattern finds in a file once."""
    text, count = re.subn(pattern, new, demo.read(path).decode())
    assert count == 1, (path, pattern)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def own_rulebook(gateway, shared):
    """A copy of a rulebook for this gateway alone, from its next start or reload on. Its folder."""
    folder = f"{gateway.folder}/rulebook"
    shutil.copytree(shared, folder)
    change(gateway.config, f"'{shared}'", f"'{folder}'")
    return folder
