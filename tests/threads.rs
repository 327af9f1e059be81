//! Every public type may be sent and shared between threads.
#![allow(clippy::unwrap_used, missing_docs)] // tests

#[path = "../crypto/tests/common/threads.rs"]
mod common;

use common::{assert_complete, threads};
use sealpost::vault::Pin;
use sealpost::*;

#[test]
fn types_of_sealpost() {
    let asserted = threads![Send Sync;
        IdentityExport,
        IdentityExportError,
        PassphraseCost,
        PassphraseCostError,
        SafetyQr,
        SafetyQrError,
        ConversationState,
        Incoming,
        MediaProgress,
        MediaToSend,
        NewGroup,
        ReceiveCursor,
        Sent,
        Session,
        SessionBuilder,
        SessionError,
        SessionEvent,
        TrustPolicy,
        SqliteStore,
        MemoryStore,
        StoreKey,
        Vault,
        store::Batch,
        store::Change,
        store::Expectation,
        store::StoreError,
        store::Fence,
        store::Columns,
        store::Item,
        store::Place,
        store::Range,
        store::RangeColumns,
        store::Table,
        store::Row,
        vault::AccountVault,
        vault::ChangeRequest,
        vault::ChangeState,
        vault::ChangeUnderWay,
        vault::ConversationRecord,
        vault::RestOfSync,
        vault::SyncCursor,
        vault::VaultError,
        vault::OwnIdentity,
        vault::Registration,
        vault::Lease,
        vault::Work,
        vault::Pin,
        vault::RefusedMessage,
        vault::SeenKeys,
        vault::ClaimSource,
        vault::MemberClaim,
        vault::Roster,
        vault::Saved<Pin>,
        vault::VaultTokenStore,
        vault::VaultCheck,
    ];
    // What is re-exported from the other crates is asserted there.
    let own = include_str!("../src/lib.rs").split("#[doc(no_inline)]").next();
    let modules = [
        own.unwrap(),
        include_str!("../src/session/mod.rs"),
        include_str!("../src/store/mod.rs"),
        include_str!("../src/vault/mod.rs"),
    ];
    let others = ["OsKeyringError", "PostgresStore", "PostgresStoreBuilder", "Store"];
    assert_complete(&modules, &asserted, &others);
}
