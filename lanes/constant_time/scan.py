#!/usr/bin/env python3
"""Looks in the machine code of the AVX-512 tasks for branches and addresses that depend on a secret.

    cargo build --release -p sealpost-lanes --example constant_time
    python3 lanes/constant_time/scan.py target/release/examples/constant_time

valgrind cannot execute AVX-512, so this reads the disassembly (`objdump`) of every instance of
`vector::ifma::run`, into which all of a task is inlined, and follows secrets through registers,
flags and stack slots to a fixed point. A loop's branch is told from a secret one by where its
flags come from:

- A task arrives as a pointer to its fields. These, the pointers and lengths of slices, are public,
  and so are constants; counters and addresses made of them stay public.
- What is read through those pointers is secret: scalars, and points and tables along with them.
- Whatever an instruction makes of a secret is secret, in vector, mask and general registers, in
  flags and in the stack slots that it is stored in. Stack memory reached by a computed address is
  secret always.

Reported are a conditional jump on secret flags, a secret in an address, a gather or scatter, a
division of secrets, an indirect jump, and a call to anything but the functions named below. What
is not seen: a secret stored by a computed address into a slot that is otherwise used as public. The
compiler does not mix arrays and spill slots so.

First it checks itself on code that leaks and on code that does not. Last it checks that the frame of
each task fits into the stack that `wipe.rs` overwrites after it, and that this is not optimised away.
"""

import re
import subprocess
import sys
from pathlib import Path

TASKS = 6  # three for each curve: products, public keys, the table of the base point
FUNCTION = "sealpost_lanes::vector::ifma::run"
# Memory copies and fills of public length, the allocation of a table, and failures that end all.
CALLEES = re.compile(
    r"memcpy|memset|memmove|calloc|__rust(c::__rust)?_(alloc|no_alloc_shim)|alloc::alloc|handle_alloc_error"
    r"|core::panicking|slice_index|len_mismatch_fail|wipe|zeroize")

# Ordered only in that joining different kinds gives one that is read more strictly.
PUBLIC, FIELDS, CONSTANTS, STACK, SECRET = "public", "fields", "constants", "stack", "secret"
CODE = "code"  # the address of one of CALLEES
# What is read through a pointer of each kind.
BEHIND = {CODE: SECRET, PUBLIC: SECRET, FIELDS: PUBLIC, CONSTANTS: PUBLIC, STACK: SECRET}

GENERAL = {}
for wide, names in {
    "rax": "rax eax ax al ah", "rbx": "rbx ebx bx bl bh", "rcx": "rcx ecx cx cl ch",
    "rdx": "rdx edx dx dl dh", "rsi": "rsi esi si sil", "rdi": "rdi edi di dil",
    "rbp": "rbp ebp bp bpl", "rsp": "rsp esp sp spl",
}.items():
    GENERAL.update({name: wide for name in names.split()})
for number in range(8, 16):
    GENERAL.update({f"r{number}{suffix}": f"r{number}" for suffix in ("", "d", "w", "b")})

FLAGS_ONLY = re.compile(r"^(cmp[bwlq]?|test[bwlq]?|bt[wlq]?|v?ptest|vtestp[sd]|k(or)?test[bwdq]|v?u?comis[sd])$")
COPIES = re.compile(r"^(v?mov|lea|kmov|vpbroadcast|vbroadcast|vpmov|vextract|bswap)")
KEEPS_FLAGS = re.compile(r"^(mov|lea|v|k(?!or?test)|bswap|set|cmov|push|pop|nop|not|j|call|ret|rorx|sarx|shlx|shrx|mulx|cqto|cltq|endbr)")
DESTRUCTIVE = re.compile(r"^(vpmadd52|vpternlog|vperm[it]2|vf.?m|vpdp|vpshld|vpshrd)")


def join(a, b):
    if a == b:
        return a
    for kind in (SECRET, STACK):
        if kind in (a, b):
            return kind
    return PUBLIC


def join_all(kinds):
    result = None
    for kind in kinds:
        result = kind if result is None else join(result, kind)
    return PUBLIC if result is None else result


def combined(kinds):
    """The kind of a number computed from others: a pointer moved by a public number points on."""
    for kind in (SECRET, STACK, FIELDS, CONSTANTS):
        if kind in kinds:
            return kind
    return PUBLIC


def operands(text):
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append(text[start:place].strip())
            start = place + 1
    parts.append(text[start:].strip())
    return [part for part in parts if part]


class Register:
    def __init__(self, text):
        names = re.findall(r"%(\w+)", text)
        name = names[0]
        vector = re.match(r"^[xyz]mm(\d+)$", name)
        self.name = f"v{vector[1]}" if vector else GENERAL.get(name, name)
        self.vector = bool(vector)
        self.masks = names[1:]
        self.merges = bool(self.masks) and "{z}" not in text
        # Writing 8 or 16 bits keeps the others.
        self.part = name in GENERAL and GENERAL[name] != name and not re.match(r"^(e|r\d+d)", name)


class Memory:
    def __init__(self, text):
        match = re.match(r"^(?:%\ws:)?(-?(?:0x)?[0-9a-f]*)\(([^)]*)\)(.*)$", text)
        self.offset = int(match[1] or "0", 16)
        registers = [part.strip() for part in match[2].split(",")]
        self.base = registers[0].lstrip("%") or None
        self.index = registers[1].lstrip("%") if len(registers) > 1 else None
        self.masks = re.findall(r"\{%(k\d)\}", match[3])
        self.merges = False
        self.constant = self.base == "rip"
        self.addresses = [GENERAL[name] for name in (self.base, self.index) if name in GENERAL]
        if self.index and self.index not in GENERAL and self.index not in ("riz", "eiz"):
            self.addresses.append("gather")


def operand(text):
    if text.startswith("$"):
        return None
    if "(" in text:
        return Memory(text)
    return Register(text) if text.startswith("%") else None


def width(mnemonic, items):
    for item in items:
        for name, size in (("zmm", 64), ("ymm", 32), ("xmm", 16)):
            if name in item:
                return size
    for suffix, size in (("q", 8), ("l", 4), ("w", 2), ("b", 1)):
        if mnemonic.endswith(suffix):
            return size
    return 8


class Scan:
    """The state at each instruction of a function, and what is wrong with it."""

    def __init__(self, code):
        self.code = code  # (address, mnemonic, operands as text)
        self.place = {address: place for place, (address, _, _) in enumerate(code)}
        self.problems = {}
        self.branches = set()

    def run(self):
        start = {name: PUBLIC for name in set(GENERAL.values())}
        start.update({f"v{number}": SECRET for number in range(32)})
        start.update({f"k{number}": SECRET for number in range(8)})
        start.update(rsp=STACK, rbp=STACK, rdi=FIELDS, rsi=FIELDS, flags=PUBLIC)
        states, work = {0: start}, [0]
        while work:
            place = work.pop()
            state = dict(states[place])
            while True:
                following = self.step(place, state)
                if following == [place + 1] and place + 1 not in self.targets():
                    place += 1
                    continue
                break
            for target in following:
                known = states.get(target)
                if known is None:
                    states[target] = dict(state)
                    work.append(target)
                    continue
                merged = {}
                for key in known.keys() | state.keys():
                    # A slot that is not known on one way is secret.
                    merged[key] = join(known.get(key, SECRET), state.get(key, SECRET))
                if any(merged[key] != known.get(key, SECRET) for key in merged):
                    states[target] = merged
                    work.append(target)
        return self

    def targets(self):
        if not hasattr(self, "known_targets"):
            self.known_targets = set()
            for _, mnemonic, items in self.code:
                if mnemonic.startswith("j") and items and not items[0].startswith("*"):
                    self.known_targets.add(self.place.get(int(items[0].split()[0], 16)))
        return self.known_targets

    def problem(self, place, text):
        address, mnemonic, items = self.code[place]
        self.problems[place] = f"{address:x}: {mnemonic} {', '.join(items)}: {text}"

    def slots(self, memory, size):
        if memory.base == "rsp" and memory.index is None:
            return [("slot", offset) for offset in
                    range(memory.offset & ~7, memory.offset + size, 8)]
        return None

    def load(self, place, state, memory, size):
        if "gather" in memory.addresses:
            self.problem(place, "gather or scatter")
            return SECRET
        kinds = [state[name] for name in memory.addresses]
        if SECRET in kinds:
            self.problem(place, "a secret in an address")
            return SECRET
        if memory.constant or not kinds:
            return PUBLIC
        slots = self.slots(memory, size)
        if slots:
            return join_all(state.get(slot, SECRET) for slot in slots)
        return BEHIND[combined(kinds)]

    def value(self, place, state, item, size):
        if item is None:
            return PUBLIC
        if isinstance(item, Memory):
            return self.load(place, state, item, size)
        return state.get(item.name, PUBLIC)

    def write(self, place, state, item, kind, size):
        if isinstance(item, Register):
            if item.part or item.merges:
                kind = join(kind, state.get(item.name, PUBLIC))
            for mask in item.masks:
                kind = combined([kind, state[mask]])
            state[item.name] = kind
        elif isinstance(item, Memory):
            self.load(place, state, item, size)
            for slot in self.slots(item, size) or []:
                partial = size < 8 and slot in state
                state[slot] = join(kind, state[slot]) if partial else kind

    def step(self, place, state):
        address, mnemonic, texts = self.code[place]
        following = [place + 1] if place + 1 < len(self.code) else []
        if mnemonic.startswith("j"):
            if texts[0].startswith("*"):
                self.problem(place, "an indirect jump")
                return []
            target = self.place.get(int(texts[0].split()[0], 16))
            if mnemonic == "jmp":
                return [] if target is None else [target]
            self.branches.add(place)
            if state["flags"] == SECRET:
                self.problem(place, "a conditional jump on a secret")
            return following if target is None else following + [target]
        if mnemonic in ("ret", "retq", "ud2", "hlt", "int3"):
            return []
        if mnemonic.startswith("call"):
            register = re.match(r"^\*%(\w+)", texts[0])
            known = state[register[1]] == CODE if register else CALLEES.search(texts[0])
            if not known:
                self.problem(place, "a call")
            for name in ("rdi", "rsi", "rdx"):
                if state[name] == SECRET:
                    self.problem(place, "a call with a secret")
            for name in ("rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11"):
                state[name] = PUBLIC
            for number in range(32):
                state[f"v{number}"] = SECRET
            return following
        if mnemonic in ("nop", "nopw", "nopl", "endbr64", "vzeroupper", "xchg", "data16", "cs", "int"):
            return following
        if mnemonic.startswith("push"):
            return following
        if mnemonic.startswith("pop"):
            self.write(place, state, operand(texts[0]), PUBLIC, 8)
            return following
        if "gather" in mnemonic or "scatter" in mnemonic:
            self.problem(place, "gather or scatter")
            return following

        if texts and texts[-1] == "pointer to code":
            self.write(place, state, operand(texts[-2]), CODE, 8)
            return following
        items = [operand(text) for text in texts]
        size = width(mnemonic, texts)
        if FLAGS_ONLY.match(mnemonic):
            state["flags"] = combined([self.value(place, state, item, size) for item in items])
            return following
        if re.match(r"^(mul|imul|div|idiv)[bwlq]?$", mnemonic) and len(items) == 1:
            kind = combined([self.value(place, state, items[0], size), state["rax"], state["rdx"]])
            if "div" in mnemonic and kind == SECRET:
                self.problem(place, "a division of a secret")
            state.update(rax=kind, rdx=kind, flags=kind)
            return following
        if mnemonic in ("cqto", "cltd", "cltq"):
            state["rdx"] = join(state["rax"], PUBLIC)
            return following

        *sources, last = items if items else [None]
        if mnemonic.startswith("lea"):
            kinds = [state[name] for name in sources[0].addresses]
            kind = CONSTANTS if sources[0].constant else combined(kinds)
        else:
            names = [item.name for item in items if isinstance(item, Register)]
            same = len(names) == len(items) >= 2 and len(set(names[:2])) == 1
            nothing = re.match(r"^(v?p?(x?or|sub)|vp?sub|xor|sub|vpcmpeq)", mnemonic) and same
            everything = mnemonic.startswith("vpternlog") and texts[0] == "$0xff"
            unary = len(items) == 1
            reads_last = unary or DESTRUCTIVE.match(mnemonic) or not (
                COPIES.match(mnemonic) or mnemonic.startswith(("v", "k", "set", "sarx", "shlx",
                                                               "shrx", "rorx", "andn", "bzhi")))
            read = sources + ([last] if reads_last else [])
            kind = combined([self.value(place, state, item, size) for item in read])
            for item in read:
                for mask in getattr(item, "masks", []):
                    kind = combined([kind, state[mask]])
            if re.match(r"^(set|cmov|adc|sbb|rcl|rcr)", mnemonic):
                kind = combined([kind, state["flags"]])
            if (nothing and not mnemonic.startswith(("sbb",)) and "or" != mnemonic
                    and not mnemonic.startswith("vpor")) or everything:
                kind = PUBLIC
            if last is not None and mnemonic.startswith("mulx"):
                self.write(place, state, items[-2], combined([kind, state["rdx"]]), size)
                kind = combined([kind, state["rdx"]])
        if isinstance(last, Register) and last.name == "rsp":
            kind = STACK
        self.write(place, state, last, kind, size)
        if not KEEPS_FLAGS.match(mnemonic):
            state["flags"] = kind
        return following


def parse(lines, pointers={}):
    """Instructions; `pointers` names the functions whose addresses stand in memory."""
    code = []
    for line in lines:
        match = re.match(r"^\s*([0-9a-f]+):\s+(?:\{\w+\}\s+)?(\S+)\s*(.*)$", line)
        if match:
            text, _, comment = (part.strip() for part in match[3].partition("#"))
            comment = pointers.get(comment.split(" ")[0], comment)
            if match[2].startswith("call"):
                # Of a call through a table of pointers, the comment tells the name.
                items = [f"{text} {comment}"]
            elif match[2].startswith("j"):
                items = [text]
            else:
                items = operands(text)
                if CALLEES.search(comment) and "%rip" in text:
                    items.append("pointer to code")
            code.append((int(match[1], 16), match[2], items))
    return code


def self_test():
    clean = """
        0: mov (%rsi),%rax
        1: mov 0x8(%rsi),%rcx
        2: vmovdqu64 (%rax),%zmm0
        3: vpaddq %zmm0,%zmm0,%zmm0
        4: mov %rcx,0x40(%rsp)
        5: mov 0x40(%rsp),%rcx
        6: dec %rcx
        7: jne 2 <x>
        8: vmovq %xmm0,%rdx
        9: mov %rdx,(%rax,%rcx,8)
        a: ret"""
    leaks = {
        "a conditional jump on a secret": [
            "8: vmovq %xmm0,%rdx|9: test %rdx,%rdx|a: je 2 <x>|b: ret",
            "8: vpmovq2m %zmm0,%k1|9: kortestb %k1,%k1|a: jne 2 <x>|b: ret",
            "8: vmovdqu64 %zmm0,0x80(%rsp)|9: cmpq $0x0,0x98(%rsp)|a: jb 2 <x>|b: ret",
            "8: mov (%rax),%rdx|9: bt %rcx,%rdx|a: jae 2 <x>|b: ret",
        ],
        "a secret in an address": [
            "8: mov (%rax),%rdx|9: mov (%rax,%rdx,8),%rcx|b: ret",
            "8: vpextrq $0x1,%xmm0,%rdx|9: vmovdqu64 %zmm1,(%rsp,%rdx,1)|b: ret",
        ],
        "gather or scatter": ["8: vpgatherqq (%rax,%zmm0,8),%zmm1{%k1}|b: ret"],
        "a call": ["8: call 77 <other>|b: ret"],
    }
    assert not Scan(parse(clean.splitlines())).run().problems
    for problem, variants in leaks.items():
        for variant in variants:
            lines = clean.splitlines()[:9] + variant.split("|")
            found = Scan(parse(lines)).run().problems.values()
            assert any(problem in text for text in found), (problem, variant, list(found))


def frame_size(code):
    """What the prologue takes; one that touches page after page in a loop says how far in r11."""
    size = 8
    for _, mnemonic, items in code[:60]:
        if mnemonic.startswith("push"):
            size += 8
        elif mnemonic == "sub" and items[1:] == ["%r11"]:
            # One page of these is taken in the loop's text.
            size += int(items[0][1:], 16) - 0x1000
        elif mnemonic == "sub" and items[1:] == ["%rsp"]:
            size += int(items[0][1:], 16)
    return size


def objdump(*options):
    command = ["objdump", *options, sys.argv[1]]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main():
    self_test()
    text = objdump("-d", "-C", "--no-show-raw-insn")
    names = dict(re.findall(r"^0*([0-9a-f]+) <(.+)>:$", text, re.MULTILINE))
    pointers = {place: names.get(target, "") for place, target in re.findall(
        r"^0*([0-9a-f]+) R_X86_64_RELATIVE\s+\*ABS\*\+0x0*([0-9a-f]+)", objdump("-R"), re.MULTILINE)}
    functions = re.findall(rf"^[0-9a-f]+ <{FUNCTION}>:\n((?:.+\n)+)", text, re.MULTILINE)
    failed = len(functions) != TASKS
    print(f"{len(functions)} tasks found, {TASKS} expected")
    source = (Path(__file__).parent.parent / "src/wipe.rs").read_text()
    depth = int(re.search(r"DEPTH: usize = (\d+) \* 1024;", source)[1]) * 1024
    wipe = re.search(r"^[0-9a-f]+ <sealpost_lanes::wipe::overwrite>:\n((?:.+\n)+)", text, re.MULTILINE)
    wiped = bool(wipe) and f"$0x{depth:x},%edx" in wipe[1] and "xor    %esi,%esi" in wipe[1]
    print(f"{depth} bytes of stack are {'' if wiped else 'NOT '}overwritten after each task")
    failed |= not wiped
    for body in functions:
        code = parse(body.splitlines(), pointers)
        frame = frame_size(code)
        products = sum(mnemonic.startswith("vpmadd52") for _, mnemonic, _ in code)
        scan = Scan(code).run()
        print(f"{len(code)} instructions, {products} of them vector multiplications, "
              f"{len(scan.branches)} conditional jumps, a frame of {frame} bytes, "
              f"{len(scan.problems)} problems")
        failed |= products == 0 or frame >= depth or bool(scan.problems)
        for problem in scan.problems.values():
            print("  ", problem)
    sys.exit(failed)


if __name__ == "__main__":
    main()
