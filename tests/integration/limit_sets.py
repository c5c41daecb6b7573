"""Plays tests/data/mib/limit_sets with pysnmp: limit_sets.py FILE PORT. Prints one line for each that went otherwise."""
import os
import sys

from pysnmp.hlapi import (CommunityData, ContextData, ObjectIdentity, ObjectType, SnmpEngine, UdpTransportTarget, setCmd)
from pysnmp.proto.rfc1902 import Integer32, OctetString, Unsigned32

ROOT = os.environ.get("SCM_OID_ROOT", "1.3.6.1.4.1.8072.9999.9999.2010").strip("'")
engine, target = SnmpEngine(), UdpTransportTarget(("127.0.0.1", int(sys.argv[2])), timeout=5, retries=0)


def value(kind, text):
    if kind == "i":
        return Integer32(int(text))
    if kind == "u":
        return Unsigned32(int(text))
    if kind == "L":
        return OctetString("1" * int(text))
    return OctetString(hexValue=text) if kind == "x" else OctetString(text)


def varbind(row, text):
    col, kind, *val = text.strip().split(" ", 2)
    index = ".".join(str(n) for n in [len(row)] + [ord(c) for c in row])
    return ObjectType(ObjectIdentity(f"{ROOT}.1.5.1.{col}.{index}"), value(kind, val[0] if val else ""))


wrong = played = 0
with open(sys.argv[1]) as f:
    for number, line in enumerate(f, 1):
        if line.startswith("#") or not line.strip():
            continue
        row, want, sets = (part.strip() for part in line.split("|"))
        varbinds = [varbind(row, one) for one in sets.split(",") if one.strip()] if "4,5" not in sets else \
            [varbind(row, sets)]
        fault, error, _, _ = next(setCmd(engine, CommunityData("private"), target, ContextData(), *varbinds,
                                         lookupMib=False))
        got = str(fault) if fault else error.prettyPrint() if error else "noError"
        played += 1
        if got != want:
            wrong += 1
            print(f"line {number}: {row} {sets}: expected {want}, got {got}")
print(f"{played} SETs, {wrong} wrong")
sys.exit(bool(wrong))
