//! What the statement was made from, and how a reader checks it (C10.1).

use super::{Block, Section, is_provisional, plain};
use crate::document::Document;
use crate::lang::Lang;
use crate::seal::Seal;

pub(super) fn section(document: &Document, seal: Option<&Seal>, lang: Lang) -> Section {
    let ledger = &document.ledger;
    let line = lang.of(format!("rad {}", ledger.seq), format!("line {}", ledger.seq));
    let mut facts = vec![(
        lang.of("Liggare", "Ledger"),
        match ledger.hash.is_empty() {
            true => line,
            false => format!("{line}, {}", plain(&ledger.hash)),
        },
    )];
    if let Some(seal) = seal {
        facts.push((lang.of("Rapportens SHA-256", "Statement's SHA-256"), plain(&seal.sha256)));
        let key = seal.public_key.as_deref().map(plain);
        let unsigned = || lang.of("inte undertecknad", "not signed").to_owned();
        facts.push((lang.of("Nyckel (Ed25519)", "Key (Ed25519)"), key.unwrap_or_else(unsigned)));
    }
    Section {
        heading: Some(lang.of("Underlag och kontroll", "Proof").to_owned()),
        blocks: vec![Block::facts(facts), Block::Text(how_to_verify(document, lang))],
    }
}

fn how_to_verify(document: &Document, lang: Lang) -> String {
    if is_provisional(document) {
        return lang
            .of(
                "En preliminär rapport är inte undertecknad. Den fastställda rapporten görs när \
                 månaden är slut.",
                "A provisional statement is not signed. The final one is made when the month is \
                 over.",
            )
            .to_owned();
    }
    lang.of(
        "Kontrollera filen med kommandot upptid verify FIL, utan nätförbindelse. Kommandot läser \
         de undertecknade uppgifter som följer med i filen, prövar underskriften och att varje \
         tecken i rapporten stämmer med dem. Jämför nyckeln med den som leverantören har lämnat.",
        "Check the file with the command upptid verify FILE, offline. It reads the signed data \
         that the file carries, and checks the signature and that every character here follows \
         from them. Compare the key with the one that the provider has given.",
    )
    .to_owned()
}
