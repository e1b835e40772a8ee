//! Uses every handle of the client, and prints what the client's structs say of themselves.

use gateway_client::__private::json_schema::{Definitions, Direction};
use gateway_client::{GatewayStruct, Operator, Result};
use market::gateway_client;
use market::models::{Bar, Side, Trade, Venue};

/// It is compiled and not run: there is no gateway to ask.
async fn ask(client: &market::Client, trade: Trade) -> Result<()> {
    let last: Option<gateway_client::Tick<Trade>> = client.trades().last().await?;
    println!("{:?}", last.map(|tick| tick.symbol.clone()));
    let bars: Vec<gateway_client::Tick<Bar>> = client.bars().next().await?;
    println!("{}", bars.len());
    let sent = client.trades().send(trade.clone()).await?;
    client.trades().lookup(sent.id.clone()).await?;
    client.by_side().send(Side::Buy, trade).await?;
    client.by_side().key(Side::Sell).last().await?;
    client.by_desk().key("desk".to_owned()).last().await?;
    client.states().trades().filter("price", Operator::Greater, 10.0).fetch().await?;
    client.states().by_venue().all().await?;
    client.fields().venue_name().await?;
    client.trades().stream().await?;
    client.by_desk().stream().await?;
    client.gateway().heartbeats().await?;
    Ok(())
}

fn main() {
    let client = market::Client::new("http://127.0.0.1:1").expect("an address");
    let _ = |trade| ask(&client, trade);
    let bar = Bar::new("ABC", 1.5);
    assert_eq!(bar.venue, None);
    assert_eq!(Venue::default().mic, "XNAS");
    assert!(Bar { close: f64::NAN, ..bar }.validate().is_ok());
    assert!(Venue { mic: "toolong".into(), id: None }.validate().is_err());

    let mut definitions = Definitions::new();
    definitions.record(Trade::SCHEMA, Direction::In);
    definitions.record(Bar::SCHEMA, Direction::In);
    println!("{}", gateway_client::serde_json::Value::from(definitions.into_map()));
}
