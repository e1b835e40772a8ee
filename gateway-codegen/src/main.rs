//! The `gateway-codegen` command.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use gateway_codegen::{Error, Rust, Source, Target, output, spec};

/// Writes a typed client of a gateway from its OpenAPI document.
#[derive(Parser)]
#[command(name = "gateway-codegen", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// A Rust crate with a method for each channel and state table, on top of `gateway-client`.
    ///
    /// Example: gateway-codegen rust --from http://127.0.0.1:8000 --out my-client
    Rust(RustArguments),
}

#[derive(Args)]
struct RustArguments {
    #[command(flatten)]
    common: CommonArguments,
    /// The crate's name [default: the document's title with `-client`]
    #[arg(long, value_name = "CRATE")]
    name: Option<String>,
    /// Where `gateway-client` is, as the crate's Cargo.toml should say it [default: by version]
    #[arg(long, value_name = "PATH")]
    client_path: Option<String>,
}

#[derive(Args)]
struct CommonArguments {
    /// A running gateway (http://127.0.0.1:8000), the address of a document, or a file
    #[arg(long, value_name = "URL|FILE")]
    from: String,
    /// The folder to write to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Write nothing; fail if a file in the folder is not what would be written
    #[arg(long)]
    check: bool,
    /// The gateway's API key, sent as `?token=`
    #[arg(long, value_name = "KEY", env = "GATEWAY_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
    /// The gateway's bearer token
    #[arg(long, value_name = "TOKEN", env = "GATEWAY_BEARER_TOKEN", hide_env_values = true)]
    bearer_token: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Command::Rust(arguments) = Arguments::parse().command;
    let target = Rust { name: arguments.name, client_path: arguments.client_path };
    match generate(&target, arguments.common).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn generate(target: &dyn Target, arguments: CommonArguments) -> Result<(), Error> {
    let source =
        Source { from: arguments.from, api_key: arguments.api_key, bearer_token: arguments.bearer_token };
    let ir = spec::read(&source.load().await?)?;
    let files = target.files(&ir)?;
    let folder = arguments.out.display();
    if arguments.check {
        output::check(&arguments.out, &files)?;
        println!("{folder} is up to date ({} files)", files.len());
    } else {
        let written = output::write(&arguments.out, &files)?;
        println!(
            "{folder}: {} of {} files written; {} channels, {} states",
            written.len(),
            files.len(),
            ir.channels.len(),
            ir.states.len()
        );
    }
    Ok(())
}
