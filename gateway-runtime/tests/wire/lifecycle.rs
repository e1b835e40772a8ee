use std::time::Duration;

use futures::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::client::PATIENCE;
use crate::gateway::TestGateway;

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_answers_who_waits_and_closes_streams() {
    let gateway = TestGateway::with(|settings| settings.shutdown_grace = Duration::from_secs(60)).await;
    let client = gateway.client();
    let waiting = tokio::spawn(async move { client.get("/api/v1/next/trades").await });
    let mut stream = client.stream().await;
    stream.subscribe("trades").await;
    sleep(Duration::from_millis(200)).await;
    let start = Instant::now();
    let stop = tokio::spawn(gateway.stop());
    let message = timeout(PATIENCE, stream.socket.next()).await.unwrap().unwrap().unwrap();
    assert!(matches!(message, Message::Close(Some(frame)) if frame.code == CloseCode::Away));
    while let Some(Ok(_)) = stream.socket.next().await {}
    let answer = timeout(PATIENCE, waiting).await.unwrap().unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (503, r#"{"detail":"The gateway is stopping"}"#));
    timeout(PATIENCE, stop).await.unwrap().unwrap();
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
    assert!(TcpStream::connect(client.address).await.is_err(), "the port is closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_is_bounded_whatever_clients_do() {
    let gateway = TestGateway::with(|settings| settings.shutdown_grace = Duration::from_millis(500)).await;
    let client = gateway.client();
    // A client that never finishes its request, and one that never answers the close frame.
    let mut half = TcpStream::connect(client.address).await.unwrap();
    half.write_all(b"POST /api/v1/send/trades HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{")
        .await
        .unwrap();
    let _deaf = client.stream().await;
    sleep(Duration::from_millis(100)).await;
    let start = Instant::now();
    gateway.stop().await;
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_do_not_hold_up_a_stop() {
    let gateway = TestGateway::with(|settings| settings.shutdown_grace = Duration::from_secs(60)).await;
    let client = gateway.client();
    let _fresh = TcpStream::connect(client.address).await.unwrap();
    let mut kept = TcpStream::connect(client.address).await.unwrap();
    kept.write_all(b"GET /api HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert!(kept.read(&mut [0; 4096]).await.unwrap() > 0);
    sleep(Duration::from_millis(100)).await;
    timeout(PATIENCE, gateway.stop()).await.expect("stops long before the grace is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_is_answered_before_it_happens() {
    let gateway = TestGateway::start().await;
    let client = gateway.client();
    let answer = client.post("/api/v1/controls/shutdown", "").await;
    assert_eq!(answer.status, 200);
    assert_eq!((&answer.json()[0]["name"], &answer.json()[0]["status"]), (&"shutdown".into(), &"ok".into()));
    let down = async {
        while TcpStream::connect(client.address).await.is_ok() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, down).await.expect("the port closes");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_http_costs_only_its_connection() {
    let gateway = TestGateway::start().await;
    let client = gateway.client();
    for garbage in [&b"\x00\xff\x16\x03\x01"[..], b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"] {
        let mut stream = TcpStream::connect(client.address).await.unwrap();
        stream.write_all(garbage).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the connection ends");
    }
    assert_eq!(client.get("/api/v1/last/").await.status, 200);
    gateway.stop().await;
}
