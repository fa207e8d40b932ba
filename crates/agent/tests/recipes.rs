//! The recipes of `docs/recipes.md` are accepted as they stand.

use std::fs;
use std::path::Path;

use agent::config::Config;

#[test]
fn the_documented_recipes_are_accepted() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/recipes.md");
    let text = fs::read_to_string(docs).unwrap();
    let blocks = text.split("```toml\n").skip(1);
    let recipes: Vec<&str> = blocks.map(|block| block.split("```").next().unwrap()).collect();
    assert_eq!(recipes.len(), 4);

    let folder = tempfile::tempdir().unwrap();
    let credentials =
        text.split("credential = \"").skip(1).filter_map(|rest| rest.split('"').next());
    for name in credentials.filter(|name| name.is_ascii()) {
        fs::write(folder.path().join(name), "JBSWY3DPEHPK3PXP\n").unwrap();
    }
    let witness = "[witness]\ntargets = [{ name = \"gateway\", tcp = \"192.0.2.1:443\" }]\n";
    let path = folder.path().join("upptid.toml");
    fs::write(&path, format!("{witness}{}", recipes.concat())).unwrap();
    let config = Config::load(&path, Some(folder.path())).unwrap();
    assert!(config.warnings.is_empty(), "{}", config.warnings);
    assert_eq!(config.services.len(), 4);
    for service in &config.services {
        assert_eq!(service.logins[0].kind.as_str(), "recipe");
    }
}
