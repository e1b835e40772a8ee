//! State tables: the latest record per key.

use std::fmt;
use std::marker::PhantomData;

use gateway_schema::filter::{Clause, Comparison, Operator, Page, Sort};
use gateway_schema::{Filter, GatewayStruct, Query, Tick, Timestamp};
use reqwest::Url;
use serde_json::{Map, Value};

#[cfg(feature = "arrow")]
use crate::batches::Batches;
use crate::client::{Client, shown};
use crate::error::{Error, Result};
use crate::reading;

/// A state table.
pub struct State<T> {
    client: Client,
    alias: String,
    record: PhantomData<fn() -> T>,
}

impl<T: GatewayStruct> State<T> {
    /// The table of this alias, if its records are `T`. Generated clients call it.
    pub fn new(client: Client, alias: impl Into<String>) -> Self {
        State { client, alias: alias.into(), record: PhantomData }
    }

    /// The latest record of every key, in order of the keys.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when the gateway has no such table, and those of any exchange.
    pub async fn all(&self) -> Result<Vec<Tick<T>>> {
        self.fetch(None).await
    }

    /// The records that satisfy a query.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when the query names a column that is not there or a value that is not of the
    /// column's type, and those of [`State::all`].
    pub async fn query(&self, query: &Query) -> Result<Vec<Tick<T>>> {
        self.fetch(Some(query)).await
    }

    /// Asks for one page: the records, as many as the query's limit, and the cursor to the next ones, for
    /// [`Query::cursor`], if there are more.
    ///
    /// # Errors
    ///
    /// Those of [`State::query`].
    pub async fn page(&self, query: &Query) -> Result<Page<Tick<T>>> {
        let (shown, answer, next) = self.exchange(Some(query)).await?;
        Ok(Page { records: reading::ticks(&shown, &answer)?, next })
    }

    /// Asks for some columns only, those of [`Query::select`]: objects by the columns' dotted names.
    ///
    /// # Errors
    ///
    /// Those of [`State::query`].
    pub async fn rows(&self, query: &Query) -> Result<Page<Map<String, Value>>> {
        let (shown, answer, next) = self.exchange(Some(query)).await?;
        let rows =
            serde_json::from_value(answer).map_err(|error| Error::decode(&shown, error.to_string()))?;
        Ok(Page { records: rows, next })
    }

    /// Asks for records, or with [`Query::select`] for some of their columns, as Arrow batches: the columns that the
    /// table has in SQL, with lists and maps as JSON text.
    ///
    /// # Errors
    ///
    /// Those of [`State::query`].
    #[cfg(feature = "arrow")]
    pub async fn arrow(&self, query: &Query) -> Result<Batches> {
        Batches::open(&self.client, reqwest::Method::GET, self.address(Some(query))?, None).await
    }

    /// Starts a selection: records whose `column` (dotted for nested ones) compares so with `value`.
    pub fn filter(
        &self,
        column: impl Into<String>,
        operator: Operator,
        value: impl Into<Value>,
    ) -> Selection<T> {
        self.select().filter(column, operator, value)
    }

    /// A selection of everything, to be narrowed.
    pub fn select(&self) -> Selection<T> {
        Selection { state: self.clone(), query: Query::default() }
    }

    async fn fetch(&self, query: Option<&Query>) -> Result<Vec<Tick<T>>> {
        let (shown, answer, _) = self.exchange(query).await?;
        reading::ticks(&shown, &answer)
    }

    /// The address as it is shown, the answer, and the cursor to the next records.
    async fn exchange(&self, query: Option<&Query>) -> Result<(String, Value, Option<String>)> {
        let url = self.address(query)?;
        let shown = shown(&url);
        let (answer, next) = self.client.get_page(url).await?;
        Ok((shown, answer, next))
    }

    fn address(&self, query: Option<&Query>) -> Result<Url> {
        let mut url = self.client.route(&["state", &self.alias])?;
        if let Some(query) = query {
            let text = serde_json::to_string(query)
                .map_err(|error| Error::decode(&shown(&url), error.to_string()))?;
            url.query_pairs_mut().append_pair("query", &text);
        }
        Ok(url)
    }
}

/// Records of a state table that satisfy every one of some filters.
///
/// ```no_run
/// # async fn example<Process: gateway_client::GatewayStruct>(client: gateway_client::Client) -> gateway_client::Result<()> {
/// use gateway_client::Operator;
///
/// let processes = client.state::<Process>("processes");
/// let busy = processes.filter("cpu", Operator::Greater, 10.0).filter("user", Operator::Equal, "root").fetch().await?;
/// let top = processes.select().sort("-cpu").limit(10).select(["pid", "name", "cpu"]).await?;
/// # Ok(()) }
/// ```
#[must_use = "a selection does nothing until `fetch`"]
pub struct Selection<T> {
    state: State<T>,
    query: Query,
}

impl<T: GatewayStruct> Selection<T> {
    /// Only records whose `column` compares so with `value`.
    pub fn filter(self, column: impl Into<String>, operator: Operator, value: impl Into<Value>) -> Self {
        self.and(column, Comparison { value: Some(value.into()), operator, ..Comparison::default() })
    }

    /// Only records whose `column` compares so with an instant.
    pub fn filter_when(
        self,
        column: impl Into<String>,
        operator: Operator,
        when: impl Into<Timestamp>,
    ) -> Self {
        let when = Some(when.into().to_string());
        self.and(column, Comparison { when, operator, ..Comparison::default() })
    }

    /// Only records whose `column` compares so with another column.
    pub fn filter_column(
        self,
        column: impl Into<String>,
        operator: Operator,
        other: impl Into<String>,
    ) -> Self {
        self.and(column, Comparison { attr: Some(other.into()), operator, ..Comparison::default() })
    }

    /// Only records whose `column` has no value, or with `false` those that have one.
    pub fn filter_null(self, column: impl Into<String>, is_null: bool) -> Self {
        let operator = if is_null { Operator::IsNull } else { Operator::IsNotNull };
        self.and(column, Comparison { operator, ..Comparison::default() })
    }

    /// Only records for which at least one of these holds: [`Filter`]s, or groups of them.
    pub fn any_of<C: Into<Clause>>(mut self, clauses: impl IntoIterator<Item = C>) -> Self {
        let any = clauses.into_iter().map(Into::into).collect();
        self.query.filters.push(Clause::Any { any });
        self
    }

    /// Sorts by `column`, `-column` from the largest to the smallest; then by what is given next, and by key
    /// in the end.
    pub fn sort(mut self, column: impl AsRef<str>) -> Self {
        self.query.sort.push(Sort::parse(column.as_ref()));
        self
    }

    /// At most so many records.
    pub fn limit(mut self, limit: usize) -> Self {
        self.query.limit = Some(limit);
        self
    }

    /// Only the records after a cursor, which [`Selection::page`] gave for the same order.
    pub fn after(mut self, cursor: impl Into<String>) -> Self {
        self.query.cursor = Some(cursor.into());
        self
    }

    fn and(mut self, column: impl Into<String>, by: Comparison) -> Self {
        self.query.filters.push(Filter { attr: column.into(), by }.into());
        self
    }

    /// Asks for one page: at most as many records as the limit, and the cursor to the next ones.
    ///
    /// # Errors
    ///
    /// Those of [`State::query`].
    pub async fn page(&self) -> Result<Page<Tick<T>>> {
        self.state.page(&self.query).await
    }

    /// Asks for some columns only: objects by their dotted names.
    ///
    /// # Errors
    ///
    /// Those of [`State::query`].
    pub async fn select<C: Into<String>>(
        &self,
        columns: impl IntoIterator<Item = C>,
    ) -> Result<Vec<Map<String, Value>>> {
        let select = Some(columns.into_iter().map(Into::into).collect());
        let query = Query { select, ..self.query.clone() };
        Ok(self.state.rows(&query).await?.records)
    }

    /// Asks for the records as Arrow batches.
    ///
    /// # Errors
    ///
    /// Those of [`State::query`].
    #[cfg(feature = "arrow")]
    pub async fn arrow(&self) -> Result<Batches> {
        self.state.arrow(&self.query).await
    }

    /// Asks for the records.
    ///
    /// # Errors
    ///
    /// Those of [`State::query`].
    pub async fn fetch(&self) -> Result<Vec<Tick<T>>> {
        self.state.query(&self.query).await
    }
}

impl<T> Clone for State<T> {
    fn clone(&self) -> Self {
        State { client: self.client.clone(), alias: self.alias.clone(), record: PhantomData }
    }
}

impl<T> Clone for Selection<T> {
    fn clone(&self) -> Self {
        Selection { state: self.state.clone(), query: self.query.clone() }
    }
}

impl<T> fmt::Debug for State<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("alias", &self.alias).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Selection<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Selection").field("state", &self.state).field("query", &self.query).finish()
    }
}
