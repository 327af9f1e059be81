//! `GroupOpData`, the group key tree in field 4 of a key change: checked for its required fields,
//! otherwise passed over.

use super::WireError;
use super::reader::{Kind, Reader};

const NAME: &str = "ratchet_tree_change";

/// A struct or union: its known fields.
struct Schema {
    fields: &'static [(i16, Shape, Presence)],
    is_union: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    Required,
    Optional,
}

#[derive(Clone, Copy)]
enum Shape {
    /// Anything that holds no struct with required fields.
    Leaf(Kind),
    Struct(&'static Schema),
    Structs(&'static Schema),
}

use Presence::{Optional, Required};
use Shape::{Leaf, Struct, Structs};

const fn structure(fields: &'static [(i16, Shape, Presence)]) -> Schema {
    Schema { fields, is_union: false }
}

static MEMBER: Schema =
    structure(&[(1, Leaf(Kind::I64), Required), (2, Leaf(Kind::I64), Required)]);
static PUB_KEY_BYTES: Schema = structure(&[(1, Leaf(Kind::String), Required)]);
static TREE_KEY_DATA: Schema =
    structure(&[(1, Struct(&PUB_KEY_BYTES), Required), (2, Leaf(Kind::String), Required)]);
static TREE_NODE: Schema = structure(&[
    (1, Struct(&MEMBER), Optional),
    (2, Struct(&TREE_KEY_DATA), Optional),
    (3, Leaf(Kind::Map), Optional),
]);
static MAYBE_TREE_NODE: Schema = structure(&[(1, Struct(&TREE_NODE), Optional)]);
static GEN_GROUP: Schema = structure(&[
    (1, Leaf(Kind::Map), Optional),
    (2, Leaf(Kind::Map), Optional),
    (3, Structs(&MEMBER), Optional),
]);
static EDIT: Schema = structure(&[
    (1, Leaf(Kind::Map), Optional),
    (2, Leaf(Kind::Map), Optional),
    (3, Structs(&MEMBER), Optional),
    (4, Structs(&MEMBER), Optional),
    (5, Structs(&MEMBER), Optional),
    (6, Structs(&MAYBE_TREE_NODE), Optional),
]);
static TYPE_DATA: Schema = Schema {
    fields: &[(1, Struct(&GEN_GROUP), Optional), (6, Struct(&EDIT), Optional)],
    is_union: true,
};
static GROUP_OP_DATA: Schema = structure(&[
    (1, Leaf(Kind::String), Optional),
    (2, Leaf(Kind::I64), Optional),
    (3, Struct(&MEMBER), Optional),
    (4, Struct(&TYPE_DATA), Optional),
    (6, Leaf(Kind::Map), Optional),
]);

/// Passes over a `GroupOpData`.
pub(super) fn check(reader: &mut Reader<'_>) -> Result<(), WireError> {
    check_against(reader, &GROUP_OP_DATA)
}

fn check_against(reader: &mut Reader<'_>, schema: &Schema) -> Result<(), WireError> {
    let mut seen = 0_u32;
    let mut members = 0_usize;
    reader.fields(|reader, field| {
        members += 1;
        let known = schema.fields.iter().enumerate().find(|(_, (id, ..))| *id == field.id);
        let Some((index, (_, shape, _))) = known else { return reader.skip(field) };
        if seen & (1 << index) != 0 {
            return Err(WireError::RepeatedField { field: NAME });
        }
        seen |= 1 << index;
        match shape {
            Leaf(kind) => reader.skip_known(field, *kind, NAME),
            Struct(inner) => {
                reader.structure(field, NAME, &mut None, |reader| check_against(reader, inner))
            }
            Structs(inner) => {
                let count = reader.list(field, Kind::Struct, NAME)?;
                (0..count).try_for_each(|_| check_against(reader, inner))
            }
        }
    })?;
    if schema.is_union && members == 0 {
        return Err(WireError::EmptyUnion { union: NAME });
    }
    let complete = schema
        .fields
        .iter()
        .enumerate()
        .all(|(index, (.., presence))| *presence == Optional || seen & (1 << index) != 0);
    if complete { Ok(()) } else { Err(WireError::MissingField { field: NAME }) }
}
