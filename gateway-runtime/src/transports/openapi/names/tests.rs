use gateway_derive::{GatewayEnum, GatewayStruct};
use gateway_schema::{ChannelKind, ChannelSchema, GatewayStruct, KeySchema};

use super::*;

mod here {
    use super::*;

    #[derive(Clone, Debug, PartialEq, GatewayStruct)]
    #[gateway(crate = "crate")]
    pub(super) struct Trade {
        pub(super) price: f64,
        #[gateway(pattern = "^[A-Z]+$", length(max = 9))]
        pub(super) symbol: String,
        pub(super) side: Option<Side>,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, GatewayEnum)]
    #[gateway(crate = "crate")]
    pub(super) enum Side {
        #[gateway(value = 1)]
        Buy,
    }
}

mod there {
    use super::*;

    #[derive(Clone, Debug, PartialEq, GatewayStruct)]
    #[gateway(crate = "crate")]
    pub(super) struct Trade {
        pub(super) price: f32,
    }

    #[derive(Clone, Debug, PartialEq, GatewayStruct)]
    #[gateway(crate = "crate")]
    pub(super) struct TradeInput {
        pub(super) price: f64,
    }

    #[derive(Clone, Debug, PartialEq, GatewayStruct)]
    #[gateway(crate = "crate")]
    pub(super) struct GatewayError {
        pub(super) text: String,
    }
}

const fn channel(
    name: &'static str,
    payload: &'static StructSchema,
    key: Option<KeySchema>,
) -> ChannelSchema {
    let kind = if key.is_some() { ChannelKind::Basket } else { ChannelKind::Scalar };
    ChannelSchema {
        name,
        docs: "",
        kind,
        payload,
        key,
        send: false,
        stage: false,
        lookup: false,
        states: &[],
    }
}

fn conflict(channels: Vec<ChannelSchema>) -> Option<String> {
    let channels = Box::leak(Box::new(ChannelsSchema {
        name: "Test",
        docs: "",
        channels: channels.leak(),
        fields: &[],
    }));
    check(channels, std::iter::empty()).err().map(|conflict| conflict.to_string())
}

#[test]
fn one_struct_may_be_used_often() {
    let key = KeySchema { name: "Side", names: Some(&["Buy"]) };
    let twice = vec![channel("a", here::Trade::SCHEMA, None), channel("b", here::Trade::SCHEMA, Some(key))];
    assert_eq!(conflict(twice), None);
}

#[test]
fn two_structs_with_one_name_are_refused() {
    let two = vec![channel("a", here::Trade::SCHEMA, None), channel("b", there::Trade::SCHEMA, None)];
    let message = conflict(two).unwrap();
    assert_eq!(
        message,
        "two things would be called `Trade` in the API's document, struct `Trade` and struct `Trade`: rename one of them"
    );
}

#[test]
fn names_that_the_document_makes_are_taken() {
    let input = vec![channel("a", here::Trade::SCHEMA, None), channel("b", there::TradeInput::SCHEMA, None)];
    assert!(conflict(input).unwrap().contains("called `TradeInput`"));
    assert!(conflict(vec![channel("a", there::GatewayError::SCHEMA, None)]).is_some());
}

#[test]
fn a_key_is_the_enum_of_its_name_or_nothing() {
    let key = KeySchema { name: "Side", names: Some(&["Buy", "Sell"]) };
    assert!(conflict(vec![channel("a", here::Trade::SCHEMA, Some(key))]).unwrap().contains("called `Side`"));
}
