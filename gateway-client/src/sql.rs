//! SQL over the gateway's state tables.

use serde_json::{Map, Value, json};

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

    /// The tables that SQL can be asked about: names, columns, keys, rows.
    ///
    /// # Errors
    ///
    /// Those of [`Client::get_json`].
    pub async fn tables(&self) -> Result<Value> {
        self.get_json("tables").await
    }
}
