"""Checks the demo's letters by programs that are not ours. Started by parcel.sh."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc import jws
from joserfc.jwk import RSAKey
from jsonschema import Draft7Validator, FormatChecker
from lxml import etree
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7
from signxml.xades import XAdESSignatureConfiguration, XAdESVerifier

HERE = Path(__file__).resolve().parent
XADES = "http://uri.etsi.org/01903/v1.3.2#"
DS = "{http://www.w3.org/2000/09/xmldsig#}"
MANIFEST = "{http://begrep.difi.no/sdp/schema_v10}"
ASICE = b"application/vnd.etsi.asic-e+zip"


class Refused(Exception):
    """The tool says no."""


class Report:
    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.skipped = []

    def note(self, name, fault):
        if fault is None:
            self.passed += 1
            print(f"ok      {name}", flush=True)
        else:
            self.failed += 1
            print(f"FAILED  {name}: {fault}", flush=True)

    def accepts(self, name, check, *arguments):
        """`check` must not raise. Gives what it gives."""
        try:
            result = check(*arguments)
        except Exception as fault:  # any complaint of any tool is a no
            self.note(name, f"{type(fault).__name__}: {fault}")
            return None
        self.note(name, None)
        return result

    def refuses(self, name, check, *arguments):
        """The negative control: `check` must raise."""
        try:
            check(*arguments)
        except Exception:
            self.note(f"{name} is refused", None)
        else:
            self.note(f"{name} is refused", "it was accepted")

    def skip(self, name, why, even_in_ci=False):
        if os.environ.get("CI") and not even_in_ci:
            self.note(name, f"not run: {why}")
        else:
            self.skipped.append(f"not run: {name}: {why}")

    def end(self):
        for line in self.skipped:
            print(line)
        print(f"{self.passed} passed, {self.failed} failed")
        return 0 if self.failed == 0 and self.passed > 0 else 1


def tool(*command, cwd=None, timeout=None):
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        check=False,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=timeout,
    )
    if done.returncode != 0:
        told = (done.stdout + done.stderr).decode("utf-8", "replace").strip()
        raise Refused(f"{Path(str(command[0])).name}: {told[:400]}")
    return done.stdout


def must(condition, message):
    if not condition:
        raise Refused(message)


def flipped(data, at):
    """`data` with the lowest bit of one byte changed."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def flipped_after(data, mark, skip=0):
    at = data.index(mark) + len(mark) + skip
    return flipped(data, at)


class Anchors:
    """The practice authority, and a stranger of the same name for negative controls."""

    def __init__(self, practice, work):
        self.root = practice / "ca.pem"
        self.intermediate = practice / "intermediate.pem"
        self.stranger = work / "stranger.pem"
        tool(
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            "-subj", "/CN=Stranger", "-keyout", work / "stranger.key", "-out", self.stranger,
            "-addext", "keyUsage=critical,keyCertSign",
        )  # fmt: skip

    def verify(self, certificate, work, root):
        leaf = work / "leaf.pem"
        leaf.write_bytes(certificate.public_bytes(Encoding.PEM))
        tool("openssl", "verify", "-CAfile", root, "-untrusted", self.intermediate, leaf)


# The container


def fingerprint(cms):
    return base64.b64encode(bytes.fromhex(tool("sha256sum", cms).decode().split()[0])).decode()


def same_fingerprint(cms, message):
    said = message_body(message)["dokumentpakkefingeravtrykk"]
    must(said["digestMethod"] == "http://www.w3.org/2001/04/xmlenc#sha256", "another method")
    must(said["digestValue"] == fingerprint(cms), "another value")


def decrypt(cms, key, out):
    tool("openssl", "cms", "-decrypt", "-inform", "DER", "-in", cms, "-inkey", key, "-out", out)
    # Without the right content key OpenSSL goes on with a random one, whose padding fits at times.
    must(zipfile.is_zipfile(out), "not a container")
    return out


def only_key(cms, keys, expected, work):
    opened = []
    for key in keys:
        try:
            decrypt(cms, key, work / "try.zip")
            opened.append(key.name)
        except Refused:
            pass
    must(opened == [expected], f"opened by {opened}")


def damaged_wrapped_key(data):
    """The encrypted content key is the first OCTET STRING of RSA's size."""
    found = re.search(rb"\x04\x82(\x01\x00|\x01\x80|\x02\x00)", data)
    must(found is not None, "no wrapped key found")
    return flipped(data, found.end() + 40)


def zip_is_sound(path):
    with zipfile.ZipFile(path) as package:
        must(package.testzip() is None, "a CRC is wrong")
        entries = package.infolist()
        first = entries[0]
        must(first.filename == "mimetype", "mimetype is not first")
        must(first.compress_type == zipfile.ZIP_STORED, "mimetype is compressed")
        must(package.read(first) == ASICE, "mimetype says something else")
        names = [entry.filename for entry in entries]
        must(len(names) == len(set(names)), "a name occurs twice")
        manifest = etree.fromstring(package.read("manifest.xml"))
        told = [element.get("href") for element in manifest.iter() if element.get("href")]
        expected = ["mimetype", "manifest.xml", *told, "META-INF/signatures.xml"]
        must(names == expected, f"entries {names}, expected {expected}")


def damaged_document(path, out):
    """Changes a byte inside the compressed main document."""
    data = path.read_bytes()
    with zipfile.ZipFile(path) as package:
        entry = package.infolist()[2]
        at = entry.header_offset + 30 + len(entry.filename) + entry.compress_size // 2
    out.write_bytes(flipped(data, at))
    return out


def against_xsd(xsd, file):
    tool("xmllint", "--nonet", "--noout", "--schema", xsd, file)


# The signature


def xmlsec1(anchors, root, folder):
    tool(
        "xmlsec1", "--verify", "--enabled-key-data", "x509",
        "--trusted-pem", root, "--untrusted-pem", anchors.intermediate,
        "--id-attr:Id", f"{XADES}:SignedProperties", "META-INF/signatures.xml",
        cwd=folder,
    )  # fmt: skip


def signxml(root, folder):
    signatures = (folder / "META-INF/signatures.xml").read_bytes()
    references = etree.fromstring(signatures).findall(f".//{DS}SignedInfo/{DS}Reference")
    signed = {reference.get("URI") for reference in references}
    results = XAdESVerifier().verify(
        signatures,
        ca_pem_file=str(root),
        uri_resolver=lambda uri: (folder / uri).read_bytes(),
        expect_config=XAdESSignatureConfiguration(expect_references=len(references)),
    )
    must(len(results) == len(signed), "not every reference was checked")
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    files -= {"mimetype", "META-INF/signatures.xml"}
    must(signed - {"#SignedProperties"} == files, f"signed {signed}, found {files}")


def changed_folder(folder, out, name, change):
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(folder, out)
    file = out / name
    file.write_bytes(change(file.read_bytes()))
    return out


def check_container(report, name, letter, expected, anchors, xsd, work):
    cms = letter / "package.cms"
    message = (letter / "message.jwt").read_text().strip()
    data = cms.read_bytes()
    bad_cms = work / "bad.cms"
    bad_cms.write_bytes(flipped(data, len(data) // 2))

    report.accepts(f"{name} fingerprint (sha256sum)", same_fingerprint, cms, message)
    report.refuses(f"{name} fingerprint of a changed CMS", same_fingerprint, bad_cms, message)

    practice = letter.parent / "practice"
    keys = sorted(practice.glob("*.key.pem"))
    report.accepts(f"{name} opens with {expected['only_key']} only (openssl)",
                   only_key, cms, keys, expected["only_key"], work)  # fmt: skip
    key = practice / expected["only_key"]
    package = report.accepts(f"{name} decrypts (openssl)", decrypt, cms, key, work / "package.zip")
    if package is None:
        return None
    bad_cms.write_bytes(damaged_wrapped_key(data))
    report.refuses(f"{name} CMS with a changed wrapped key", decrypt, bad_cms, key, work / "x.zip")

    report.accepts(f"{name} container (python zipfile)", zip_is_sound, package)
    bad_zip = damaged_document(package, work / "bad.zip")
    report.refuses(f"{name} container with a changed document", zip_is_sound, bad_zip)

    folder = work / "unzipped"
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(package) as opened:
        opened.extractall(folder)
    document = etree.parse(folder / "manifest.xml").find(f"{MANIFEST}hoveddokument").get("href")
    changes = {
        "document": (document, lambda data: flipped(data, len(data) // 2)),
        "manifest": ("manifest.xml", lambda data: flipped_after(data, b"href=", 1)),
        "SignedProperties": (
            "META-INF/signatures.xml",
            # The last digit of the year: the element stays well-formed and valid.
            lambda data: flipped_after(data, b"SigningTime>", 3),
        ),
    }
    report.accepts(f"{name} signature (xmlsec1)", xmlsec1, anchors, anchors.root, folder)
    report.accepts(f"{name} signature (signxml)", signxml, anchors.root, folder)
    for what, (file, change) in changes.items():
        changed = changed_folder(folder, work / "changed", file, change)
        report.refuses(f"{name} changed {what} (xmlsec1)", xmlsec1, anchors, anchors.root, changed)
        report.refuses(f"{name} changed {what} (signxml)", signxml, anchors.root, changed)
    report.refuses(f"{name} under a stranger's root (xmlsec1)",
                   xmlsec1, anchors, anchors.stranger, folder)  # fmt: skip
    report.refuses(f"{name} under a stranger's root (signxml)", signxml, anchors.stranger, folder)

    if xsd is not None:
        check_by_xsd(report, name, folder, xsd, work)
    return package


def check_by_xsd(report, name, folder, xsd, work):
    signatures = folder / "META-INF/signatures.xml"
    properties = work / "properties.xml"
    found = etree.parse(signatures).find(f".//{{{XADES}}}QualifyingProperties")
    for serial in found.iter(f"{DS}X509SerialNumber"):
        serial.text = "1"  # libxml2 takes no xs:integer of more than 24 digits
    properties.write_bytes(etree.tostring(found))
    for what, file, schema, element in (
        ("manifest.xml", folder / "manifest.xml", "sdp-manifest.xsd", b"hoveddokument"),
        ("signatures.xml", signatures, "asic-e/ts_102918v010201_2.xsd", b"SignatureMethod"),
        # The schema above leaves the content of Object open.
        ("QualifyingProperties", properties, "etsi/XAdES.xsd", b"SigningTime"),
    ):
        report.accepts(f"{name} {what} (xmllint, XSD)", against_xsd, xsd / schema, file)
        bad = work / "bad.xml"
        last = len(element) - 1
        bad.write_bytes(file.read_bytes().replace(element, flipped(element, last)))
        report.refuses(f"{name} {what} with a changed element", against_xsd, xsd / schema, bad)


# The messages


class LargeRegistry(jws.JWSRegistry):
    """A certificate in the header and a token in the payload exceed the library's first limits."""

    max_header_length = 65536
    max_payload_length = 1 << 20
    max_signature_length = 4096


def header_of(compact):
    part = compact.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def payload_of(compact):
    part = compact.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def message_header(compact):
    return payload_of(compact)["standardBusinessDocument"]["standardBusinessDocumentHeader"]


def message_type(compact):
    return message_header(compact)["documentIdentification"]["type"]


def message_body(compact):
    return payload_of(compact)["standardBusinessDocument"][message_type(compact)]


def organisation(certificate):
    """The number after NTRNO- in organizationIdentifier (2.5.4.97)."""
    found = certificate.subject.get_attributes_for_oid(x509.ObjectIdentifier("2.5.4.97"))
    return found[0].value.removeprefix("NTRNO-") if found else None


def verify_jws(compact, algorithms, anchors, root, work):
    chain = header_of(compact)["x5c"]
    certificate = x509.load_der_x509_certificate(base64.b64decode(chain[0], validate=True))
    key = RSAKey.import_key(certificate.public_bytes(Encoding.PEM))
    registry = LargeRegistry(algorithms=algorithms, strict_check_header=False)
    jws.deserialize_compact(compact, key, registry=registry)
    anchors.verify(certificate, work, root)
    sender = message_header(compact)["sender"][0]["identifier"]["value"]
    must(sender == f"0192:{organisation(certificate)}", "another organisation signed")
    return certificate


def verify_message(compact, anchors, root, work):
    header = header_of(compact)
    must(set(header) == {"x5c", "alg"} and len(header["x5c"]) == 1, f"header {sorted(header)}")
    verify_jws(compact, ["RS256"], anchors, root, work)


def changed_part(compact, part):
    """Another character in the middle of one of the three parts."""
    parts = compact.split(".")
    middle = len(parts[part]) // 2
    other = "A" if parts[part][middle] != "A" else "B"
    parts[part] = parts[part][:middle] + other + parts[part][middle + 1 :]
    return ".".join(parts)


class Schemas:
    """The official schemas by `$id`; nothing is fetched."""

    def __init__(self, folder):
        self.by_id = {}
        registry = Registry()
        for file in sorted(folder.rglob("*.json")):
            schema = json.loads(file.read_text())
            self.by_id[schema["$id"]] = schema
            registry = registry.with_resource(
                schema["$id"], Resource(contents=schema, specification=DRAFT7)
            )
        self.registry = registry

    def check(self, kind, instance):
        schema = self.by_id[f"https://docs.digdir.no/schemas/dpi/{kind}.schema.json"]
        checker = FormatChecker()
        missing = {"date-time", "date", "email", "uuid"} - set(checker.checkers)
        must(not missing, f"formats are not asserted: {missing}")
        Draft7Validator(schema, registry=self.registry, format_checker=checker).validate(instance)


def with_bad_id(message):
    """One character of the message's id changed into one no UUID has."""
    text = json.dumps(message)
    header = message["standardBusinessDocument"]["standardBusinessDocumentHeader"]
    identifier = header["documentIdentification"]["instanceIdentifier"]
    return json.loads(text.replace(identifier, "g" + identifier[1:]))


def matches_table(compact, expected):
    must(message_type(compact) == expected["channel"], f"sent as {message_type(compact)}")
    receiver = message_header(compact)["receiver"][0]["identifier"]["value"]
    must(receiver == f"0192:{expected['receiver']}", f"sent to {receiver}")


def check_message(report, name, letter, expected, anchors, schemas, work):
    compact = (letter / "message.jwt").read_text().strip()
    report.accepts(f"{name} channel and receiver as in the table", matches_table, compact, expected)
    report.accepts(f"{name} message signature (joserfc)",
                   verify_message, compact, anchors, anchors.root, work)  # fmt: skip
    for part, what in ((1, "payload"), (2, "signature")):
        report.refuses(f"{name} message with a changed {what} (joserfc)",
                       verify_message, changed_part(compact, part), anchors, anchors.root, work)  # fmt: skip
    report.refuses(f"{name} message under a stranger's root",
                   verify_message, compact, anchors, anchors.stranger, work)  # fmt: skip
    if schemas is None:
        return
    message = payload_of(compact)
    report.accepts(f"{name} message (jsonschema)", schemas.check, message_type(compact), message)
    report.refuses(f"{name} message with a changed id (jsonschema)",
                   schemas.check, message_type(compact), with_bad_id(message))  # fmt: skip


def check_receipts(report, name, letter, expected, anchors, schemas, work):
    algorithms = ["RS256", "RS384", "RS512"]
    sent = message_header((letter / "message.jwt").read_text().strip())
    conversation = sent["businessScope"]["scope"][0]["instanceIdentifier"]
    genuine = []
    forged = 0
    for file in sorted((letter / "receipts").glob("*.jwt")):
        compact = file.read_text().strip()
        try:
            verify_jws(compact, algorithms, anchors, anchors.root, work)
        except Exception:
            forged += 1
            continue
        genuine.append(compact)

    def as_in_the_table():
        kinds = Counter(message_type(compact) for compact in genuine)
        must(kinds == Counter(expected["receipts"]), f"genuine receipts {dict(kinds)}")
        must(forged == expected["forged"], f"{forged} forged")

    report.accepts(f"{name} receipts as in the table, {expected['forged']} forged", as_in_the_table)

    def answers_this_letter(compact):
        header = message_header(compact)
        must(header["sender"] == sent["receiver"], "another provider")
        must(header["receiver"] == sent["sender"], "another agency")
        scope = header["businessScope"]["scope"][0]
        must(scope["instanceIdentifier"] == conversation, "another conversation")

    for compact in genuine:
        kind = message_type(compact)
        report.accepts(f"{name} {kind} answers this letter", answers_this_letter, compact)
        if schemas is not None:
            report.accepts(f"{name} {kind} (jsonschema)", schemas.check, kind, payload_of(compact))
        report.refuses(f"{name} {kind} with a changed payload (joserfc)", verify_jws,
                       changed_part(compact, 1), algorithms, anchors, anchors.root, work)  # fmt: skip


def check_never_sent(report, out, name):
    def nothing_was_made():
        left = [path for path in (out / name).rglob("*") if path.suffix in (".cms", ".jwt")]
        must(not left, f"{left}")

    report.accepts(f"{name} nothing was sent", nothing_was_made)


# EU DSS


def check_by_dss(report, containers, anchors, work):
    """Digital Signature Service of the European Commission, which is Java.

    Left out, in CI as well, where Java is not or its libraries can't be fetched; any fault after
    that is a failure.
    """
    missing = [name for name in ("java", "javac", "mvn") if shutil.which(name) is None]
    if missing:
        report.skip("EU DSS", f"no {', '.join(missing)}", even_in_ci=True)
        return
    oracle = HERE.parent / "oracles/dss"
    jars, classes = work / "jars", work / "classes"
    shutil.copy(oracle / "pom.xml", work)
    fetch = ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={jars}"]
    try:
        tool(*fetch, cwd=work, timeout=600)
    except (Refused, subprocess.TimeoutExpired) as fault:
        why = re.sub(r"\x1b\[[0-9;]*m", "", str(fault)).partition("\n")[0]
        report.skip("EU DSS", f"its libraries can't be fetched: {why}", even_in_ci=True)
        return
    path = os.pathsep.join([f"{jars}/*", str(classes)])
    compiled = ["javac", "-encoding", "UTF-8", "-cp", path, "-d", classes, oracle / "Dss.java"]
    if report.accepts("the oracle compiles (EU DSS)", tool, *compiled) is None:
        return

    def dss(root, container):
        tool("java", "-cp", path, "Dss", root, container)

    for name, package in containers.items():
        container = work / f"{name}.asice"
        shutil.copyfile(package, container)
        report.accepts(f"{name} container (EU DSS)", dss, anchors.root, container)
    first = next(iter(containers))
    container = work / f"{first}.asice"
    report.refuses("container under a stranger's root (EU DSS)", dss, anchors.stranger, container)
    changed = work / "changed.asice"
    with zipfile.ZipFile(container) as package, zipfile.ZipFile(changed, "w") as out:
        for number, entry in enumerate(package.infolist()):
            data = package.read(entry)
            out.writestr(entry, flipped(data, len(data) // 2) if number == 2 else data)
    report.refuses("container with a changed document (EU DSS)", dss, anchors.root, changed)


def main(out, conformance):
    report = Report()
    table = json.loads((HERE.parent / "demo/expected.json").read_text())
    schemas, xsd = None, None
    if conformance.is_dir():
        schemas, xsd = Schemas(conformance / "dpi/schemas"), conformance / "dpi/xsd"
    else:
        report.skip("official schemas (jsonschema, xmllint)", f"{conformance} is missing")
    needed = ("openssl", "xmlsec1", "xmllint", "sha256sum")
    missing = [name for name in needed if not shutil.which(name)]
    if missing:
        print(f"Missing: {', '.join(missing)}. cargo xtask setup brings them.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        anchors = Anchors(out / "practice", work)
        containers = {}
        for name, expected in table["letters"].items():
            letter = out / name
            if not (letter / "package.cms").is_file() or not (letter / "message.jwt").is_file():
                report.note(f"{name} package.cms and message.jwt", "missing")
                continue
            package = check_container(report, name, letter, expected, anchors, xsd, work)
            if package is not None:
                kept = work / f"{name}.zip"
                shutil.copyfile(package, kept)
                containers[name] = kept
            check_message(report, name, letter, expected, anchors, schemas, work)
            check_receipts(report, name, letter, expected, anchors, schemas, work)
        for name in table["never_sent"]:
            check_never_sent(report, out, name)
        if containers:
            check_by_dss(report, containers, anchors, work)
    return report.end()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()))
