"""Hashes a golden history as hash_event's documentation says, with nothing of Utpost's.

    python3 chain.py digital.jsonl

The first event carries one personal field, "title" = "Vedtak om støtte", under the salt 00 01 … 1f.
"""

import hashlib
import json
import sys
import uuid

LETTER = uuid.UUID("7d1c6b1e-0000-4000-8000-000000000007").bytes


def part(data):
    return len(data).to_bytes(8, "big") + data


def encode(value):
    if value is None:
        return b"n"
    if isinstance(value, bool):
        return b"t" if value else b"f"
    if isinstance(value, int):
        return b"i" + part(str(value).encode())
    if isinstance(value, str):
        return b"s" + part(value.encode())
    if isinstance(value, list):
        return b"a" + len(value).to_bytes(8, "big") + b"".join(map(encode, value))
    members = sorted((name.encode(), member) for name, member in value.items())
    body = b"".join(part(name) + encode(member) for name, member in members)
    return b"o" + len(members).to_bytes(8, "big") + body


previous = bytes(32)
with open(sys.argv[1], encoding="utf-8") as history:
    for position, line in enumerate(history):
        data = part(b"utpost-event-1") + part(previous) + part(LETTER)
        data += part(position.to_bytes(8, "big")) + part(encode(json.loads(line)))
        if position == 0:
            digest = hashlib.sha256(bytes(range(32)) + "Vedtak om støtte".encode()).digest()
            data += part(b"title") + part(digest)
        previous = hashlib.sha256(data).digest()
print(previous.hex())
