"""X's SDK doing the same work as `content.rs`, one line of JSON in and one out per job."""
import base64
import json
import sys
import time

from chat_xdk import Chat


def timed(work, count):
    start = time.thread_time()
    for index in range(count):
        result = work(index)
    return time.thread_time() - start, result


def jobs(setting):
    alice, bob = Chat(), Chat()
    alice.import_keys(base64.b64decode(setting["alice"]["private_keys"]), setting["version"])
    alice.set_identity(setting["alice"]["user_id"], setting["version"])
    bob.import_keys(base64.b64decode(setting["bob"]["private_keys"]), setting["version"])
    public = alice.get_public_keys()
    bob.set_signing_keys([{
        "user_id": setting["alice"]["user_id"], "public_key_version": setting["version"],
        "public_key": public.signing, "identity_public_key": public.identity,
        "identity_public_key_signature":
            base64.b64encode(alice.sign(base64.b64decode(public.identity))).decode()}])
    key = base64.b64decode(setting["key"])
    under = {"conversation_key": key, "conversation_key_version": setting["key_version"]}
    keys = {setting["key_version"]: key}
    conversation, file = setting["conversation_id"], bytes(setting["file_size"])
    encrypted = alice.encrypt_stream(file, key)

    def encrypt_message(job):
        return timed(lambda _: alice.encrypt_message(conversation, job["text"], **under),
                     job["count"])

    def decrypt_message(job):
        events = job["events"]
        seconds, last = timed(lambda index: bob.decrypt_event(events[index], keys), len(events))
        assert last["verified"] and last["content"]["text"] == job["text"]
        return seconds, last

    def encrypt_field(job):
        return timed(lambda _: alice.encrypt(job["text"], key), job["count"])

    def decrypt_field(job):
        seconds, last = timed(lambda _: bob.decrypt(job["field"], key), job["count"])
        assert last == job["text"]
        return seconds, last

    def encrypt_file(job):
        return timed(lambda _: alice.encrypt_stream(file, key), job["count"])

    def decrypt_file(job):
        seconds, last = timed(lambda _: bob.decrypt_stream(encrypted, key), job["count"])
        assert last == file
        return seconds, last

    return locals()


work = jobs(json.loads(sys.stdin.readline()))
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    job = json.loads(line)
    print(json.dumps({"seconds": work[job["job"]](job)[0]}), flush=True)
