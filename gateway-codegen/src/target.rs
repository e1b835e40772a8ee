//! Languages that clients are written in.

use crate::error::Result;
use crate::ir::Ir;

/// A language, or a framework, that files are generated for. It computes; the caller writes.
pub trait Target {
    /// The name on the command line.
    fn name(&self) -> &str;

    /// The files for a gateway: the same for the same gateway, in a fixed order.
    ///
    /// # Errors
    ///
    /// What of the gateway cannot be said in the language, or a setting that cannot be used.
    fn files(&self, ir: &Ir) -> Result<Vec<OutputFile>>;
}

/// A file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// Where, below the output folder, with `/` between the steps.
    pub path: String,
    /// What.
    pub text: String,
}
