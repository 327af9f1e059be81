#!/usr/bin/env python3
"""Checks sealpost-x25519.json with an implementation of its own: `pip install cryptography`."""
import base64
import hashlib
import hmac
import json
import struct
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEM, HPKE = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x03"


def b64(text):
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def fields(*values):
    values = [value.encode() if isinstance(value, str) else value for value in values]
    return b"".join(struct.pack(">H", len(value)) + value for value in values)


def extract(salt, ikm):
    return hmac.new(salt or bytes(32), ikm, hashlib.sha256).digest()


def expand(prk, info, length):
    output, block, counter = b"", b"", 1
    while len(output) < length:
        block = hmac.new(prk, block + info + bytes([counter]), hashlib.sha256).digest()
        output, counter = output + block, counter + 1
    return output[:length]


def labeled_extract(salt, suite, label, ikm):
    return extract(salt, b"HPKE-v1" + suite + label + ikm)


def labeled_expand(prk, suite, label, info, length):
    return expand(prk, struct.pack(">H", length) + b"HPKE-v1" + suite + label + info, length)


def hpke_open(secret, info, aad, sealed):
    enc, public = sealed[:32], secret.public_key().public_bytes_raw()
    dh = secret.exchange(X25519PublicKey.from_public_bytes(enc))
    eae = labeled_extract(b"", KEM, b"eae_prk", dh)
    shared = labeled_expand(eae, KEM, b"shared_secret", enc + public, 32)
    context = b"\0" + labeled_extract(b"", HPKE, b"psk_id_hash", b"")
    context += labeled_extract(b"", HPKE, b"info_hash", info)
    prk = labeled_extract(shared, HPKE, b"secret", b"")
    key = labeled_expand(prk, HPKE, b"key", context, 32)
    nonce = labeled_expand(prk, HPKE, b"base_nonce", context, 12)
    return ChaCha20Poly1305(key).decrypt(nonce, sealed[32:], aad)


def spki(public):
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def optional(value):
    return b"\0" if value is None else b"\1" + fields(value)


def listed(*values):
    return struct.pack(">I", len(values)) + fields(*values)


def check_group_action(body, key, event, conversation, sender, components):
    """The second action of a request: verified over its transcript."""
    action = body["action_signatures"][1]
    signature = action["message_event_signature"]
    version = signature["public_key_version"]
    transcript = fields("sealpost/1 action", event, action["message_id"], sender, version)
    key.verify(b64(signature["signature"]), transcript + fields(conversation) + components)


def safety_half(user, identity, signing):
    first = hashlib.sha512(fields("sealpost/1 safety-number", user, identity, signing)).digest()
    digest = first
    for _ in range(5200):
        digest = hashlib.sha512(digest + first).digest()
    groups = (int.from_bytes(digest[at : at + 5], "big") for at in range(0, 30, 5))
    return " ".join(f"{group % 100_000:05}" for group in groups)


def main():
    vector = json.loads((Path(__file__).parent / "data/sealpost-x25519.json").read_text())
    key, body = b64(vector["conversation_key"]), vector["request_body"]
    sender, conversation = vector["sender"], vector["conversation_id"]
    version, action = body["conversation_key_version"], body["action_signatures"][0]
    secrets = {
        user: (
            X25519PrivateKey.from_private_bytes(b64(pair["x25519"])),
            Ed25519PrivateKey.from_private_bytes(b64(pair["ed25519"])),
        )
        for user, pair in vector["secret_keys"].items()
    }
    passed = 0

    for user, registration in vector["registrations"].items():
        row, (identity, signing) = registration["public_key"], secrets[user]
        keys = spki(identity.public_key()), spki(signing.public_key())
        assert keys == (b64(row["public_key"]), b64(row["signing_public_key"]))
        binding = fields("sealpost/1 key-binding", user, *keys)
        signing.public_key().verify(b64(row["identity_public_key_signature"]), binding)
        fingerprint = base64.urlsafe_b64encode(hashlib.sha256(keys[0]).digest())
        assert fingerprint.rstrip(b"=").decode() == row["public_key_fingerprint"]
        passed += 1

    info = fields(
        "sealpost/1 conversation-key", action["message_id"], sender, conversation, version
    )
    for entry in body["conversation_participant_keys"]:
        aad = fields(entry["user_id"], entry["public_key_version"])
        sealed = b64(entry["encrypted_conversation_key"])
        assert hpke_open(secrets[entry["user_id"]][0], info, aad, sealed) == key
        passed += 1

    signature = action["message_event_signature"]
    assert signature["signature_version"] == "1001"
    label = fields("sealpost/1 key-commitment", conversation, version)
    commitment = expand(extract(b"", key), label, 32)
    signer_version = signature["public_key_version"]
    transcript = fields("sealpost/1 key-change", action["message_id"], sender, signer_version)
    transcript += fields(conversation, version, commitment)
    secrets[sender][1].public_key().verify(b64(signature["signature"]), transcript)
    passed += 1

    label = fields("sealpost/1 key-fingerprint")
    assert expand(extract(b"", key), label, 16).hex() == vector["key_fingerprint"]
    body, group = vector["group_create_body"], "g1900000000000000001"
    version, members = body["conversation_key_version"], body["group_members"]
    components = fields(version) + listed(*members)
    components += optional(None) + optional(body["group_name"]) + optional(None)
    public = secrets[sender][1].public_key()
    name = "GroupChangeEvent.GroupCreate"
    check_group_action(body, public, name, group, sender, components)

    title, body = body["group_name"], vector["member_add_body"]
    components = listed(*body["user_ids"]) + listed(sender) + listed(sender)
    components += optional(title) + optional(None) + optional(None)
    components += fields(version) + optional("true")
    name = "GroupChangeEvent.GroupMemberAddChange"
    check_group_action(body, public, name, group, sender, components)
    passed += 2

    halves = sorted(
        safety_half(user, spki(identity.public_key()), spki(signing.public_key()))
        for user, (identity, signing) in secrets.items()
    )
    assert " ".join(halves) == vector["safety_number"], " ".join(halves)
    code = "SEALPOST:SAFETY:1"
    for user in sorted(secrets, key=lambda user: user != sender):
        identity, signing = secrets[user]
        half = safety_half(user, spki(identity.public_key()), spki(signing.public_key()))
        code += f":{user}:{half.replace(' ', '')}"
    assert code == vector["safety_code"], code
    print(f"{passed + 3} passed, 0 failed")


if __name__ == "__main__":
    main()
