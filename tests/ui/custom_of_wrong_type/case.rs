use gateway_runtime::prelude::*;

fn positive(value: &i64) -> Result<(), String> {
    if *value > 0 { Ok(()) } else { Err("value must be positive".to_owned()) }
}

#[derive(Clone, GatewayStruct)]
pub struct Trade {
    #[gateway(custom = positive)]
    pub price: f64,
}

fn main() {}
