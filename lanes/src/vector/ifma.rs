//! The eight lanes as one AVX-512 register, multiplied by AVX-512 IFMA.
//!
//! Every operation is inlined into [`run`], whose target features make it one instruction.

use core::arch::x86_64::*;
use core::mem::transmute;
use core::ops::{Add, BitAnd, BitOr, BitXor, Sub};

use super::{LANES, Vector};
use crate::backend::Task;

/// Whether this processor executes [`run`].
pub(crate) fn is_available() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512ifma")
}

/// Runs a task on AVX-512 IFMA.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(crate) fn run<T: Task>(task: T) -> T::Output {
    task.run::<Ifma>()
}

/// Private to this module, so that no value of it exists outside a call of [`run`]; and [`run`]
/// can be called without `unsafe` only where the processor is known to have its features. This is
/// the contract that each `unsafe` block below relies on.
#[derive(Clone, Copy)]
struct Ifma(__m512i);

impl Vector for Ifma {
    const SEPARATE: bool = false;

    #[inline(always)]
    fn new(lanes: [u64; LANES]) -> Self {
        // SAFETY: both are 64 bytes in which every pattern is valid.
        Self(unsafe { transmute::<[u64; LANES], __m512i>(lanes) })
    }

    #[inline(always)]
    fn lanes(self) -> [u64; LANES] {
        // SAFETY: both are 64 bytes in which every pattern is valid.
        unsafe { transmute::<__m512i, [u64; LANES]>(self.0) }
    }

    #[inline(always)]
    fn splat(value: u64) -> Self {
        // SAFETY: the processor has AVX-512F, see `Ifma`.
        Self(unsafe { _mm512_set1_epi64(value.cast_signed()) })
    }

    #[inline(always)]
    fn shl<const BITS: u32>(self) -> Self {
        // SAFETY: the processor has AVX-512F, see `Ifma`.
        Self(unsafe { _mm512_slli_epi64::<BITS>(self.0) })
    }

    #[inline(always)]
    fn shr<const BITS: u32>(self) -> Self {
        // SAFETY: the processor has AVX-512F, see `Ifma`.
        Self(unsafe { _mm512_srli_epi64::<BITS>(self.0) })
    }

    #[inline(always)]
    fn sar<const BITS: u32>(self) -> Self {
        // SAFETY: the processor has AVX-512F, see `Ifma`.
        Self(unsafe { _mm512_srai_epi64::<BITS>(self.0) })
    }

    #[inline(always)]
    fn shl_by(self, bits: u32) -> Self {
        // SAFETY: the processor has AVX-512F, see `Ifma`; SSE2 is part of x86-64.
        Self(unsafe { _mm512_sll_epi64(self.0, _mm_cvtsi32_si128(bits.cast_signed())) })
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: the processor has AVX-512DQ, see `Ifma`.
        Self(unsafe { _mm512_mullo_epi64(self.0, other.0) })
    }

    #[inline(always)]
    fn add_product_low(self, a: Self, b: Self) -> Self {
        // SAFETY: the processor has AVX-512 IFMA, see `Ifma`.
        Self(unsafe { _mm512_madd52lo_epu64(self.0, a.0, b.0) })
    }

    #[inline(always)]
    fn add_product_high(self, a: Self, b: Self) -> Self {
        // SAFETY: the processor has AVX-512 IFMA, see `Ifma`.
        Self(unsafe { _mm512_madd52hi_epu64(self.0, a.0, b.0) })
    }

    #[inline(always)]
    fn select(self, set: Self, clear: Self) -> Self {
        // SAFETY: the processor has AVX-512F and DQ, see `Ifma`.
        Self(unsafe { _mm512_mask_blend_epi64(_mm512_movepi64_mask(self.0), clear.0, set.0) })
    }

    #[inline(always)]
    fn pick(self, index: Self) -> Self {
        // SAFETY: the processor has AVX-512F, see `Ifma`.
        Self(unsafe { _mm512_permutexvar_epi64(index.0, self.0) })
    }
}

impl Add for Ifma {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: the processor has AVX-512F, see `Ifma`.
        Self(unsafe { _mm512_add_epi64(self.0, other.0) })
    }
}

impl Sub for Ifma {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: the processor has AVX-512F, see `Ifma`.
        Self(unsafe { _mm512_sub_epi64(self.0, other.0) })
    }
}

impl BitAnd for Ifma {
    type Output = Self;

    #[inline(always)]
    fn bitand(self, other: Self) -> Self {
        // SAFETY: the processor has AVX-512F, see `Ifma`.
        Self(unsafe { _mm512_and_si512(self.0, other.0) })
    }
}

impl BitOr for Ifma {
    type Output = Self;

    #[inline(always)]
    fn bitor(self, other: Self) -> Self {
        // SAFETY: the processor has AVX-512F, see `Ifma`.
        Self(unsafe { _mm512_or_si512(self.0, other.0) })
    }
}

impl BitXor for Ifma {
    type Output = Self;

    #[inline(always)]
    fn bitxor(self, other: Self) -> Self {
        // SAFETY: the processor has AVX-512F, see `Ifma`.
        Self(unsafe { _mm512_xor_si512(self.0, other.0) })
    }
}
