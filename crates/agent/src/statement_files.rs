//! The files of a signed statement: for people to send. They are expendable, and can be made anew
//! from the journal.

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use contract::{History, Month, SignedStatement};
use statement::{
    Checked, Document, Form, Lang, Signature, check, csv, file_name, html, json, pdf, sha256, slugs,
};

/// Longer ones are not read.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Where a month's statements belong: `statements/2026-10`.
pub struct MonthFolder {
    path: PathBuf,
    /// How each customer is called in file names. No two share one.
    slugs: HashMap<Option<String>, String>,
}

impl MonthFolder {
    /// The folder of `month` in the state folder.
    pub fn new(state_dir: &Path, history: &History, month: Month) -> Self {
        let settings = history.services().filter_map(|name| history.setting_in_force(name, month));
        let customers: BTreeSet<Option<&str>> =
            settings.map(|set| set.customer.as_deref()).collect();
        let customers: Vec<Option<String>> =
            customers.into_iter().map(|customer| customer.map(str::to_owned)).collect();
        let slugs = slugs(&customers);
        MonthFolder {
            path: state_dir.join("statements").join(month.to_string()),
            slugs: customers.into_iter().zip(slugs).collect(),
        }
    }

    /// The files of a statement of the month.
    pub fn files(&self, made: &SignedStatement) -> StatementFiles<'_> {
        let slug = self.slugs.get(&made.customer).map_or("customer", String::as_str);
        StatementFiles { folder: &self.path, slug, revision: made.revision }
    }
}

/// The files of one statement: `exempelbolaget-ab.sv.html`, and so on.
pub struct StatementFiles<'a> {
    folder: &'a Path,
    slug: &'a str,
    revision: u32,
}

impl StatementFiles<'_> {
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
        let signed = signed_json(bytes, made);
        fs::create_dir_all(self.folder).map_err(|error| failed(self.folder, &error))?;
        for &lang in langs {
            self.put(Some(lang), "html", html::render(document, &signed, lang).as_bytes())?;
            self.put(Some(lang), "pdf", &pdf::render(document, &signed, lang))?;
        }
        self.put(None, "csv", csv::render(document).as_bytes())?;
        // The last: where it is, the others are.
        self.put(None, "json", signed.as_bytes())?;
        let synced = File::open(self.folder).and_then(|folder| folder.sync_all());
        synced.map_err(|error| failed(self.folder, &error))
    }

    /// What one of them is called: `exempelbolaget-ab.sv.pdf`.
    pub fn name(&self, lang: Option<Lang>, extension: &str) -> String {
        file_name(self.slug, self.revision, lang, extension)
    }

    /// Reads one of them; none if it is not there, or does not say to the bit what was signed
    /// (C10.1).
    pub fn read(
        &self,
        lang: Option<Lang>,
        form: Form,
        made: &SignedStatement,
    ) -> Option<(Checked, Vec<u8>)> {
        let extension = match form {
            Form::Json => "json",
            Form::Html => "html",
            Form::Pdf => "pdf",
        };
        let path = self.path(lang, extension);
        let bytes = read_own(&path, FILE_BYTES_MAX)?;
        let checked = check(&bytes, form).ok()?;
        let is_it = sha256(&checked.bytes) == made.sha256
            && checked.signature.as_ref() == Some(&signature(made));
        is_it.then_some((checked, bytes))
    }

    fn path(&self, lang: Option<Lang>, extension: &str) -> PathBuf {
        self.folder.join(self.name(lang, extension))
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

/// The JSON file of a statement, of whose document these are the bytes.
pub fn signed_json(bytes: &str, made: &SignedStatement) -> String {
    json::file(bytes, Some(&signature(made)))
}

/// Reads a file that the agent itself has put there: no link leads out of the folder. None if there
/// is none, or it is longer than `bytes_max`.
pub fn read_own(path: &Path, bytes_max: u64) -> Option<Vec<u8>> {
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW).open(path).ok()?;
    let about = file.metadata().ok()?;
    if !about.is_file() || about.len() > bytes_max {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(bytes_max).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn signature(made: &SignedStatement) -> Signature {
    Signature { public_key: made.public_key.clone(), value: made.signature.clone() }
}

fn failed(path: &Path, error: &io::Error) -> String {
    format!("cannot write {}: {error}", path.display())
}
