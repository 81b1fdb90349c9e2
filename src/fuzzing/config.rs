//! Settings of training runs.

use crate::learn::MappoConfig;
use crate::run::{Settings, resolved};

/// Any text as settings: refused, or settings that are written out and read back as the same ones.
pub fn config(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok((env, config)) = Settings::parse("config.toml", text).and_then(|s| s.resolve()) else {
        return;
    };
    assert!(config.check().is_ok());
    let Ok(written) = resolved(&env, &config) else {
        panic!("accepted settings cannot be written: {config:?}");
    };
    let again = Settings::parse("config.toml", &written).and_then(|s| s.resolve());
    match again {
        Ok(again) => assert_eq!(again, (env, config)),
        Err(e) => panic!("written settings are refused: {e}"),
    }
    // the one key at a time that a command line gives
    let mut settings = Settings::default();
    for line in text.lines().take(16) {
        let _ = settings.set(line);
    }
    if let Ok((_, config)) = settings.resolve() {
        assert!(MappoConfig::check(&config).is_ok());
    }
}
