//! The enum-like members of problems. X adds values without notice, so each keeps what it does
//! not know.

/// An enum over fixed words that keeps an unknown word as it came.
macro_rules! vocabulary {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)+
            /// A word this crate does not know.
            Other(String),
        }

        impl $name {
            /// The word on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(word) => word,
                }
            }
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                match word.as_str() {
                    $($word => Self::$variant,)+
                    _ => Self::Other(word),
                }
            }
        }
    };
}

vocabulary! {
    /// The kind of thing a problem speaks of.
    ResourceType {
        /// A user.
        User = "user",
        /// A post.
        Tweet = "tweet",
        /// A media file.
        Media = "media",
        /// A list.
        List = "list",
        /// A Space.
        Space = "space",
        /// A place.
        Place = "place",
        /// A poll.
        Poll = "poll",
    }
}

vocabulary! {
    /// The part of the answer a problem speaks of.
    Section {
        /// The objects asked for.
        Data = "data",
        /// The objects they refer to.
        Includes = "includes",
    }
}

vocabulary! {
    /// Why a client is forbidden.
    ForbiddenReason {
        /// The call is reserved for X's own clients.
        OfficialClientForbidden = "official-client-forbidden",
        /// The app is not enrolled for this call.
        ClientNotEnrolled = "client-not-enrolled",
    }
}

vocabulary! {
    /// Why a stream was closed.
    DisconnectType {
        /// Closed for operational reasons.
        OperationalDisconnect = "OperationalDisconnect",
        /// Closed upstream for operational reasons.
        UpstreamOperationalDisconnect = "UpstreamOperationalDisconnect",
        /// Closed by force.
        ForceDisconnect = "ForceDisconnect",
        /// Closed upstream, not cleanly.
        UpstreamUncleanDisconnect = "UpstreamUncleanDisconnect",
        /// The client reads too slowly.
        SlowReader = "SlowReader",
        /// The server failed.
        InternalError = "InternalError",
        /// The client application is in a degraded state.
        ClientApplicationStateDegraded = "ClientApplicationStateDegraded",
        /// The rules of the stream are not valid.
        InvalidRules = "InvalidRules",
    }
}

vocabulary! {
    /// What is wrong with a streaming connection.
    ConnectionIssue {
        /// Too many connections at once.
        TooManyConnections = "TooManyConnections",
        /// The subscription is still being set up.
        ProvisioningSubscription = "ProvisioningSubscription",
        /// The rules could not be configured.
        RuleConfigurationIssue = "RuleConfigurationIssue",
        /// The rules are not valid.
        RulesInvalidIssue = "RulesInvalidIssue",
    }
}

vocabulary! {
    /// The period of a usage cap.
    UsagePeriod {
        /// A day.
        Daily = "Daily",
        /// A month.
        Monthly = "Monthly",
    }
}

vocabulary! {
    /// Whose usage is capped.
    UsageScope {
        /// The developer account's.
        Account = "Account",
        /// The product's.
        Product = "Product",
    }
}
