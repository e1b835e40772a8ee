//! The client: a method for each channel, state table and static field.

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::outer;
use super::names::Naming;
use crate::ir::Ir;

pub(super) fn emit(ir: &Ir, naming: &Naming) -> TokenStream {
    let channels =
        ir.channels.iter().zip(naming.channels.iter().zip(&naming.specs)).map(|(channel, (method, spec))| {
            let docs = outer(&channel.docs, &format!("The channel `{}`.", channel.name));
            let name = &channel.name;
            let handle = if channel.key.is_some() { quote!(Basket) } else { quote!(Channel) };
            quote! {
                #docs
                pub fn #method(&self) -> gateway_client::#handle<crate::channels::#spec> {
                    gateway_client::#handle::named(self.client.clone(), #name)
                }
            }
        });
    let states = states(ir, naming);
    let states_method = states.is_some().then(|| {
        quote! {
            /// The state tables.
            pub fn states(&self) -> States {
                States { client: self.client.clone() }
            }
        }
    });
    let fields = fields(ir, naming);
    let fields_method = fields.is_some().then(|| {
        quote! {
            /// The static fields.
            pub fn fields(&self) -> Fields {
                Fields { client: self.client.clone() }
            }
        }
    });
    let prefix = (ir.prefix != "/api/v1").then(|| {
        let prefix = &ir.prefix;
        quote!(.api_prefix(#prefix))
    });
    quote! {
        //! The client.

        /// A client of the gateway. Clones share their connections.
        #[derive(Clone, Debug)]
        pub struct Client {
            client: gateway_client::Client,
        }

        impl Client {
            /// A client of the gateway at `url`, like `http://127.0.0.1:8000`.
            ///
            /// For credentials and other settings, make it from a `gateway_client::Client`.
            ///
            /// # Errors
            ///
            /// `gateway_client::Error::Url` when it is not an address.
            pub fn new(url: impl Into<String>) -> gateway_client::Result<Self> {
                let client = gateway_client::Client::builder(url) #prefix .build()?;
                Ok(Client { client })
            }

            /// The client below, for routes without a method of their own, and heartbeats.
            pub fn gateway(&self) -> &gateway_client::Client {
                &self.client
            }

            #(#channels)*
            #states_method
            #fields_method
        }

        impl From<gateway_client::Client> for Client {
            fn from(client: gateway_client::Client) -> Self {
                Client { client }
            }
        }

        #states
        #fields
    }
}

fn states(ir: &Ir, naming: &Naming) -> Option<TokenStream> {
    if ir.states.is_empty() {
        return None;
    }
    let methods = ir.states.iter().zip(&naming.states).map(|(state, method)| {
        let mut text = match state.docs.trim() {
            "" => format!("The state table `{}`.", state.alias),
            docs => docs.to_owned(),
        };
        if !state.key.is_empty() {
            text.push_str(&format!("\n\nThe latest record for each `{}`.", state.key.join("`, `")));
        }
        let docs = outer(&text, "");
        let (alias, record) = (&state.alias, &naming.structs[state.record.0]);
        quote! {
            #docs
            pub fn #method(&self) -> gateway_client::State<crate::models::#record> {
                gateway_client::State::new(self.client.clone(), #alias)
            }
        }
    });
    Some(quote! {
        /// The gateway's state tables: the latest record per key.
        #[derive(Clone, Debug)]
        pub struct States {
            client: gateway_client::Client,
        }

        impl States { #(#methods)* }
    })
}

fn fields(ir: &Ir, naming: &Naming) -> Option<TokenStream> {
    if ir.fields.is_empty() {
        return None;
    }
    let methods = ir.fields.iter().zip(&naming.fields).map(|(field, method)| {
        let docs = outer(&field.docs, &format!("The static field `{}`.", field.name));
        let path = format!("field/{}", field.name);
        quote! {
            #docs
            pub async fn #method(&self) -> gateway_client::Result<gateway_client::serde_json::Value> {
                self.client.get_json(#path).await
            }
        }
    });
    Some(quote! {
        /// The gateway's static fields.
        #[derive(Clone, Debug)]
        pub struct Fields {
            client: gateway_client::Client,
        }

        impl Fields { #(#methods)* }
    })
}

/// A few lines for the crate's documentation, with a channel that the gateway has.
pub(super) fn example(ir: &Ir, naming: &Naming, package: &str) -> Vec<String> {
    let krate = package.replace('-', "_");
    let Some(index) = ir.channels.iter().position(|channel| channel.offers.last) else {
        return Vec::new();
    };
    let method = &naming.channels[index];
    [
        "".to_owned(),
        " ```no_run".to_owned(),
        format!(" # async fn example() -> {krate}::gateway_client::Result<()> {{"),
        format!(" let client = {krate}::Client::new(\"http://127.0.0.1:8000\")?;"),
        format!(" println!(\"{{:?}}\", client.{method}().last().await?);"),
        " # Ok(()) }".to_owned(),
        " ```".to_owned(),
    ]
    .into()
}
