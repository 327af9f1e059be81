//! What the program is to do.

use serde::{Deserialize, Serialize};

/// One thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Step {
    /// Registers the account's keys.
    Register,
    /// Starts the conversation with Bob.
    Start,
    /// Creates the group with Bob and Carol.
    Create,
    /// Adds Dave to the group.
    Add,
    /// Removes Carol from the group.
    Remove,
    /// A new key for the conversation with Bob.
    RotateDirect,
    /// A new key for the group.
    RotateGroup,
    Sync,
}

/// Everything that can be done, once: what is killed at each boundary in turn.
pub(super) const FULL: [Step; 8] = [
    Step::Register,
    Step::Start,
    Step::Create,
    Step::Add,
    Step::Remove,
    Step::Sync,
    Step::RotateDirect,
    Step::RotateGroup,
];

/// Some of it, in some order.
pub(super) fn random(chance: &mut fastrand::Rng) -> Vec<Step> {
    let mut direct = vec![Step::Start];
    direct.extend(rotations(Step::RotateDirect, chance));
    let mut changes = vec![Step::Add, Step::Remove];
    chance.shuffle(&mut changes);
    changes.truncate(chance.usize(0..=2));
    changes.extend(rotations(Step::RotateGroup, chance));
    chance.shuffle(&mut changes);
    let mut group = vec![Step::Create];
    group.extend(changes);

    // The steps of each conversation in their order, those of the two mixed.
    let mut script = vec![Step::Register];
    let (mut direct, mut group) = (direct.into_iter(), group.into_iter());
    loop {
        let (one, other) =
            if chance.bool() { (&mut direct, &mut group) } else { (&mut group, &mut direct) };
        let Some(step) = one.next().or_else(|| other.next()) else { break };
        script.push(step);
        if chance.u8(0..4) == 0 {
            script.push(Step::Sync);
        }
    }
    script
}

fn rotations(step: Step, chance: &mut fastrand::Rng) -> Vec<Step> {
    vec![step; chance.usize(0..=2)]
}
