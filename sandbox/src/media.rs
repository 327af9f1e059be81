//! Encrypted media: uploads that go on, and those that are complete. All of it is in memory.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use sealpost_crypto::{ConversationId, UnixMillis, UserId};

use crate::problem::Problem;
use crate::seed::Seed;
use crate::validate::{CONVERSATION, Finalization, HASH_KEY, PARTS, SEGMENT_INDEX, Segment};

/// The bytes of all media together, complete or not.
pub(crate) const MAX_BYTES: u64 = 256 * 1024 * 1024;
/// How long an upload may go on, by the sandbox's clock.
const LIFETIME_MILLIS: u64 = 60 * 60 * 1_000;
const HASH_KEY_LENGTH: u32 = 10;
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Every upload and every blob.
#[derive(Debug)]
pub(crate) struct Media {
    seed: Seed,
    count: u64,
    bytes: u64,
    uploads: BTreeMap<String, Upload>,
    blobs: BTreeMap<(ConversationId, String), Blob>,
}

#[derive(Debug)]
struct Upload {
    owner: UserId,
    conversation: ConversationId,
    hash_key: String,
    total_bytes: Option<u64>,
    expires_at: UnixMillis,
    segments: BTreeMap<u16, Bytes>,
    /// Of how many segments it was made, once it is complete.
    complete: Option<usize>,
}

#[derive(Debug)]
struct Blob {
    owner: UserId,
    octets: Bytes,
}

/// The names of an upload that has begun.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) session_id: String,
    pub(crate) hash_key: String,
}

impl Media {
    pub(crate) const fn new(seed: Seed) -> Self {
        Self { seed, count: 0, bytes: 0, uploads: BTreeMap::new(), blobs: BTreeMap::new() }
    }

    pub(crate) fn begin(
        &mut self,
        owner: UserId,
        conversation: ConversationId,
        total_bytes: Option<u64>,
        now: UnixMillis,
    ) -> Begun {
        let (session_id, hash_key) = loop {
            self.count = self.count.saturating_add(1);
            let number = |what| self.seed.number(&format!("media {what} {}", self.count));
            // Half of the range, so that the number always has at most 19 digits.
            let session_id = (number("session") / 2).to_string();
            let hash_key = letters(number("hash key"));
            let taken = self.blobs.contains_key(&(conversation, hash_key.clone()));
            if !taken && !self.uploads.contains_key(&session_id) {
                break (session_id, hash_key);
            }
        };
        let upload = Upload {
            owner,
            conversation,
            hash_key: hash_key.clone(),
            total_bytes,
            expires_at: UnixMillis::new(now.as_u64().saturating_add(LIFETIME_MILLIS)),
            segments: BTreeMap::new(),
            complete: None,
        };
        self.uploads.insert(session_id.clone(), upload);
        Begun { session_id, hash_key }
    }

    /// Stores a segment. Returns when the upload expires, and whether the segment is new: the same
    /// one may come again.
    pub(crate) fn append(
        &mut self,
        owner: UserId,
        session_id: &str,
        segment: Segment,
        now: UnixMillis,
    ) -> Result<(UnixMillis, bool), Problem> {
        let size = length(&segment.octets);
        let room = self.room(size, now);
        let upload = self.upload(owner, session_id, now)?;
        upload.check(Some(segment.conversation), Some(&segment.hash_key))?;
        if upload.complete.is_some() {
            return Err(Problem::conflict("id", "This upload is complete.").value(session_id));
        }
        let index = segment.index;
        if let Some(stored) = upload.segments.get(&index) {
            if *stored == segment.octets {
                return Ok((upload.expires_at, false));
            }
            let detail = format!("Segment {index} is there already, with other bytes.");
            return Err(Problem::conflict(SEGMENT_INDEX, detail).value(&index.to_string()));
        }
        let after = upload.size().saturating_add(size);
        if let Some(total) = upload.total_bytes.filter(|total| after > *total) {
            let detail = format!("The segments have {after} bytes, total_bytes is {total}.");
            return Err(Problem::invalid("media", detail));
        }
        if size > room {
            let detail = format!("The sandbox keeps {MAX_BYTES} bytes of media at most.");
            return Err(Problem::payload_too_large(detail));
        }
        upload.segments.insert(index, segment.octets);
        let expires_at = upload.expires_at;
        self.bytes = self.bytes.saturating_add(size);
        Ok((expires_at, true))
    }

    /// Makes a blob of the segments, and says whether that is new.
    pub(crate) fn finish(
        &mut self,
        owner: UserId,
        session_id: &str,
        finalization: &Finalization,
        now: UnixMillis,
    ) -> Result<bool, Problem> {
        let upload = self.upload(owner, session_id, now)?;
        upload.check(finalization.conversation, finalization.hash_key.as_deref())?;
        let there = upload.complete.unwrap_or(upload.segments.len());
        if let Some(parts) = finalization.parts.filter(|parts| *parts != there) {
            let detail = format!("{PARTS} must be the number of segments, {there}.");
            return Err(Problem::invalid(PARTS, detail).value(&parts.to_string()));
        }
        if upload.complete.is_some() {
            return Ok(false);
        }
        upload.check_whole()?;
        upload.complete = Some(there);
        let mut octets = BytesMut::new();
        for segment in std::mem::take(&mut upload.segments).into_values() {
            octets.extend_from_slice(&segment);
        }
        let key = (upload.conversation, upload.hash_key.clone());
        self.blobs.insert(key, Blob { owner, octets: octets.freeze() });
        Ok(true)
    }

    pub(crate) fn download(&self, conversation: ConversationId, hash_key: &str) -> Option<Bytes> {
        self.blobs.get(&(conversation, hash_key.to_owned())).map(|blob| blob.octets.clone())
    }

    /// Who uploaded it.
    pub(crate) fn owner(&self, conversation: ConversationId, hash_key: &str) -> Option<UserId> {
        self.blobs.get(&(conversation, hash_key.to_owned())).map(|blob| blob.owner)
    }

    pub(crate) fn delete(&mut self, conversation: ConversationId, hash_key: &str) {
        if let Some(blob) = self.blobs.remove(&(conversation, hash_key.to_owned())) {
            self.bytes = self.bytes.saturating_sub(length(&blob.octets));
        }
    }

    /// The upload, which only its owner finds.
    fn upload(
        &mut self,
        owner: UserId,
        session_id: &str,
        now: UnixMillis,
    ) -> Result<&mut Upload, Problem> {
        self.uploads
            .get_mut(session_id)
            .filter(|upload| upload.owner == owner && upload.expires_at > now)
            .ok_or_else(|| Problem::not_found("id", "media", session_id))
    }

    /// How many bytes fit in. Uploads that were given up make room when there is too little.
    fn room(&mut self, wanted: u64, now: UnixMillis) -> u64 {
        if MAX_BYTES.saturating_sub(self.bytes) < wanted {
            let mut given_up = 0_u64;
            self.uploads.retain(|_, upload| {
                let goes_on = upload.expires_at > now;
                given_up += if goes_on { 0 } else { upload.size() };
                goes_on
            });
            self.bytes = self.bytes.saturating_sub(given_up);
        }
        MAX_BYTES.saturating_sub(self.bytes)
    }
}

impl Upload {
    fn size(&self) -> u64 {
        self.segments.values().map(length).sum()
    }

    /// Refuses names that are not those of the upload.
    fn check(
        &self,
        conversation: Option<ConversationId>,
        hash_key: Option<&str>,
    ) -> Result<(), Problem> {
        let expected = |name: &str| {
            Problem::invalid(name, format!("{name} must be the one that initialize answered."))
        };
        if conversation.is_some_and(|conversation| conversation != self.conversation) {
            return Err(expected(CONVERSATION));
        }
        match hash_key.filter(|hash_key| *hash_key != self.hash_key) {
            Some(hash_key) => Err(expected(HASH_KEY).value(hash_key)),
            None => Ok(()),
        }
    }

    /// Refuses gaps, and another size than the one announced.
    fn check_whole(&self) -> Result<(), Problem> {
        let gap = (0_u16..).zip(self.segments.keys()).find(|(expected, index)| expected != *index);
        if let Some((missing, _)) = gap {
            return Err(Problem::invalid(PARTS, format!("Segment {missing} is missing.")));
        }
        let size = self.size();
        match self.total_bytes.filter(|total| *total != size) {
            Some(total) => {
                let detail = format!("The segments have {size} bytes, total_bytes is {total}.");
                Err(Problem::invalid("total_bytes", detail).value(&total.to_string()))
            }
            None => Ok(()),
        }
    }
}

fn length(octets: &Bytes) -> u64 {
    u64::try_from(octets.len()).unwrap_or(u64::MAX)
}

/// A number in letters and digits, as X's keys look.
fn letters(number: u64) -> String {
    let digit = |place| {
        let index = number.checked_div(62_u64.checked_pow(place)?)? % 62;
        ALPHABET.get(usize::try_from(index).ok()?).map(|byte| char::from(*byte))
    };
    (0..HASH_KEY_LENGTH).filter_map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_key_is_ten_letters_and_digits() {
        for number in [0, 61, 62, u64::MAX] {
            let key = letters(number);
            assert_eq!(key.len(), 10);
            assert!(key.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        }
        assert_ne!(letters(1), letters(62));
    }

    #[test]
    fn uploads_that_were_given_up_make_room() {
        let mut media = Media::new(Seed::new(0));
        let (one, two) = (UserId::new(1).unwrap(), UserId::new(2).unwrap());
        let conversation = ConversationId::direct(one, two);
        let begin = |media: &mut Media, now| media.begin(one, conversation, None, now);
        let large = Bytes::from(vec![0; usize::try_from(MAX_BYTES).unwrap()]);
        let append = |media: &mut Media, begun: &Begun, octets: &Bytes, now| {
            let (hash_key, octets) = (begun.hash_key.clone(), octets.clone());
            let segment = Segment { conversation, hash_key, index: 0, octets };
            media.append(one, &begun.session_id, segment, now)
        };
        let first = begin(&mut media, UnixMillis::new(0));
        assert!(append(&mut media, &first, &large, UnixMillis::new(1)).unwrap().1);
        let soon = UnixMillis::new(LIFETIME_MILLIS - 1);
        let second = begin(&mut media, soon);
        let small = Bytes::from_static(b"a");
        assert_eq!(append(&mut media, &second, &small, soon).unwrap_err().status(), 413);
        let later = UnixMillis::new(LIFETIME_MILLIS);
        assert!(append(&mut media, &second, &small, later).unwrap().1);
        assert_eq!(append(&mut media, &first, &small, later).unwrap_err().status(), 404);
        assert_eq!(media.bytes, 1);
    }
}
