//! Handles of channels and baskets.

use std::fmt;
use std::marker::PhantomData;

use gateway_schema::tick::Draft;
use gateway_schema::{BasketKey, GatewayStruct, Tick};
use serde_json::Value;

use crate::client::{Client, shown};
use crate::error::{Error, Result};
use crate::offers::{CanLast, CanLookup, CanNext, CanSend};
use crate::reading;
use crate::stream::{KeyedTicks, Ticks};

/// What is known of a channel when the client is compiled: its record and, by the traits
/// [`CanLast`], [`CanNext`], [`CanSend`] and [`CanLookup`], what the gateway offers on it.
///
/// Generated clients have one type for each channel that implements it.
pub trait ChannelSpec: 'static {
    /// The struct its records are.
    type Record: GatewayStruct;
    /// Whether a tick is one record or a list.
    type Shape: Shape;
}

/// What is known of a basket: the specification of its keys' channels, and the key.
pub trait BasketSpec: ChannelSpec {
    /// The key.
    type Key: BasketKey;
}

/// Whether one tick is one record ([`Scalar`]) or a list of them ([`List`]).
pub trait Shape: 'static {
    /// What `last` gives.
    type Last<T>;
    /// What `next` gives.
    type Next<T>;

    /// Makes an answer's records what `last` gives.
    #[doc(hidden)]
    fn last<T>(ticks: Vec<T>) -> Self::Last<T>;

    /// Makes an answer's records what `next` gives; nothing if there must be one and there is none.
    #[doc(hidden)]
    fn next<T>(ticks: Vec<T>) -> Option<Self::Next<T>>;
}

/// A tick is one record.
#[derive(Debug, Clone, Copy)]
pub enum Scalar {}

/// A tick is a list of records.
#[derive(Debug, Clone, Copy)]
pub enum List {}

impl Shape for Scalar {
    type Last<T> = Option<T>;
    type Next<T> = T;

    fn last<T>(ticks: Vec<T>) -> Option<T> {
        ticks.into_iter().next_back()
    }

    fn next<T>(ticks: Vec<T>) -> Option<T> {
        ticks.into_iter().next_back()
    }
}

impl Shape for List {
    type Last<T> = Vec<T>;
    type Next<T> = Vec<T>;

    fn last<T>(ticks: Vec<T>) -> Vec<T> {
        ticks
    }

    fn next<T>(ticks: Vec<T>) -> Option<Vec<T>> {
        Some(ticks)
    }
}

/// The specification of a channel of which only the record is known: everything may be tried, and the
/// gateway answers 404 to what it does not offer.
pub struct Any<T, S = Scalar, K = String> {
    record: PhantomData<T>,
    shape: PhantomData<S>,
    key: PhantomData<K>,
}

impl<T: GatewayStruct, S: Shape, K: 'static> ChannelSpec for Any<T, S, K> {
    type Record = T;
    type Shape = S;
}

impl<T: GatewayStruct, S: Shape, K: BasketKey> BasketSpec for Any<T, S, K> {
    type Key = K;
}

impl<T: GatewayStruct, S: Shape, K: 'static> CanLast for Any<T, S, K> {}
impl<T: GatewayStruct, S: Shape, K: 'static> CanNext for Any<T, S, K> {}
impl<T: GatewayStruct, S: Shape, K: 'static> CanSend for Any<T, S, K> {}
impl<T: GatewayStruct, S: Shape, K: 'static> CanLookup for Any<T, S, K> {}

type Last<C> = <<C as ChannelSpec>::Shape as Shape>::Last<Tick<<C as ChannelSpec>::Record>>;
type Next<C> = <<C as ChannelSpec>::Shape as Shape>::Next<Tick<<C as ChannelSpec>::Record>>;

/// A channel, or one key of a basket.
pub struct Channel<C: ChannelSpec> {
    client: Client,
    name: String,
    key: Option<String>,
    durable: bool,
    spec: PhantomData<fn() -> C>,
}

impl<C: ChannelSpec> Channel<C> {
    /// The channel of this name, if the specification is right about it. Generated clients call it.
    pub fn named(client: Client, name: impl Into<String>) -> Self {
        Channel { client, name: name.into(), key: None, durable: false, spec: PhantomData }
    }

    /// The same channel; its sends are answered only when their records are in the gateway's state file, which no
    /// end of its process undoes. A gateway without one refuses them.
    #[must_use]
    pub fn durable(mut self) -> Self {
        self.durable = true;
        self
    }

    fn send_route(&self) -> Result<reqwest::Url> {
        let mut url = self.route("send")?;
        if self.durable {
            url.query_pairs_mut().append_pair("durable", "true");
        }
        Ok(url)
    }

    fn route(&self, family: &str) -> Result<reqwest::Url> {
        match &self.key {
            None => self.client.route(&[family, &self.name]),
            Some(key) if key.is_empty() => {
                let reason =
                    "the empty key cannot be a step of a path; read the whole basket instead".to_owned();
                Err(Error::Url { url: format!("{family}/{}/", self.name), reason })
            }
            Some(key) => self.client.route(&[family, &self.name, key]),
        }
    }

    /// The latest tick: of a [`Scalar`] channel an `Option`, of a [`List`] channel a `Vec`. It is empty if
    /// nothing has ticked.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when the gateway has no such channel or key, and those of any exchange.
    pub async fn last(&self) -> Result<Last<C>>
    where
        C: CanLast,
    {
        let url = self.route("last")?;
        let shown = shown(&url);
        let answer = self.client.get(url, Some(self.client.timeout())).await?;
        Ok(C::Shape::last(reading::ticks(&shown, &answer)?))
    }

    /// Waits for the next tick, as long as it takes.
    ///
    /// # Errors
    ///
    /// Those of [`Channel::last`].
    pub async fn next(&self) -> Result<Next<C>>
    where
        C: CanNext,
    {
        let url = self.route("next")?;
        let shown = shown(&url);
        let answer = self.client.get(url, None).await?;
        C::Shape::next(reading::ticks(&shown, &answer)?)
            .ok_or_else(|| Error::decode(&shown, "there should be one record, and the list is empty"))
    }

    /// Sends a record, and gives it back with its id and timestamp. Constraints are checked before it goes.
    ///
    /// # Errors
    ///
    /// [`Error::NotSent`] when the record breaks a constraint, [`Error::Invalid`] when the gateway refuses
    /// it, and those of any exchange.
    pub async fn send(&self, record: impl Into<Draft<C::Record>>) -> Result<Tick<C::Record>>
    where
        C: CanSend,
    {
        let record = record.into();
        let url = self.send_route()?;
        let shown = shown(&url);
        check(&shown, std::slice::from_ref(&record))?;
        let mut sent = reading::ticks(&shown, &self.client.post(url, &reading::draft(&record)).await?)?;
        match (sent.pop(), sent.len()) {
            (Some(tick), 0) => Ok(tick),
            _ => Err(Error::decode(&shown, "one record was sent, so one should come back")),
        }
    }

    /// Sends records in order. A [`List`] channel ticks once with all of them, a [`Scalar`] one for each.
    ///
    /// # Errors
    ///
    /// Those of [`Channel::send`]; if one record is wrong, none is sent.
    pub async fn send_all<R>(&self, records: impl IntoIterator<Item = R>) -> Result<Vec<Tick<C::Record>>>
    where
        C: CanSend,
        R: Into<Draft<C::Record>>,
    {
        let records: Vec<Draft<C::Record>> = records.into_iter().map(Into::into).collect();
        let url = self.send_route()?;
        let shown = shown(&url);
        check(&shown, &records)?;
        let body: Value = records.iter().map(reading::draft).collect();
        reading::ticks(&shown, &self.client.post(url, &body).await?)
    }

    /// The record with this id, if the gateway still has it.
    ///
    /// # Errors
    ///
    /// Those of any exchange.
    pub async fn lookup(&self, id: impl fmt::Display) -> Result<Option<Tick<C::Record>>>
    where
        C: CanLookup,
    {
        let url = self.client.route(&["lookup", &self.name, &id.to_string()])?;
        let shown = shown(&url);
        let answer = self.client.get(url, Some(self.client.timeout())).await?;
        Ok(reading::ticks(&shown, &answer)?.pop())
    }

    /// Follows the channel from now on: the gateway has said that it sends what ticks after this returns.
    /// (csp-gateway says nothing; it is given a second.)
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] when the gateway does not stream it, and those of opening a WebSocket. What goes
    /// wrong later is an item of the stream.
    pub async fn stream(&self) -> Result<Ticks<C::Record>> {
        Ticks::open(&self.client, &self.name, self.key.as_deref()).await
    }
}

/// Checks records before they go, as the gateway will when they arrive.
fn check<T: GatewayStruct>(url: &str, records: &[Draft<T>]) -> Result<()> {
    let mut problems = gateway_schema::Problems::new("body");
    for (index, record) in records.iter().enumerate() {
        if records.len() == 1 {
            record.value.validate_into(&mut problems);
        } else {
            problems.within(index, |problems| record.value.validate_into(problems));
        }
    }
    problems.into_result(Some(())).map_err(|problems| Error::NotSent { url: url.to_owned(), problems })
}

/// A basket: a channel for each key.
pub struct Basket<C: BasketSpec> {
    client: Client,
    name: String,
    spec: PhantomData<fn() -> C>,
}

impl<C: BasketSpec> Basket<C> {
    /// The basket of this name, if the specification is right about it. Generated clients call it.
    pub fn named(client: Client, name: impl Into<String>) -> Self {
        Basket { client, name: name.into(), spec: PhantomData }
    }

    fn whole(&self) -> Channel<C> {
        Channel::named(self.client.clone(), self.name.clone())
    }

    /// The channel of one key.
    #[allow(clippy::needless_pass_by_value, reason = "keys are small, and `key(Side::Buy)` reads better")]
    pub fn key(&self, key: C::Key) -> Channel<C> {
        Channel { key: Some(key.to_wire().into_owned()), ..self.whole() }
    }

    /// The latest records of all keys, without their keys.
    ///
    /// # Errors
    ///
    /// Those of [`Channel::last`].
    pub async fn last(&self) -> Result<Vec<Tick<C::Record>>>
    where
        C: CanLast,
    {
        self.read("last", Some(self.client.timeout())).await
    }

    /// Waits for any key to tick, and gives its records.
    ///
    /// # Errors
    ///
    /// Those of [`Channel::last`].
    pub async fn next(&self) -> Result<Vec<Tick<C::Record>>>
    where
        C: CanNext,
    {
        self.read("next", None).await
    }

    async fn read(&self, family: &str, timeout: Option<std::time::Duration>) -> Result<Vec<Tick<C::Record>>> {
        let url = self.client.route(&[family, &self.name])?;
        let shown = shown(&url);
        reading::ticks(&shown, &self.client.get(url, timeout).await?)
    }

    /// Sends a record to one key.
    ///
    /// # Errors
    ///
    /// Those of [`Channel::send`].
    pub async fn send(&self, key: C::Key, record: impl Into<Draft<C::Record>>) -> Result<Tick<C::Record>>
    where
        C: CanSend,
    {
        self.key(key).send(record).await
    }

    /// The record with this id, if the gateway still has it.
    ///
    /// # Errors
    ///
    /// Those of any exchange.
    pub async fn lookup(&self, id: impl fmt::Display) -> Result<Option<Tick<C::Record>>>
    where
        C: CanLookup,
    {
        self.whole().lookup(id).await
    }

    /// Follows all keys from now on.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] when the gateway does not stream it, and those of opening a WebSocket. What goes
    /// wrong later is an item of the stream.
    pub async fn stream(&self) -> Result<KeyedTicks<C::Key, C::Record>> {
        KeyedTicks::open(&self.client, &self.name).await
    }
}

impl<C: ChannelSpec> Clone for Channel<C> {
    fn clone(&self) -> Self {
        Channel {
            client: self.client.clone(),
            name: self.name.clone(),
            key: self.key.clone(),
            durable: self.durable,
            spec: PhantomData,
        }
    }
}

impl<C: BasketSpec> Clone for Basket<C> {
    fn clone(&self) -> Self {
        Basket { client: self.client.clone(), name: self.name.clone(), spec: PhantomData }
    }
}

impl<C: ChannelSpec> fmt::Debug for Channel<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").field("name", &self.name).field("key", &self.key).finish_non_exhaustive()
    }
}

impl<C: BasketSpec> fmt::Debug for Basket<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Basket").field("name", &self.name).finish_non_exhaustive()
    }
}
