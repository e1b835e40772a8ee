//! SQL over the gateway's state tables.

use serde_json::{Map, Value, json};

#[cfg(feature = "arrow")]
use crate::batches::Batches;
use crate::client::{Client, shown};
use crate::error::{Error, Result};

impl Client {
    /// The rows of a query in DuckDB's dialect over the state tables, an object each. `?` and `$1` in it stand for
    /// `params`, which are numbers, texts, truth values or null.
    ///
    /// ```no_run
    /// # async fn example(client: gateway_client::Client) -> gateway_client::Result<()> {
    /// let query = "SELECT name, sum(memory) AS bytes FROM processes WHERE cpu > ? GROUP BY name";
    /// for row in client.sql(query, &[1.5.into()]).await? {
    ///     println!("{} {}", row["name"], row["bytes"]);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// What DuckDB says of a query that is wrong or exceeds a limit of the gateway's, [`Error::NotFound`] when the
    /// gateway has no SQL, and those of any exchange.
    pub async fn sql(&self, query: &str, params: &[Value]) -> Result<Vec<Map<String, Value>>> {
        let url = self.route(&["sql"])?;
        let shown = shown(&url);
        let answer = self.post(url, &json!({ "sql": query, "params": params })).await?;
        serde_json::from_value(answer).map_err(|error| Error::decode(&shown, format!("not rows: {error}")))
    }

    /// The same as Arrow batches, which come while the query runs.
    ///
    /// ```no_run
    /// # async fn example(client: gateway_client::Client) -> gateway_client::Result<()> {
    /// use futures::TryStreamExt;
    ///
    /// let mut batches = client.sql_arrow("SELECT * FROM processes", &[]).await?;
    /// println!("{}", batches.schema());
    /// while let Some(batch) = batches.try_next().await? {
    ///     println!("{} rows", batch.num_rows());
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`Client::sql`].
    #[cfg(feature = "arrow")]
    pub async fn sql_arrow(&self, query: &str, params: &[Value]) -> Result<Batches> {
        let body = json!({ "sql": query, "params": params });
        Batches::open(self, reqwest::Method::POST, self.route(&["sql"])?, Some(&body)).await
    }

    /// The tables that SQL can be asked about: names, columns, keys, rows.
    ///
    /// # Errors
    ///
    /// Those of [`Client::get_json`].
    pub async fn tables(&self) -> Result<Value> {
        self.get_json("tables").await
    }
}
