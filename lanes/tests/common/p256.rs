//! P-256 inputs at the edges, and the same computations by two other libraries.
#![allow(dead_code, unreachable_pub)] // used in part by each
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // test code

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::{PublicKey, SecretKey};

use super::common::Numbers;
use sealpost_vectors::array;

pub const ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
pub const PRIME: &str = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
const GENERATOR: &str = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
     4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
/// The point with x = 0.
const X_ZERO: &str = "040000000000000000000000000000000000000000000000000000000000000000\
     66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4";

/// `a + b` modulo 2^256, big-endian.
pub fn add(a: [u8; 32], b: [u8; 32]) -> [u8; 32] {
    let mut sum = [0; 32];
    let mut carry = 0;
    for i in (0..32).rev() {
        let byte = u16::from(a[i]) + u16::from(b[i]) + carry;
        [_, sum[i]] = byte.to_be_bytes();
        carry = byte >> 8;
    }
    sum
}

/// `-a` modulo 2^256.
pub fn minus(a: [u8; 32]) -> [u8; 32] {
    add(a.map(|byte| !byte), small(1))
}

pub fn small(value: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[31] = value;
    bytes
}

pub fn generator() -> [u8; 65] {
    array(GENERATOR)
}

pub fn x_zero() -> [u8; 65] {
    array(X_ZERO)
}

/// The same point with the other y.
pub fn negated(mut point: [u8; 65]) -> [u8; 65] {
    let y = point[33..].try_into().unwrap();
    point[33..].copy_from_slice(&add(array(PRIME), minus(y)));
    point
}

/// What is not a scalar.
pub fn bad_scalars() -> Vec<[u8; 32]> {
    let order = array(ORDER);
    let mut scalars = vec![[0; 32], [0xff; 32], array(PRIME)];
    scalars.extend((0..8).map(|above| add(order, small(above))));
    scalars
}

/// Good scalars: next to zero, to the order, to powers of two; of long runs; and those for which
/// one of the additions adds a point to itself.
pub fn edge_scalars() -> Vec<[u8; 32]> {
    let order = array(ORDER);
    let mut scalars: Vec<_> = (1..64).map(small).collect();
    let mut power = small(1);
    for _ in 0..256 {
        scalars.extend([power, add(power, small(1)), add(power, [0xff; 32])]);
        power = add(power, power);
    }
    for byte in [0x11, 0x77, 0x78, 0x87, 0x88, 0xee] {
        scalars.push([byte; 32]);
    }
    // 30 * 2^252 - n: the table of the generator's multiples meets its exception.
    let mut exception = [0; 32];
    exception[0] = 0xe0;
    scalars.push(add(exception, minus(order)));
    let negatives: Vec<_> = scalars.iter().map(|scalar| add(order, minus(*scalar))).collect();
    scalars.extend(negatives);
    scalars.retain(|scalar| *scalar != [0; 32] && *scalar < order);
    scalars
}

/// Good points: the generator and its multiples at the edges, their negatives, x = 0.
pub fn edge_points() -> Vec<[u8; 65]> {
    let mut points: Vec<_> = edge_scalars().iter().map(|k| public_by_aws_lc(k).unwrap()).collect();
    points.push(x_zero());
    let negatives: Vec<_> = points.iter().map(|point| negated(*point)).collect();
    points.extend(negatives);
    points
}

/// What is not a point in the one form that counts.
pub fn bad_points() -> Vec<[u8; 65]> {
    let good = generator();
    let mut points = vec![[0; 65], [0xff; 65], [4; 65]];
    for tag in [0, 1, 2, 3, 5, 6, 7, 0x84, 0xff] {
        let mut point = good;
        point[0] = tag;
        points.push(point);
    }
    // Off the curve by a bit.
    for bit in 8..65 * 8 {
        let mut point = good;
        point[bit / 8] ^= 1 << (bit % 8);
        points.push(point);
    }
    // On the curve modulo p, not below p: x = 0 as p, and y of the generator is too large to add.
    let mut point = x_zero();
    point[1..33].copy_from_slice(&array::<32>(PRIME));
    points.push(point);
    // 04 and zeros: the point at infinity as some write it.
    let mut point = [0; 65];
    point[0] = 4;
    points.push(point);
    points
}

/// Half at the edges, half anywhere.
pub fn mixed_scalars(numbers: &mut Numbers, edges: &[[u8; 32]], count: usize) -> Vec<[u8; 32]> {
    let order = array(ORDER);
    (0..count)
        .map(|_| {
            if numbers.coin() {
                return *numbers.choose(edges);
            }
            loop {
                let scalar = numbers.bytes();
                if scalar != [0; 32] && scalar < order {
                    return scalar;
                }
            }
        })
        .collect()
}

/// `None` for what is not a scalar or not a point.
pub fn by_aws_lc(scalar: &[u8; 32], point: &[u8; 65]) -> Option<[u8; 32]> {
    let scalar = PrivateKey::from_private_key(&ECDH_P256, scalar).ok()?;
    let point = UnparsedPublicKey::new(&ECDH_P256, point);
    agree(&scalar, point, (), |shared| Ok(shared.try_into().unwrap())).ok()
}

pub fn public_by_aws_lc(scalar: &[u8; 32]) -> Option<[u8; 65]> {
    let scalar = PrivateKey::from_private_key(&ECDH_P256, scalar).ok()?;
    Some(scalar.compute_public_key().unwrap().as_ref().try_into().unwrap())
}

/// The whole point.
pub fn by_p256(scalar: &[u8; 32], point: &[u8; 65]) -> Option<[u8; 65]> {
    let scalar = SecretKey::from_slice(scalar).ok()?.to_nonzero_scalar();
    let point = PublicKey::from_sec1_bytes(point).ok()?;
    let product = (point.to_projective() * *scalar).to_affine();
    Some(product.to_sec1_point(false).as_bytes().try_into().unwrap())
}
