"""Rows of the rulebook's text about certificates, for tests that change them."""

import re
import time

DAY_S = 86400


def dates(days=366):
    """In force since yesterday."""
    begin, end = (time.strftime("%Y-%m-%d", time.gmtime(time.time() + days * DAY_S))
                  for days in (-1, days))
    return f"from {begin} until {end}"


def certificate(word, octets):
    """A row with the first certificate of a PEM file; word: authority, sealing or encryption."""
    text = re.search(r"-----BEGIN CERTIFICATE-----\n(.*?)-----END", octets.decode(), re.S)[1]
    return f'    {word} {dates()} "{text.replace(chr(10), "")}"\n'
