use futures::StreamExt;
use market_client::{Client, gateway_client::Operator, models::Trade};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).unwrap_or("http://127.0.0.1:8000".into());
    let client = Client::new(url)?;

    let mut bars = client.bars().stream().await?;
    let sent = client.trades().send(Trade { quantity: 100, ..Trade::new("ACME", 10.5) }).await?;
    println!("{} at {}", sent.symbol, sent.price);

    let dear = client.states().trades().filter("price", Operator::GreaterOrEqual, 10.0).fetch().await?;
    println!("{} symbols at 10 or more", dear.len());

    let bar = bars.next().await.ok_or("the stream ended")??;
    println!("{} traded in a second", bar.volume);
    Ok(())
}
