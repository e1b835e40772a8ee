use std::sync::atomic::{AtomicBool, Ordering};

use gateway_derive::GatewayStruct;
use gateway_schema::ChannelKind;
use serde_json::json;

use super::*;

#[derive(Clone, Debug, PartialEq, GatewayStruct)]
#[gateway(crate = "crate")]
struct Order {
    #[gateway(range(min = 0))]
    x: i64,
}

static CHANNEL: ChannelSchema = ChannelSchema {
    name: "orders",
    docs: "",
    kind: ChannelKind::Scalar,
    payload: Order::SCHEMA,
    key: None,
    send: true,
    stage: true,
    lookup: true,
    states: &[],
};

/// A store, the records it released, and whether releases fail.
struct Bench {
    store: Arc<StageStore<Order>>,
    released: Arc<Mutex<Vec<i64>>>,
    broken: Arc<AtomicBool>,
}

fn bench(settings: &Settings) -> Bench {
    with_room_for(usize::MAX, settings)
}

fn with_room_for(bytes: usize, settings: &Settings) -> Bench {
    let released = Arc::new(Mutex::new(Vec::new()));
    let broken = Arc::new(AtomicBool::new(false));
    let (sink, fails) = (Arc::clone(&released), Arc::clone(&broken));
    let release: Release<Order> = Box::new(move |ticks| {
        let (sink, fails) = (Arc::clone(&sink), Arc::clone(&fails));
        Box::pin(async move {
            tokio::task::yield_now().await;
            if fails.load(Ordering::Relaxed) {
                return Err(SendError::Overloaded(1));
            }
            sink.lock().unwrap().extend(ticks.iter().map(|tick| tick.value.x));
            Ok(())
        })
    });
    let store = StageStore::new(&CHANNEL, Arc::new(IdSource::starting_at(1, 0)), settings, bytes, release);
    Bench { store: Arc::new(store), released, broken }
}

fn parsed(bytes: Result<Bytes, StageError>) -> Value {
    serde_json::from_slice(&bytes.unwrap()).unwrap()
}

/// The `x` of the records by area.
fn xs(bytes: Result<Bytes, StageError>) -> Vec<(String, Vec<i64>)> {
    let contents = parsed(bytes);
    let area = |(id, records): (&String, &Value)| {
        let records = records.as_array().unwrap().iter();
        (id.clone(), records.map(|record| record["x"].as_i64().unwrap()).collect())
    };
    contents.as_object().unwrap().iter().map(area).collect()
}

impl Bench {
    fn area(&self) -> Id {
        let made = parsed(self.store.add(None, None));
        Id::from(made.as_object().unwrap().keys().next().unwrap().as_str())
    }

    fn add(&self, areas: Option<&[Id]>, x: i64) -> Vec<(String, Vec<i64>)> {
        xs(self.store.add(areas, Some(&json!({ "x": x }))))
    }

    fn held(&self) -> Vec<Vec<i64>> {
        xs(Ok(self.store.lookup(None))).into_iter().map(|(_, records)| records).collect()
    }

    fn released(&self) -> Vec<i64> {
        self.released.lock().unwrap().clone()
    }
}

#[test]
fn a_record_goes_to_the_newest_area_or_a_new_one() {
    let bench = bench(&Settings::default());
    let made = bench.add(None, 1);
    assert_eq!(made[0].1, [1]);
    let newer = bench.area();
    assert_eq!(bench.add(None, 2), [(newer.to_string(), vec![2])]);
    assert_eq!(bench.held(), [vec![1], vec![2]]);
    let listed: Value = serde_json::from_slice(&bench.store.list(None)).unwrap();
    assert_eq!(listed, json!([made[0].0, newer.to_string()]));
}

#[test]
fn a_record_is_added_only_where_it_is_missing() {
    let bench = bench(&Settings::default());
    let (a, b) = (bench.area(), bench.area());
    let record = json!({ "id": "mine", "x": 1 });
    bench.store.add(Some(std::slice::from_ref(&a)), Some(&record)).unwrap();
    assert_eq!(xs(bench.store.add(Some(&[]), Some(&record))), [(b.to_string(), vec![1])]);
    assert_eq!(bench.held(), [[1], [1]]);
}

#[test]
fn unknown_areas_and_areas_without_a_record_are_refused() {
    let bench = bench(&Settings::default());
    let nope = [Id::from("nope")];
    let unknown = bench.store.add(Some(&nope), Some(&json!({ "x": 1 })));
    assert_eq!(unknown.unwrap_err().to_string(), "Staging ID not found: nope");
    assert!(matches!(bench.store.add(Some(&nope), None), Err(StageError::NothingToAdd)));
    assert_eq!(bench.store.list(Some(&nope)), "[]");
    assert_eq!(bench.store.lookup(Some(&nope)), "{}");
    assert_eq!(xs(bench.store.remove(Some(&nope), None)), []);
}

#[test]
fn wrong_records_are_refused_with_their_problems() {
    let bench = bench(&Settings::default());
    for wrong in [json!({ "x": -1 }), json!([{ "x": 1 }]), json!({ "x": 1, "y": 2 }), json!(5)] {
        assert!(matches!(bench.store.add(None, Some(&wrong)), Err(StageError::Invalid(_))), "{wrong}");
    }
    for wrong in [json!({}), json!({ "id": [] }), json!("x")] {
        assert!(matches!(bench.store.remove(None, Some(&wrong)), Err(StageError::Invalid(_))), "{wrong}");
    }
    assert_eq!(bench.held(), Vec::<Vec<i64>>::new());
}

#[test]
fn removing_without_a_record_empties_or_drops_areas() {
    let bench = bench(&Settings::default());
    let (a, b) = (bench.area(), bench.area());
    bench.add(Some(&[]), 1);
    assert_eq!(xs(bench.store.remove(Some(std::slice::from_ref(&a)), None)), [(a.to_string(), vec![])]);
    assert_eq!(bench.held(), [vec![], vec![1]]);
    assert_eq!(xs(bench.store.remove(None, None)), [(b.to_string(), vec![])]);
    assert_eq!(bench.held(), [Vec::<i64>::new()]);
    bench.store.remove(Some(&[]), None).unwrap();
    assert_eq!(bench.held(), Vec::<Vec<i64>>::new());
    assert_eq!(parsed(bench.store.remove(None, None)), json!({}));
}

#[test]
fn removing_a_record_takes_it_from_the_newest_area_that_has_it() {
    let bench = bench(&Settings::default());
    let (a, _) = (bench.area(), bench.area());
    let record = json!({ "id": "mine", "x": 1 });
    bench.store.add(Some(std::slice::from_ref(&a)), Some(&record)).unwrap();
    assert_eq!(xs(bench.store.remove(None, Some(&record))), [(a.to_string(), vec![])]);
    assert_eq!(parsed(bench.store.remove(None, Some(&record))), json!({}));
}

#[test]
fn areas_and_records_are_bounded() {
    let settings = Settings { stage_areas: 2, stage_records: 3, ..Settings::default() };
    let bench = bench(&settings);
    let (a, _) = (bench.area(), bench.area());
    assert!(matches!(bench.store.add(None, None), Err(StageError::TooManyAreas { limit: 2, .. })));
    bench.add(Some(&[]), 1);
    bench.add(None, 2);
    let full = bench.store.add(None, Some(&json!({ "x": 3 })));
    assert!(matches!(full, Err(StageError::TooManyRecords { limit: 3, .. })));
    bench.store.remove(Some(&[a]), None).unwrap();
    bench.add(None, 3);
    assert_eq!(bench.held(), [vec![], vec![1, 2, 3]]);
}

#[tokio::test]
async fn bytes_are_bounded_and_free_again_when_records_go() {
    let bench = with_room_for(1000, &Settings::default());
    let add = |x: i64| bench.store.add(None, Some(&json!({ "x": x })));
    let fill = || (0..).find(|&x| add(x).is_err()).unwrap_or_default();
    bench.area();
    let room = fill();
    assert!((2..100).contains(&room), "{room}");
    assert!(matches!(add(room), Err(StageError::TooManyBytes { limit: 1000, .. })));
    bench.store.remove(Some(&[]), None).unwrap();
    assert_eq!(fill(), room, "after the areas were dropped");
    bench.store.release(None).await.unwrap();
    assert_eq!(fill(), room, "after the records were released");
    let newest = parsed(Ok(bench.store.list(None)))[0].as_str().map(Id::from).unwrap();
    bench.store.remove(Some(&[newest]), None).unwrap();
    assert_eq!(fill(), room, "after the area was emptied");
}

#[tokio::test]
async fn released_records_tick_in_order_and_are_gone() {
    let bench = bench(&Settings::default());
    bench.area();
    bench.add(None, 1);
    bench.add(None, 2);
    bench.area();
    bench.add(None, 3);
    assert_eq!(parsed(bench.store.release(Some(&[])).await), json!({}));
    let released = xs(bench.store.release(None).await);
    assert_eq!(released.into_iter().map(|(_, records)| records).collect::<Vec<_>>(), [vec![1, 2], vec![3]]);
    assert_eq!(bench.released(), [1, 2, 3]);
    assert_eq!(parsed(bench.store.release(None).await), json!({}));
    assert_eq!(bench.held(), Vec::<Vec<i64>>::new());
}

#[tokio::test]
async fn a_record_in_two_areas_ticks_once() {
    let bench = bench(&Settings::default());
    bench.area();
    bench.area();
    bench.add(Some(&[]), 1);
    bench.store.release(None).await.unwrap();
    assert_eq!(bench.released(), [1]);
}

#[tokio::test]
async fn what_could_not_be_sent_is_staged_as_before() {
    let bench = bench(&Settings::default());
    let a = bench.area();
    bench.add(None, 1);
    bench.area();
    bench.add(None, 2);
    bench.broken.store(true, Ordering::Relaxed);
    let refused = bench.store.release(Some(std::slice::from_ref(&a))).await;
    assert!(matches!(refused, Err(StageError::Send(SendError::Overloaded(1)))));
    assert_eq!(bench.held(), [[1], [2]], "in the old order");
    bench.broken.store(false, Ordering::Relaxed);
    bench.store.release(Some(&[a])).await.unwrap();
    assert_eq!((bench.released(), bench.held()), (vec![1], vec![vec![2]]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_clients_that_release_at_once_release_once() {
    for _ in 0..50 {
        let bench = bench(&Settings::default());
        for x in 0..20 {
            bench.area();
            bench.add(None, x);
        }
        let clients = (0..4).map(|_| {
            let store = Arc::clone(&bench.store);
            tokio::spawn(async move { store.release(None).await.map(|_| ()) })
        });
        for client in futures::future::join_all(clients).await {
            client.unwrap().unwrap();
        }
        let mut released = bench.released();
        released.sort_unstable();
        assert_eq!(released, (0..20).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_client_that_goes_away_does_not_stop_its_release() {
    let bench = bench(&Settings::default());
    bench.area();
    bench.add(None, 1);
    {
        let release = bench.store.release(None);
        futures::pin_mut!(release);
        assert!(futures::poll!(release.as_mut()).is_pending());
    }
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!((bench.released(), bench.held()), (vec![1], Vec::new()));
}
