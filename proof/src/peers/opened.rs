//! What we seal is opened by others: by the `hpke` crate all of it, or one in so many where there are
//! several changes; by X's SDK a sample.

use std::hint::black_box;
use std::time::{Duration, Instant};

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256 as Kem;
use hpke::{Deserializable as _, OpModeR};
use rayon::prelude::*;
use sealpost_crypto::hazmat::Backend;
use sealpost_crypto::{Account, SealedKey, Suite};

use super::Failure;
use super::sdk::Sdk;
use super::setting::{KEY_VERSION, Mode, Setting};

/// Opens the copies of one change and gives their number: each `step`th, in the XChat suite fewer.
pub(super) fn by_others(
    setting: &Setting,
    mode: Mode,
    backend: Backend,
    step: usize,
    sdk: Option<&mut Sdk>,
) -> Result<usize, Failure> {
    let sealed = setting.draft(mode, backend).seal()?;
    let copies: Vec<SealedKey> = sealed.copies().map(|(_, copy)| copy.clone()).collect();
    let (prepared, key) = sealed.sign()?.prepare();
    let copies = setting.members().zip(copies).step_by(step);
    let copies: Vec<(&Account, SealedKey)> = copies.collect();
    match prepared.suite() {
        Suite::X25519 => {
            let info = fields(&[
                "sealpost/1 conversation-key",
                &prepared.message_id().to_string(),
                &prepared.sender().to_string(),
                &prepared.conversation_id().to_string(),
                &KEY_VERSION.to_string(),
            ]);
            copies.par_iter().try_for_each(|(reader, copy)| {
                let opened = by_hpke(&info, reader, copy)?;
                if opened == key.expose_secret() {
                    Ok(())
                } else {
                    Err(Failure::from("another key"))
                }
            })?;
            Ok(copies.len())
        }
        _ => {
            let Some(sdk) = sdk else { return Ok(0) };
            let step = copies.len().div_ceil(50);
            let mut opened = 0;
            for (reader, copy) in copies.iter().step_by(step) {
                let (found, _) = sdk.open(reader, copy, 1)?;
                if found != key.expose_secret() {
                    return Err("X's SDK opens another key".into());
                }
                opened += 1;
            }
            Ok(opened)
        }
    }
}

fn by_hpke(info: &[u8], reader: &Account, copy: &SealedKey) -> Result<Vec<u8>, Failure> {
    let secret = reader.dangerous_private_keys();
    let secret: &[u8; 32] = secret.expose_secret().first_chunk().ok_or("a short key")?;
    let (enc, ciphertext) = copy.as_bytes().split_at_checked(32).ok_or("a short copy")?;
    let user = reader.user_id().to_string();
    let aad = fields(&[&user, &reader.public_key_version().to_string()]);
    let open = || {
        hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Kem>(
            &OpModeR::Base,
            &<Kem as hpke::Kem>::PrivateKey::from_bytes(secret)?,
            &<Kem as hpke::Kem>::EncappedKey::from_bytes(enc)?,
            info,
            ciphertext,
            &aad,
        )
    };
    open().map_err(|error| format!("hpke does not open the copy of {user}: {error}").into())
}

fn fields(list: &[&str]) -> Vec<u8> {
    list.iter()
        .flat_map(|text| {
            let [.., high, low] = text.len().to_be_bytes();
            [&[high, low], text.as_bytes()].concat()
        })
        .collect()
}

/// What opening one's own copy in the XChat suite takes us, and X's SDK, round by round.
pub(super) fn times(sdk: &mut Sdk, rounds: u32) -> Result<Vec<(Duration, Duration)>, Failure> {
    const REPETITIONS: u32 = 100;
    let setting = Setting::new(Suite::XChat, 2)?;
    let sealed = setting.draft(Mode::Fresh, Backend::fastest()).seal()?;
    let (_, copy) = sealed.copies().next().ok_or("no copy")?;
    let copy = copy.clone();
    let (prepared, _) = sealed.sign()?.prepare();
    let mut round = || {
        let start = Instant::now();
        for _ in 0..REPETITIONS {
            black_box(prepared.recover_key(setting.sender())?);
        }
        let ours = start.elapsed();
        let (_, theirs) = sdk.open(setting.sender(), &copy, REPETITIONS)?;
        Ok((ours / REPETITIONS, theirs / REPETITIONS))
    };
    (0..rounds).map(|_| round()).collect()
}
