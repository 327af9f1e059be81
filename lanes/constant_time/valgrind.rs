//! What a program says to valgrind's memcheck about its secrets. A file of its own, which the
//! programs that look for leaks include.
#![allow(dead_code, unreachable_pub)] // used in part by each of them

use std::arch::asm;

/// Client requests of valgrind.h and memcheck.h.
const RUNNING_ON_VALGRIND: usize = 0x1001;
const COUNT_ERRORS: usize = 0x1201;
const MAKE_MEM_UNDEFINED: usize = 0x4d43_0001;
const MAKE_MEM_DEFINED: usize = 0x4d43_0002;
const GET_VBITS: usize = 0x4d43_0008;

fn request(code: usize, arguments: [usize; 3]) -> usize {
    let arguments = [code, arguments[0], arguments[1], arguments[2], 0, 0];
    let mut answer = 0;
    // SAFETY: the sequence of valgrind.h for x86-64: it rotates rdi by 128 bits in all, and does
    // nothing on a processor. Under valgrind it reads the arguments and writes rdx; what the codes
    // above do to valgrind's shadow memory, the program cannot see, and the one that copies shadow
    // memory writes into a buffer that is long enough.
    unsafe {
        asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") arguments.as_ptr(),
            inout("rdx") answer,
        );
    }
    answer
}

/// Ends the program where nobody would notice a leak.
pub fn insist() {
    if request(RUNNING_ON_VALGRIND, [0; 3]) == 0 {
        eprintln!("run this under valgrind");
        std::process::exit(2);
    }
}

/// How many branches and addresses were reported so far, suppressed ones not counted.
pub fn reports() -> usize {
    request(COUNT_ERRORS, [0; 3])
}

/// Marks what is behind a slice as undefined.
pub fn hide<T>(secret: &[T]) {
    request(MAKE_MEM_UNDEFINED, [secret.as_ptr() as usize, size_of_val(secret), 0]);
}

/// Marks it as defined again, to look at it.
pub fn reveal<T>(public: &[T]) {
    request(MAKE_MEM_DEFINED, [public.as_ptr() as usize, size_of_val(public), 0]);
}

/// Whether any bit of it is undefined: whether a secret has got here.
pub fn is_hidden(bytes: &[u8]) -> bool {
    let mut undefined = vec![0_u8; bytes.len()];
    let buffer = undefined.as_mut_ptr() as usize;
    assert_eq!(request(GET_VBITS, [bytes.as_ptr() as usize, buffer, bytes.len()]), 1);
    undefined.iter().any(|bits| *bits != 0)
}
