//! Hands the versions of the loggers that are built in to the program, as Cargo resolved them.

use std::{env, fs, path::Path};

/// The version that Cargo.lock has of a package.
fn version_of<'a>(package: &str, lock: &'a str) -> &'a str {
    let head = format!("name = \"{package}\"\nversion = \"");
    let start = lock.find(&head).unwrap_or_else(|| panic!("{package} is not in Cargo.lock")) + head.len();
    lock[start..].split('"').next().unwrap_or_default()
}

fn main() {
    let lock_path = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("Cargo sets it")).join("Cargo.lock");
    let lock = fs::read_to_string(&lock_path).expect("Cargo wrote it");
    println!("cargo::rerun-if-changed={}", lock_path.display());
    println!("cargo::rustc-env=TRACING_VERSION={}", version_of("tracing", &lock));
    println!("cargo::rustc-env=SLOG_VERSION={}", version_of("slog", &lock));
}
