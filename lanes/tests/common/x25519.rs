//! X25519 inputs at the edges, and the same computations by two other libraries.
#![allow(dead_code, unreachable_pub)] // used in part by each
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // test code

use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};
use x25519_dalek::{PublicKey, StaticSecret};

use super::common::Numbers;
use sealpost_vectors::array;

/// All encodings of u-coordinates of small order, less those that differ in the top bit.
const SMALL_ORDER: [&str; 7] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p - 1
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p + 1
];

pub fn small_order() -> Vec<[u8; 32]> {
    let points = SMALL_ORDER.map(array);
    points.into_iter().chain(points.map(with_top_bit)).collect()
}

fn with_top_bit(mut u: [u8; 32]) -> [u8; 32] {
    u[31] ^= 0x80;
    u
}

/// u-coordinates next to powers of two and to p, of every limb boundary, and not canonical ones.
pub fn edge_points() -> Vec<[u8; 32]> {
    let mut points = small_order();
    for last in 0..=0x20 {
        // From p - 19 - .. to 2^255 - 1.
        let mut u = [0xff; 32];
        (u[0], u[31]) = (0xff - last, 0x7f);
        points.extend([u, with_top_bit(u)]);
    }
    for bit in 0..256 {
        let mut power = [0; 32];
        power[bit / 8] = 1 << (bit % 8);
        let mut below = [0; 32];
        (0..bit).for_each(|bit| below[bit / 8] |= 1 << (bit % 8));
        points.extend([power, below, power.map(|byte| !byte), below.map(|byte| !byte)]);
    }
    for u in 2..32 {
        let mut small = [0; 32];
        small[0] = u;
        points.push(small);
    }
    points
}

pub fn edge_scalars() -> Vec<[u8; 32]> {
    let mut scalars = edge_points();
    scalars.extend([[0x55; 32], [0xaa; 32], [0x88; 32], [0x77; 32], [0x78; 32], [0x87; 32]]);
    scalars
}

/// Half at the edges, half anywhere: of these about every second u is on the twist.
pub fn mixed(numbers: &mut Numbers, edges: &[[u8; 32]], count: usize) -> Vec<[u8; 32]> {
    (0..count)
        .map(|_| if numbers.coin() { *numbers.choose(edges) } else { numbers.bytes() })
        .collect()
}

pub fn by_dalek(scalar: &[u8; 32], point: &[u8; 32]) -> [u8; 32] {
    x25519_dalek::x25519(*scalar, *point)
}

pub fn public_by_dalek(scalar: &[u8; 32]) -> [u8; 32] {
    PublicKey::from(&StaticSecret::from(*scalar)).to_bytes()
}

/// `None` for a point of small order.
pub fn by_aws_lc(scalar: &[u8; 32], point: &[u8; 32]) -> Option<[u8; 32]> {
    let scalar = PrivateKey::from_private_key(&X25519, scalar).unwrap();
    let point = UnparsedPublicKey::new(&X25519, point);
    agree(&scalar, point, (), |shared| Ok(shared.try_into().unwrap())).ok()
}

/// The shared secret, all zeros for a point of small order.
pub fn shared_by_aws_lc(scalar: &[u8; 32], point: &[u8; 32]) -> [u8; 32] {
    by_aws_lc(scalar, point).unwrap_or_default()
}

pub fn public_by_aws_lc(scalar: &[u8; 32]) -> [u8; 32] {
    let scalar = PrivateKey::from_private_key(&X25519, scalar).unwrap();
    scalar.compute_public_key().unwrap().as_ref().try_into().unwrap()
}
