//! Thrift's binary protocol, as far as tests change what somebody else has written.
#![allow(dead_code, unreachable_pub)] // used in part by each test
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)] // test code

/// An id that no struct of X has.
const UNKNOWN: [u8; 2] = 99_i16.to_be_bytes();

/// One field of each type: what a newer version of X's schema could have anywhere.
fn unknown_fields() -> Vec<u8> {
    let values: [(u8, &[u8]); 11] = [
        (0x02, &[1]),
        (0x03, &[7]),
        (0x04, &[0; 8]),
        (0x06, &[0; 2]),
        (0x08, &[0; 4]),
        (0x0a, &[0; 8]),
        (0x0b, &[0, 0, 0, 2, b'h', b'i']),
        (0x0c, &[0x08, 0, 1, 0, 0, 0, 5, 0]), // a struct with one field
        (0x0d, &[0x0b, 0x02, 0, 0, 0, 1, 0, 0, 0, 0, 1]), // a map of one string to a boolean
        (0x0e, &[0x03, 0, 0, 0, 2, 1, 2]),    // a set of two bytes
        (0x0f, &[0x0c, 0, 0, 0, 1, 0]),       // a list of one empty struct
    ];
    let field = |(kind, value): (u8, &[u8])| [&[kind][..], &UNKNOWN, value].concat();
    values.into_iter().flat_map(field).collect()
}

/// The same structs, each with unknown fields before its end.
pub fn with_unknown_fields(bytes: &[u8]) -> Vec<u8> {
    let (mut rest, mut output) = (bytes, vec![]);
    copy(&mut rest, &mut output, 0x0c);
    assert!(rest.is_empty());
    output
}

/// Copies one value.
fn copy(rest: &mut &[u8], output: &mut Vec<u8>, kind: u8) {
    let mut take = |count: usize| {
        let (taken, left) = rest.split_at(count);
        *rest = left;
        output.extend(taken);
        taken.to_vec()
    };
    match kind {
        0x02 | 0x03 => drop(take(1)),
        0x06 => drop(take(2)),
        0x08 => drop(take(4)),
        0x04 | 0x0a => drop(take(8)),
        0x0b => {
            let length = u32::from_be_bytes(take(4).try_into().unwrap());
            take(length.try_into().unwrap());
        }
        0x0f => {
            let head = take(5);
            let count = u32::from_be_bytes(head[1..].try_into().unwrap());
            (0..count).for_each(|_| copy(rest, output, head[0]));
        }
        0x0c => loop {
            let kind = rest[0];
            if kind == 0 {
                *rest = &rest[1..];
                output.extend(unknown_fields());
                output.push(0);
                return;
            }
            output.extend(&rest[..3]);
            *rest = &rest[3..];
            copy(rest, output, kind);
        },
        other => panic!("{other:#x} is not written here"),
    }
}
