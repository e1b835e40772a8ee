//! Writing the files, or comparing them with those that are there.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::target::OutputFile;

/// Writes the files below a folder, which is made if needed. Files that are right already are not touched, so
/// that nothing is compiled again for them. Gives the paths that were written.
///
/// # Errors
///
/// The first file that cannot be written.
pub fn write(folder: &Path, files: &[OutputFile]) -> Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    for file in files {
        let path = folder.join(&file.path);
        if present(&path)?.as_deref() == Some(file.text.as_bytes()) {
            continue;
        }
        let failed = |source| Error::File { path: path.clone(), source };
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(failed)?;
        }
        fs::write(&path, &file.text).map_err(failed)?;
        written.push(path);
    }
    Ok(written)
}

/// Compares the files with those below a folder, and writes nothing.
///
/// # Errors
///
/// [`Error::Drift`] with every file that differs.
pub fn check(folder: &Path, files: &[OutputFile]) -> Result<()> {
    let mut drift = Vec::new();
    for file in files {
        let path = folder.join(&file.path);
        match present(&path)? {
            None => drift.push(Drift { path, line: None }),
            Some(text) if text != file.text.as_bytes() => {
                drift.push(Drift { path, line: Some(first_difference(&text, file.text.as_bytes())) });
            }
            Some(_) => {}
        }
    }
    if drift.is_empty() { Ok(()) } else { Err(Error::Drift(drift)) }
}

fn present(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::File { path: path.to_owned(), source }),
    }
}

/// The number of the first line, from 1, in which two texts differ.
fn first_difference(a: &[u8], b: &[u8]) -> usize {
    let same = a.split(|&byte| byte == b'\n').zip(b.split(|&byte| byte == b'\n')).take_while(|(a, b)| a == b);
    same.count() + 1
}

/// A file that is not what would be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// The file.
    pub path: PathBuf,
    /// The first line that differs, from 1; none when there is no such file.
    pub line: Option<usize>,
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{} differs from line {line} on", self.path.display()),
            None => write!(f, "{} is missing", self.path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> OutputFile {
        OutputFile { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn what_was_written_is_up_to_date_and_is_not_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let files = [file("Cargo.toml", "a\n"), file("src/lib.rs", "b\nc\n")];
        assert_eq!(write(folder.path(), &files).unwrap().len(), 2);
        check(folder.path(), &files).unwrap();
        assert!(write(folder.path(), &files).unwrap().is_empty());
    }

    #[test]
    fn drift_names_every_file_and_writes_none() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[file("src/lib.rs", "b\nc\n")]).unwrap();
        let error =
            check(folder.path(), &[file("Cargo.toml", "a"), file("src/lib.rs", "b\nd\n")]).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("Cargo.toml is missing") && text.contains("lib.rs differs from line 2 on"),
            "{text}"
        );
        assert!(!folder.path().join("Cargo.toml").exists());
    }

    #[test]
    fn a_folder_in_a_files_place_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("Cargo.toml")).unwrap();
        let error = write(folder.path(), &[file("Cargo.toml", "a")]).unwrap_err();
        assert!(error.to_string().contains("Cargo.toml"), "{error}");
    }
}
