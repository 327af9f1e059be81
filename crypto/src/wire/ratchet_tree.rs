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

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    fn field(kind: Kind, id: i16, value: impl AsRef<[u8]>) -> Vec<u8> {
        [&[kind.code()][..], &id.to_be_bytes(), value.as_ref()].concat()
    }

    fn structure(fields: &[Vec<u8>]) -> Vec<u8> {
        [fields.concat(), Vec::from([0])].concat()
    }

    fn number(id: i16) -> Vec<u8> {
        field(Kind::I64, id, [0; 8])
    }

    fn text(id: i16) -> Vec<u8> {
        field(Kind::String, id, [0, 0, 0, 1, b'x'])
    }

    fn list(id: i16, elements: &[Vec<u8>]) -> Vec<u8> {
        let count = u32::try_from(elements.len()).unwrap().to_be_bytes();
        let head = [&[Kind::Struct.code()][..], &count].concat();
        field(Kind::List, id, [head, elements.concat()].concat())
    }

    fn read(fields: &[Vec<u8>]) -> Result<(), WireError> {
        Reader::read_all(&structure(fields), check)
    }

    /// The field of a tree that has a struct of these fields in it.
    type Around = fn(&[Vec<u8>]) -> Vec<u8>;

    /// Fields that are required, and where.
    fn required() -> [(Vec<Vec<u8>>, Around); 5] {
        fn group(member: &[Vec<u8>]) -> Vec<u8> {
            let group = structure(&[list(3, &[structure(member), structure(member)])]);
            field(Kind::Struct, 4, structure(&[field(Kind::Struct, 1, group)]))
        }
        fn node(fields: &[Vec<u8>]) -> Vec<u8> {
            let node = structure(&[field(Kind::Struct, 1, structure(fields))]);
            let edit = structure(&[list(6, &[node])]);
            field(Kind::Struct, 4, structure(&[field(Kind::Struct, 6, edit)]))
        }
        fn key(fields: &[Vec<u8>]) -> Vec<u8> {
            node(&[field(Kind::Struct, 2, structure(fields))])
        }
        fn public_key(fields: &[Vec<u8>]) -> Vec<u8> {
            key(&[field(Kind::Struct, 1, structure(fields)), text(2)])
        }
        let member = Vec::from([number(1), number(2)]);
        let public = field(Kind::Struct, 1, structure(&[text(1)]));
        [
            (member.clone(), |member| field(Kind::Struct, 3, structure(member))),
            (member.clone(), group),
            (member, |member| node(&[field(Kind::Struct, 1, structure(member))])),
            (Vec::from([public, text(2)]), key),
            (Vec::from([text(1)]), public_key),
        ]
    }

    #[test]
    fn every_required_field_is_there_once() {
        let mut checked = 0;
        for (fields, tree) in required() {
            assert_eq!(read(&[text(1), number(2), tree(&fields), number(9)]), Ok(()));
            let reversed: Vec<_> = fields.iter().rev().cloned().collect();
            assert_eq!(read(&[tree(&reversed)]), Ok(()));
            for index in 0..fields.len() {
                let (mut without, mut twice) = (fields.clone(), fields.clone());
                let taken = without.remove(index);
                twice.push(taken);
                assert_eq!(read(&[tree(&without)]), Err(WireError::MissingField { field: NAME }));
                assert_eq!(read(&[tree(&twice)]), Err(WireError::RepeatedField { field: NAME }));
                // As an unknown field it does not count.
                without.push(number(9));
                assert_eq!(read(&[tree(&without)]), Err(WireError::MissingField { field: NAME }));
                checked += 1;
            }
        }
        assert_eq!(checked, 9);
    }

    #[test]
    fn a_union_holds_something_and_a_structure_need_not() {
        assert_eq!(read(&[]), Ok(()));
        assert_eq!(
            read(&[field(Kind::Struct, 4, structure(&[]))]),
            Err(WireError::EmptyUnion { union: NAME })
        );
        assert_eq!(read(&[field(Kind::Struct, 4, structure(&[number(9)]))]), Ok(()));
        assert_eq!(read(&[text(1), text(1)]), Err(WireError::RepeatedField { field: NAME }));
        assert!(read(&[number(1)]).is_err());
    }
}
