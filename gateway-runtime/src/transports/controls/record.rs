//! The record of a control.

use gateway_derive::GatewayStruct;
use serde_json::{Map, Value};

/// What a control answers, and what the channel `controls` carries if a gateway has one.
#[derive(Debug, Clone, PartialEq, GatewayStruct)]
#[gateway(python = "csp_gateway.utils.web.controls.Controls", crate = "crate")]
pub struct Controls {
    /// Which control: `heartbeat`, `stats`, `shutdown`.
    #[gateway(default = "none")]
    pub name: String,
    /// What came of it: `ok`, or `none` when nothing was done.
    #[gateway(default = "none")]
    pub status: String,
    /// The figures, by name.
    #[gateway(default)]
    pub data: Map<String, Value>,
    /// `data` as a JSON text; empty when `data` is.
    #[gateway(default)]
    pub data_str: String,
}

impl Default for Controls {
    fn default() -> Self {
        Controls {
            name: "none".to_owned(),
            status: "none".to_owned(),
            data: Map::new(),
            data_str: String::new(),
        }
    }
}
