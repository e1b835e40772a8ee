//! Reads the OpenAPI document of a gateway and writes typed clients.
//!
//! ```no_run
//! # async fn example() -> gateway_codegen::Result<()> {
//! use gateway_codegen::{Rust, Source, Target, output, spec};
//!
//! let document = Source::new("http://127.0.0.1:8000").load().await?;
//! let files = Rust::default().files(&spec::read(&document)?)?;
//! output::write("client".as_ref(), &files)?;
//! # Ok(()) }
//! ```
//!
//! | module | what it does |
//! |---|---|
//! | [`spec`] | reads a document into the [`ir`], or says what is wrong with it and where |
//! | [`ir`] | what a gateway is, in no language's terms |
//! | [`Target`] | a language: from the `ir` to files, without touching the disk |
//! | [`Rust`] | a crate on top of `gateway-client` |
//! | [`output`] | writes the files, or compares them with those on disk |

mod error;
pub mod ir;
pub mod output;
mod rust;
mod source;
pub mod spec;
mod target;

pub use error::{Error, Fault, Result};
pub use rust::Rust;
pub use source::Source;
pub use target::{OutputFile, Target};
