//! The two versions of X's API description that the sandbox can speak.

use std::fmt;
use std::str::FromStr;

/// A version of X's OpenAPI description. `Display` and `FromStr` use its number, such as `2.167`.
///
/// X changed operations, members and problem types between the two; which one a server speaks
/// cannot be told from the outside, so a client should pass against both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Contract {
    /// 2.165, of 2026-06-03.
    V2_165,
    /// 2.167, of 2026-08-22.
    #[default]
    V2_167,
}

impl Contract {
    /// Every contract, oldest first.
    pub const ALL: [Self; 2] = [Self::V2_165, Self::V2_167];

    /// The number of the version.
    #[must_use]
    pub const fn version(self) -> &'static str {
        match self {
            Self::V2_165 => "2.165",
            Self::V2_167 => "2.167",
        }
    }
}

impl fmt::Display for Contract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.version())
    }
}

/// A text is not the number of a contract the sandbox speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a contract the sandbox speaks: 2.165 or 2.167")]
#[non_exhaustive]
pub struct ContractError;

impl ContractError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "sandbox.unknown_contract"
    }
}

impl FromStr for Contract {
    type Err = ContractError;

    fn from_str(text: &str) -> Result<Self, ContractError> {
        Self::ALL.into_iter().find(|contract| contract.version() == text).ok_or(ContractError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_back() {
        for contract in Contract::ALL {
            assert_eq!(contract.to_string().parse(), Ok(contract));
        }
        for text in ["", "2", "2.166", "v2.167", "2.167 "] {
            assert_eq!(text.parse::<Contract>().unwrap_err().code(), "sandbox.unknown_contract");
        }
    }
}
