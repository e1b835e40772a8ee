//! The wire: a real gateway on a free port, and what it answers, byte for byte where it matters.

mod client;
mod documents;
mod gateway;
mod lifecycle;
mod refusals;
mod rest;
mod staging;
mod websocket;
