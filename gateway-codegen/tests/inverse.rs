//! Reading is the inverse of writing: whatever field a gateway can describe comes back as it was.

use gateway_codegen::ir::{Bound, Field, Ir, Type};
use gateway_codegen::spec;
use gateway_schema::constraint::{Bound as GivenBound, Constraint, Number};
use gateway_schema::json_schema::{Definitions, Direction};
use gateway_schema::{EnumSchema, EnumValue, FieldSchema, FieldType, StructSchema, VariantSchema};
use proptest::prelude::*;
use serde_json::{Value, json};

static SIDE: EnumSchema = EnumSchema {
    name: "Side",
    docs: "A side.",
    variants: &[
        VariantSchema { name: "BUY", value: EnumValue::Text("B"), docs: "Buys." },
        VariantSchema { name: "SELL", value: EnumValue::Text("S"), docs: "" },
    ],
};

static LEVEL: EnumSchema = EnumSchema {
    name: "Level",
    docs: "",
    variants: &[
        VariantSchema { name: "Low", value: EnumValue::Int(-1), docs: "" },
        VariantSchema { name: "High", value: EnumValue::Int(7), docs: "" },
    ],
};

static VENUE: StructSchema = StructSchema {
    name: "Venue",
    docs: "Where.",
    python: None,
    record: false,
    fields: &[FieldSchema {
        name: "mic",
        docs: "A code.",
        ty: FieldType::String,
        nullable: false,
        default: None,
        constraints: &[],
    }],
};

/// Schemas are constant data, so what a test makes up is never freed.
fn constant<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn keys() -> impl Strategy<Value = FieldType> {
    prop_oneof![
        Just(FieldType::String),
        Just(FieldType::Bool),
        Just(FieldType::Uuid),
        bits().prop_map(FieldType::Int),
        bits().prop_map(FieldType::UInt),
        Just(FieldType::Enum(&SIDE)),
        Just(FieldType::Enum(&LEVEL)),
    ]
}

fn bits() -> impl Strategy<Value = u8> {
    prop::sample::select(vec![8, 16, 32, 64])
}

fn types() -> impl Strategy<Value = FieldType> {
    let leaves = prop_oneof![
        keys(),
        prop::sample::select(vec![32, 64]).prop_map(FieldType::Float),
        Just(FieldType::Bytes),
        Just(FieldType::Date),
        Just(FieldType::Time),
        Just(FieldType::DateTime),
        Just(FieldType::NaiveDateTime),
        Just(FieldType::Duration),
        Just(FieldType::Decimal),
        Just(FieldType::Json),
        Just(FieldType::Struct(&VENUE)),
    ];
    leaves.prop_recursive(4, 16, 2, |inner| {
        // JSON is null already, and null in null says nothing more.
        let item = (inner, any::<bool>()).prop_map(|(ty, nullable)| match ty {
            FieldType::Json | FieldType::Nullable(_) => ty,
            ty if nullable => FieldType::Nullable(constant(ty)),
            ty => ty,
        });
        prop_oneof![
            item.clone().prop_map(|ty| FieldType::List(constant(ty))),
            (item.clone(), 0_usize..=32).prop_map(|(ty, length)| FieldType::Array(constant(ty), length)),
            (keys(), item).prop_map(|(key, ty)| FieldType::Map(constant(key), constant(ty))),
        ]
    })
}

fn constraints(ty: FieldType) -> BoxedStrategy<Vec<Constraint>> {
    let lengths =
        (prop::option::of(0_usize..9), prop::option::of(10_usize..20)).prop_map(|(min, max)| {
            match (min, max) {
                (None, None) => Vec::new(),
                (min, max) => vec![Constraint::Length { min, max }],
            }
        });
    match ty {
        FieldType::Int(_) | FieldType::UInt(_) | FieldType::Float(_) | FieldType::Decimal => {
            let bound = |range: std::ops::Range<i128>| {
                prop::option::of((range, any::<bool>())).prop_map(|bound| {
                    bound.map(|(value, exclusive)| GivenBound { value: Number::Int(value), exclusive })
                })
            };
            // Away from the bounds that some type has by itself.
            (bound(1..10), bound(11..120)).prop_map(|(min, max)| vec![Constraint::Range { min, max }]).boxed()
        }
        FieldType::String | FieldType::Bytes | FieldType::List(_) | FieldType::Map(..) => lengths.boxed(),
        _ => Just(Vec::new()).boxed(),
    }
}

fn fields() -> impl Strategy<Value = FieldSchema> {
    let docs = prop::sample::select(vec!["", "Some words.\nAnd more."]);
    (types(), any::<bool>(), docs).prop_flat_map(|(ty, nullable, docs)| {
        constraints(ty).prop_map(move |constraints| FieldSchema {
            name: "it",
            docs,
            ty,
            nullable: nullable && !matches!(ty, FieldType::Json),
            default: None,
            constraints: Vec::leak(constraints),
        })
    })
}

fn read(field: FieldSchema) -> (Ir, Field) {
    let record = StructSchema {
        name: "Record",
        docs: "",
        python: None,
        record: true,
        fields: Vec::leak(vec![
            field,
            // So that the enums that are keys of maps are among the schemas.
            FieldSchema {
                name: "side",
                docs: "",
                ty: FieldType::Enum(&SIDE),
                nullable: false,
                default: None,
                constraints: &[],
            },
            FieldSchema {
                name: "level",
                docs: "",
                ty: FieldType::Enum(&LEVEL),
                nullable: false,
                default: None,
                constraints: &[],
            },
        ]),
    };
    let mut definitions = Definitions::new();
    definitions.record(constant(record), Direction::In);
    let document = json!({
        "openapi": "3.1.0", "info": {}, "paths": {}, "components": { "schemas": definitions.into_map() },
        "x-gateway": { "channels": [{ "name": "x", "kind": "scalar", "struct": "Record" }] },
    });
    let ir = spec::read(&document).unwrap_or_else(|error| panic!("{error}\n{document:#}"));
    let field = ir.structs[ir.channels[0].record.0].fields[0].clone();
    (ir, field)
}

fn same(ir: &Ir, given: &FieldType, read: &Type) -> bool {
    match (given, read) {
        (FieldType::Bool, Type::Bool)
        | (FieldType::String, Type::String)
        | (FieldType::Bytes, Type::Bytes)
        | (FieldType::Date, Type::Date)
        | (FieldType::Time, Type::Time)
        | (FieldType::DateTime, Type::DateTime)
        | (FieldType::NaiveDateTime, Type::NaiveDateTime)
        | (FieldType::Duration, Type::Duration)
        | (FieldType::Uuid, Type::Uuid)
        | (FieldType::Decimal, Type::Decimal)
        | (FieldType::Json, Type::Any) => true,
        (FieldType::Int(a), Type::Int(b))
        | (FieldType::UInt(a), Type::UInt(b))
        | (FieldType::Float(a), Type::Float(b)) => a == b,
        (FieldType::Enum(schema), Type::Enum(id)) => {
            let found = &ir.enums[id.0];
            let members =
                schema.variants.iter().map(|member| (member.name, member.value.to_json(), member.docs));
            found.name == schema.name
                && found.docs == schema.docs
                && members.eq(found
                    .variants
                    .iter()
                    .map(|member| (&*member.name, member.value.clone(), &*member.docs)))
        }
        (FieldType::Struct(schema), Type::Struct(id)) => {
            let found = &ir.structs[id.0];
            (&*found.name, &*found.docs, found.record) == (schema.name, schema.docs, false)
                && found.fields[0].docs == "A code."
        }
        (FieldType::List(a), Type::List(b)) | (FieldType::Nullable(a), Type::Nullable(b)) => same(ir, a, b),
        (FieldType::Array(a, n), Type::Array(b, m)) => n == m && same(ir, a, b),
        (FieldType::Map(a, b), Type::Map(c, d)) => same(ir, a, c) && same(ir, b, d),
        _ => false,
    }
}

proptest! {
    #[test]
    fn a_field_comes_back_as_it_was(field in fields()) {
        let given = FieldSchema { ..field };
        let (ir, found) = read(field);
        prop_assert!(same(&ir, &given.ty, &found.ty), "{:?} became {:?}", given.ty, found.ty);
        // What may be any JSON may be null in any case, and is never missing.
        prop_assert_eq!(given.nullable, found.nullable);
        prop_assert_eq!(given.docs, found.docs);
        let bound = |given: Option<GivenBound>| given.map(|bound| match bound.value.to_json() {
            Value::Number(value) => Bound { value, exclusive: bound.exclusive },
            other => panic!("{other}"),
        });
        let (mut min, mut max, mut lengths) = (None, None, (None, None));
        for constraint in given.constraints {
            match constraint {
                Constraint::Range { min: least, max: most } => (min, max) = (bound(*least), bound(*most)),
                Constraint::Length { min, max } => lengths = (min.map(|n| n as u64), max.map(|n| n as u64)),
                _ => {}
            }
        }
        prop_assert_eq!(min, found.constraints.min);
        prop_assert_eq!(max, found.constraints.max);
        prop_assert_eq!(lengths, (found.constraints.min_length, found.constraints.max_length));
    }
}
