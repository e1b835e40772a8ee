//! How much memory values say that they take.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use gateway_derive::{GatewayEnum, GatewayStruct};
use gateway_schema::{Id, WireType};
use serde_json::{Map, Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, GatewayEnum)]
#[gateway(crate = "::gateway_schema")]
enum Side {
    Buy,
}

#[derive(Clone, Debug, Default, GatewayStruct)]
#[gateway(crate = "::gateway_schema")]
struct Venue {
    #[gateway(rename = "MIC")]
    mic: String,
    note: Option<String>,
    fee: f64,
    #[gateway(skip)]
    cache: Vec<u8>,
}

#[derive(Clone, Debug, GatewayStruct)]
#[gateway(crate = "::gateway_schema")]
struct Trade {
    symbol: String,
    side: Side,
    venue: Venue,
    legs: Vec<Venue>,
}

fn text(length: usize) -> String {
    "x".repeat(length)
}

#[test]
fn what_is_in_the_value_itself_takes_no_more() {
    assert_eq!((1_u64.heap_bytes(), 1.5_f64.heap_bytes(), true.heap_bytes()), (0, 0, 0));
    assert_eq!((Side::Buy.heap_bytes(), None::<String>.heap_bytes(), [1_u8; 3].heap_bytes()), (0, 0, 0));
    assert_eq!(
        (String::new().heap_bytes(), Vec::<u8>::new().heap_bytes(), Value::Null.heap_bytes()),
        (0, 0, 0)
    );
    assert_eq!((BTreeMap::<u8, u8>::new().heap_bytes(), HashMap::<u8, u8>::new().heap_bytes()), (0, 0));
    assert_eq!((Map::new().heap_bytes(), Venue::default().heap_bytes()), (0, 0));
    assert_eq!((Id::from("12").heap_bytes(), Id::from("a").heap_bytes()), (0, 32));
}

#[test]
fn an_allocation_counts_with_what_it_costs() {
    assert_eq!((text(1).heap_bytes(), text(24).heap_bytes(), text(25).heap_bytes()), (32, 32, 48));
    assert_eq!(String::with_capacity(1000).heap_bytes(), 1008, "room that is not used is taken, too");
    assert_eq!(Bytes::from(vec![0; 1000]).heap_bytes(), 1008);
    assert_eq!((Box::new(1_u64).heap_bytes(), Arc::new([0_u64; 100]).heap_bytes()), (32, 832));
}

#[test]
fn what_is_inside_of_lists_maps_and_structs_counts() {
    let venue =
        |length| Venue { mic: text(length), note: Some(text(length)), fee: 1.0, cache: vec![0; 1000] };
    // What is skipped is not counted.
    assert_eq!((venue(1000).heap_bytes(), venue(1000).cache.len()), (2 * 1008, 1000));
    let legs = vec![venue(1000), venue(1000)];
    let trade = Trade { symbol: text(1000), side: Side::Buy, venue: venue(1000), legs };
    assert_eq!(trade.legs.heap_bytes(), (2 * size_of::<Venue>() + 8).next_multiple_of(16) + 4 * 1008);
    assert_eq!(trade.heap_bytes(), 1008 + 2 * 1008 + trade.legs.heap_bytes());
    assert_eq!([text(1000), text(1000)].heap_bytes(), 2 * 1008);
    assert_eq!(Some(Box::new(text(1000))).heap_bytes(), 32 + 1008);

    let entries = || (0..100).map(|n: u32| (n.to_string(), text(1000)));
    let inside = 100 * (32 + 1008);
    let entry = 100 * 2 * size_of::<String>();
    for bytes in [
        entries().collect::<BTreeMap<_, _>>().heap_bytes(),
        entries().collect::<HashMap<_, _>>().heap_bytes(),
        entries().map(|(key, text)| (key, json!(text))).collect::<Map<_, _>>().heap_bytes(),
        json!(entries().collect::<BTreeMap<_, _>>()).heap_bytes(),
    ] {
        assert!((inside + entry..inside + 5 * entry).contains(&bytes), "{bytes}");
    }
    assert!((2 * 1008..3 * 1008).contains(&json!([text(1000), { "a": text(1000) }]).heap_bytes()));
}
