//! A gateway that answers as a test wants, on a port of its own.

#![allow(dead_code, reason = "each test file uses a part of it")]

use axum::Router;
use gateway_client::{Client, GatewayEnum, GatewayStruct};

/// A trade.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
#[gateway(crate = "::gateway_client")]
pub(crate) struct Trade {
    pub symbol: String,
    #[gateway(range(exclusive_min = 0.0))]
    pub price: f64,
    #[gateway(default = 1)]
    pub quantity: u32,
    pub venue: Option<Venue>,
}

/// A venue.
#[derive(Clone, Debug, PartialEq, GatewayStruct)]
#[gateway(crate = "::gateway_client", nested)]
pub(crate) struct Venue {
    pub mic: String,
}

/// A side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, GatewayEnum)]
#[gateway(crate = "::gateway_client")]
pub(crate) enum Side {
    #[gateway(rename = "BUY", value = "B")]
    Buy,
    #[gateway(rename = "SELL", value = "S")]
    Sell,
}

pub(crate) fn trade(price: f64) -> Trade {
    Trade { symbol: "ABC".to_owned(), price, quantity: 1, venue: None }
}

/// Serves the routes until the test's runtime ends, and gives their address.
pub(crate) async fn serve(routes: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, routes).await });
    format!("http://{address}")
}

pub(crate) async fn client(routes: Router) -> Client {
    Client::new(serve(routes).await).expect("an address")
}

/// Answers every connection with these bytes, and closes it.
pub(crate) async fn serve_bytes(answer: &'static [u8]) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = socket.read(&mut request).await;
            let _ = socket.write_all(answer).await;
        }
    });
    format!("http://{address}")
}
