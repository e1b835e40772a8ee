//! What the macros make, as a reader would see it: `tests/expansions/`. `UPDATE_EXPANSIONS=1 cargo test -p
//! gateway-derive` writes the files anew.

use std::path::Path;

use proc_macro2::TokenStream;

use super::{channels, composition, derive_enum, derive_module, derive_struct};

fn compare(name: &str, output: TokenStream) {
    let shown = prettyplease::unparse(&syn::parse2(output).unwrap());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expansions").join(name);
    if std::env::var_os("UPDATE_EXPANSIONS").is_some() {
        std::fs::write(&path, &shown).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(shown == expected, "{} is not what the macro makes now:\n{shown}", path.display());
}

#[test]
fn a_struct() {
    let output = derive_struct(
        r#"
        /// One execution report.
        #[gateway(python = "market.Trade")]
        pub struct Trade {
            /// Ticker symbol.
            #[gateway(length(min = 1, max = 12), pattern = "^[A-Z.]+$")]
            pub symbol: String,
            #[gateway(range(exclusive_min = 0, max = 1.5), custom = check::price, default = 1.0)]
            pub price: Option<f64>,
            #[gateway(skip)]
            pub cache: Vec<u8>,
            #[gateway(rename = "type", default = "limit")]
            pub kind: String,
        }
        "#,
    );
    compare("struct.rs", output);
}

#[test]
fn an_enum() {
    let output = derive_enum(
        r#"
        /// Who was the aggressor.
        #[gateway(crate = "::gateway_client")]
        pub enum Side {
            /// The buyer.
            #[gateway(rename = "BUY", value = "B")]
            Buy,
            Sell,
        }
        "#,
    );
    compare("enum.rs", output);
}

#[test]
fn a_set_of_channels() {
    let output = channels(
        "",
        r#"
        /// A market.
        pub struct Market {
            /// Every trade.
            #[channel(send, state(key = "symbol"), lookup, state(
                key = ["symbol", "venue.mic"], alias = "by_venue", rows = 10_000, bytes = "64MB", retention = "90s",
                history(rows = 100, age = "1h")
            ))]
            pub trades: Channel<Trade>,
            pub by_side: Basket<Side, Vec<Trade>>,
            #[field(value = String::from("XNAS"))]
            pub venue_name: String,
        }
        "#,
    );
    compare("channels.rs", output);
}

#[test]
fn a_module() {
    let output = derive_module(
        "
        #[module(channels = market::Market, reads(trades), optional(news), feedback(orders), writes(bars, orders))]
        pub struct Bars {
            every: Duration,
        }
        ",
    );
    compare("module.rs", output);
}

#[test]
fn a_composition() {
    let output = composition(
        "
        /// The market.
        pub fn market_gateway(every: Duration) -> Gateway<Market> {
            modules: [Feed, Bars { every }, fast = Bars { every: Duration::ZERO }, Rest::default()]
        }
        ",
    );
    compare("composition.rs", output);
}
