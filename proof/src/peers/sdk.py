"""X's official SDK for Python (`chatxdk`), timed on request: a line of JSON in, a line out.

Seconds are those of the SDK's calls alone: no JSON, no start of Python.
"""
import base64
import json
import sys
import time

from chat_xdk import Chat


def chat_of(private_keys, version):
    chat = Chat()
    chat.import_keys(base64.b64decode(private_keys), version)
    return chat


def timed(repetitions, work):
    start = time.perf_counter()
    for _ in range(repetitions):
        result = work()
    return time.perf_counter() - start, result


def main():
    sender = setting = None
    for line in sys.stdin:
        order = json.loads(line)
        verb = order["do"]
        if verb == "set":
            setting = order
            sender = chat_of(order["private_keys"], order["version"])
            sender.set_identity(order["user_id"], order["version"])
            answer = {}
        elif verb == "change":
            seconds, _ = timed(order["repetitions"], lambda: sender.prepare_conversation_key_change(
                setting["public_keys"], conversation_id=setting["conversation_id"]))
            answer = {"seconds": seconds}
        elif verb == "open":
            reader = chat_of(order["private_keys"], order["version"])
            seconds, key = timed(order["repetitions"],
                                 lambda: reader.decrypt_conversation_key(order["sealed"]))
            answer = {"seconds": seconds, "key": base64.b64encode(key).decode()}
        else:
            raise ValueError(verb)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
