//! The gateway under test.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use gateway_runtime::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::{Answer, Client};

/// Where it is traded.
#[derive(Clone, Debug, Default, PartialEq, GatewayStruct)]
#[gateway(nested)]
pub(crate) struct Venue {
    /// Market identifier code.
    pub(crate) mic: String,
    pub(crate) country: Option<String>,
}

/// One execution.
#[derive(Clone, Debug, Default, PartialEq, GatewayStruct)]
pub(crate) struct Trade {
    /// Ticker symbol.
    #[gateway(length(min = 1))]
    pub(crate) symbol: String,
    /// Price.
    #[gateway(range(exclusive_min = 0.0))]
    pub(crate) price: f64,
    pub(crate) venue: Option<Venue>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, GatewayEnum)]
pub(crate) enum Side {
    #[gateway(value = 1)]
    Buy,
    #[gateway(value = 2)]
    Sell,
}

/// A field of every type.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
pub(crate) struct Everything {
    pub(crate) name: String,
    pub(crate) flag: bool,
    pub(crate) i8: i8,
    pub(crate) i64: i64,
    pub(crate) u64: u64,
    pub(crate) f32: f32,
    pub(crate) f64: f64,
    pub(crate) bytes: Bytes,
    pub(crate) date: NaiveDate,
    pub(crate) time: NaiveTime,
    pub(crate) utc: DateTime<Utc>,
    pub(crate) local: NaiveDateTime,
    pub(crate) delta: TimeDelta,
    pub(crate) uuid: Uuid,
    pub(crate) decimal: Decimal,
    pub(crate) side: Side,
    pub(crate) venue: Venue,
    pub(crate) venues: Vec<Venue>,
    pub(crate) array: [u8; 3],
    pub(crate) tags: BTreeMap<String, f64>,
    pub(crate) maybe: Option<Vec<Option<String>>>,
    pub(crate) any: Value,
}

/// A desk.
#[gateway_channels]
pub(crate) struct Desk {
    /// Every trade.
    #[channel(send, stage, state(key = "symbol"), state(key = ["symbol", "venue.mic"], alias = "by_venue"))]
    pub(crate) trades: Channel<Trade>,
    /// Trades by side.
    #[channel(send, state(key = "symbol"))]
    pub(crate) sides: Basket<Side, Trade>,
    /// Everything.
    #[channel(send, state(key = "name"))]
    pub(crate) everything: Channel<Everything>,
}

/// A running desk.
pub(crate) struct TestGateway {
    pub(crate) running: Running<Desk>,
}

impl TestGateway {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::default();
        settings.port = 0;
        settings.shutdown_grace = Duration::from_secs(2);
        change(&mut settings);
        let gateway = Gateway::<Desk>::new().module(Rest::default()).module(WebSockets).module(Sql);
        TestGateway { running: gateway.start(settings).await.expect("the gateway starts") }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.running.address())
    }

    pub(crate) async fn ask(&self, sql: &str) -> Answer {
        self.client().post("/api/v1/sql", &json!({ "sql": sql }).to_string()).await
    }

    /// The rows of a query that succeeds.
    pub(crate) async fn rows(&self, sql: &str) -> Value {
        let answer = self.ask(sql).await;
        assert_eq!(answer.status, 200, "{sql}: {}", answer.body);
        answer.json()
    }

    /// Why a query does not succeed.
    pub(crate) async fn refusal(&self, sql: &str) -> String {
        let answer = self.ask(sql).await;
        assert_eq!(answer.status, 400, "{sql}: {}", answer.body);
        answer.json()["detail"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn trade(&self, symbol: &str, price: f64, mic: Option<&str>) {
        let venue = mic.map(|mic| Venue { mic: mic.to_owned(), country: None });
        let trade = Trade { symbol: symbol.to_owned(), price, venue };
        self.running.channels().trades.send(trade).await.unwrap();
    }

    pub(crate) async fn stop(self) {
        self.running.stop().await.expect("the gateway stops cleanly");
    }
}
