//! Asks the running example `machine` everything that its generated client can ask, and prints a line for each
//! answer. `tests/tests/clients.rs` generates the client, builds this with it and reads the lines.

use std::time::Duration;

use futures::StreamExt;
use machine_client::Client;
use machine_client::gateway_client::{Error, GatewayStruct, Operator};
use machine_client::models::Watch;

type Failure = Box<dyn std::error::Error>;

/// A sample is taken every second.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let url = std::env::args()
        .nth(1)
        .ok_or("the address of the gateway is missing")?;
    let client = Client::new(url)?;
    tokio::time::timeout(PATIENCE, ask(&client)).await?
}

async fn ask(client: &Client) -> Result<(), Failure> {
    let next = client.cpu().next().await?;
    let last = client.cpu().last().await?.ok_or("`cpu` has ticked")?;
    println!(
        "next, last: {}",
        next.id <= last.id && next.timestamp <= last.timestamp
    );
    println!("validated: {}", last.validate().is_ok() && !last.cores.is_empty());

    let found = client.cpu().lookup(&next.id).await?;
    println!("lookup: {}", found.as_ref() == Some(&next));
    println!(
        "lookup of nothing: {:?}",
        client
            .cpu()
            .lookup("no such id")
            .await?
            .map(|tick| tick.id.clone())
    );

    let (key, traffic) = client
        .networks()
        .stream()
        .await?
        .next()
        .await
        .ok_or("the stream ended")??;
    let of_key = client
        .networks()
        .key(key.clone())
        .last()
        .await?
        .ok_or("the key has ticked")?;
    println!("basket: {}", traffic.interface == key && of_key.interface == key);

    let pid = std::process::id();
    let myself = loop {
        let found = client
            .states()
            .processes()
            .filter("pid", Operator::Equal, pid)
            .fetch()
            .await?;
        if let Some(process) = found.into_iter().next() {
            break process;
        }
        client.processes().next().await?;
    };
    println!("state: {}", myself.name);
    let all = client.states().processes().all().await?;
    println!(
        "state without a filter: {}",
        all.len() > 1 && all.iter().any(|process| process.pid == pid)
    );

    let mut watches = client.watches().stream().await?;
    let mut alerts = client.alerts().stream().await?;
    let watch = Watch::new(myself.name.clone());
    let sent = client.watches().send(watch.clone()).await?;
    println!("send: {}", sent.value == watch);
    let streamed = watches.next().await.ok_or("the stream ended")??;
    println!("stream: {}", streamed == sent);
    println!(
        "sent is last: {}",
        client.watches().last().await?.as_ref() == Some(&sent)
    );
    while let Some(alert) = alerts.next().await {
        if alert?.process.pid == pid {
            println!("alert: me");
            break;
        }
    }

    let refused = client
        .watches()
        .send(Watch {
            name: String::new(),
            cpu: -1.0,
        })
        .await;
    if let Err(Error::NotSent { problems, .. }) = &refused {
        println!("not sent: {} problems", problems.len());
    }
    let refused = client
        .states()
        .watches()
        .filter("nam", Operator::Equal, "x")
        .fetch()
        .await;
    if let Err(Error::Invalid { problems, .. }) = &refused {
        println!("invalid: {}", problems[0]);
    }
    if let Err(Error::NotFound { detail, .. }) = client.gateway().channel::<Watch>("nothing").last().await {
        println!("not found: {detail}");
    }

    println!("field: {}", client.fields().host().await?.is_string());
    client
        .gateway()
        .heartbeats()
        .await?
        .next()
        .await
        .ok_or("the stream ended")??;
    println!("heartbeat");
    Ok(())
}
