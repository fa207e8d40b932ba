//! `upptid replay`: the month out of recorded facts alone, without an agent, a store or a clock.

use std::fs;
use std::path::{Path, PathBuf};

use agent::config::Config;
use contract::{History, Instant, Month, ReplayService, ResolvedTerms};

use crate::cli::{ReplayArgs, ReplayFormat};
use crate::exit::{Exit, Failure};

/// Computes the month and prints it.
pub fn run(args: &ReplayArgs) -> Result<Exit, Failure> {
    let month: Month = args.month.parse().map_err(Failure::usage)?;
    let as_of: Option<Instant> = args
        .as_of
        .as_deref()
        .map(|text| text.parse().map_err(|error| Failure::usage(format!("--as-of: {error}"))))
        .transpose()?;
    let config = Config::load_contracts(&args.config).map_err(Failure::usage)?;
    let mut terms = std::collections::BTreeMap::new();
    for (name, of_name) in &config.terms {
        let resolved = ResolvedTerms::new((**of_name).clone())
            .map_err(|error| Failure::usage(format!("[terms.{name}]: {error}")))?;
        terms.insert(name.as_str(), resolved);
    }
    let wanted = |name: &str| args.service.as_deref().is_none_or(|asked| asked == name);
    let services: Vec<ReplayService<'_>> = config
        .services
        .iter()
        .filter(|service| wanted(&service.name))
        .filter_map(|service| {
            Some(ReplayService {
                service: &service.name,
                terms: terms.get(service.terms_name.as_str())?,
                monthly_fee: service.monthly_fee.as_ref(),
            })
        })
        .collect();
    if let (Some(asked), true) = (&args.service, services.is_empty()) {
        let place = args.config.display();
        return Err(Failure::usage(format!("no service is named {asked:?} in {place}")));
    }
    let history = read_facts(&args.facts)?;
    let document = contract::replay(&history, &services, month, as_of);
    match args.format {
        ReplayFormat::Json => {
            println!("{}", serde_json::to_string(&document).map_err(Failure::usage)?);
        }
    }
    Ok(Exit::Done)
}

fn read_facts(paths: &[PathBuf]) -> Result<History, Failure> {
    let mut history = History::new();
    for path in paths {
        for file in files(path)? {
            let text = fs::read_to_string(&file).map_err(|error| {
                Failure::usage(format!("cannot read {}: {error}", file.display()))
            })?;
            history
                .read(&file.display().to_string(), &text)
                .map_err(|error| Failure::new(Exit::Damaged, error))?;
        }
    }
    Ok(history)
}

/// The file itself, or the segments of a folder in their order.
fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let cannot =
        |error: std::io::Error| Failure::usage(format!("cannot read {}: {error}", path.display()));
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(cannot)? {
        let file = entry.map_err(cannot)?.path();
        if file.extension().is_some_and(|extension| extension == "jsonl") {
            files.push(file);
        }
    }
    if files.is_empty() {
        return Err(Failure::usage(format!("{} holds no segment (*.jsonl)", path.display())));
    }
    files.sort();
    Ok(files)
}
