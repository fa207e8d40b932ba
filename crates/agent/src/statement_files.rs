//! The files of a signed statement: for people to send. They are expendable, and can be made anew
//! from the journal.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use contract::{History, SignedStatement};
use statement::{Document, Lang, Signature, csv, file_name, html, json, pdf, slugs};

/// Where the files of one statement belong: `statements/2026-10/exempelbolaget-ab.sv.html`.
pub struct StatementFiles {
    folder: PathBuf,
    slug: String,
    revision: u32,
}

impl StatementFiles {
    /// The files of `made` in the state folder. No two customers of the month share a file.
    pub fn new(state_dir: &Path, history: &History, made: &SignedStatement) -> Self {
        let settings =
            history.services().filter_map(|name| history.setting_in_force(name, made.month));
        let customers: BTreeSet<Option<String>> =
            settings.map(|set| set.customer.clone()).chain([made.customer.clone()]).collect();
        let customers: Vec<Option<String>> = customers.into_iter().collect();
        let mut named = customers.iter().zip(slugs(&customers));
        let slug = named.find(|(customer, _)| **customer == made.customer);
        StatementFiles {
            folder: state_dir.join("statements").join(made.month.to_string()),
            slug: slug.map_or_else(String::new, |(_, slug)| slug),
            revision: made.revision,
        }
    }

    /// Whether they have been written.
    pub fn exist(&self) -> bool {
        self.path(None, "json").exists()
    }

    /// Writes them: the document in every form, and in each of `langs`.
    ///
    /// # Errors
    /// Names the file that could not be written, and why.
    pub fn write(
        &self,
        document: &Document,
        bytes: &str,
        made: &SignedStatement,
        langs: &[Lang],
    ) -> Result<(), String> {
        let signature =
            Signature { public_key: made.public_key.clone(), value: made.signature.clone() };
        let signed = json::file(bytes, Some(&signature));
        fs::create_dir_all(&self.folder).map_err(|error| failed(&self.folder, &error))?;
        for &lang in langs {
            self.put(Some(lang), "html", html::render(document, &signed, lang).as_bytes())?;
            self.put(Some(lang), "pdf", &pdf::render(document, &signed, lang))?;
        }
        self.put(None, "csv", csv::render(document).as_bytes())?;
        // The last: where it is, the others are.
        self.put(None, "json", signed.as_bytes())?;
        let synced = File::open(&self.folder).and_then(|folder| folder.sync_all());
        synced.map_err(|error| failed(&self.folder, &error))
    }

    fn path(&self, lang: Option<Lang>, extension: &str) -> PathBuf {
        self.folder.join(file_name(&self.slug, self.revision, lang, extension))
    }

    /// Where a file has its name, all of it is on the disk.
    fn put(&self, lang: Option<Lang>, extension: &str, bytes: &[u8]) -> Result<(), String> {
        let path = self.path(lang, extension);
        let unfinished = path.with_extension(format!("{extension}.new"));
        let write = || -> io::Result<()> {
            let mut file = File::create(&unfinished)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&unfinished, &path)
        };
        write().map_err(|error| failed(&path, &error))
    }
}

fn failed(path: &Path, error: &io::Error) -> String {
    format!("cannot write {}: {error}", path.display())
}
