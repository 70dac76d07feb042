//! Regenerating the fixture folders gives the files that are committed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lastwrites_synth::broker_dir::Tree;
use lastwrites_synth::fixtures;

fn committed(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(folder)
}

fn files_below(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, dir: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
                continue;
            }
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            found.insert(name, fs::read(&path).unwrap());
        }
    }
    let mut found = BTreeMap::new();
    walk(dir, dir, &mut found);
    found
}

fn compare(folder: &str, expected: &Tree) {
    let found = files_below(&committed(folder));
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(&expected.0), "fixtures/{folder}");
    for (name, content) in &expected.0 {
        assert!(found[name] == *content, "fixtures/{folder}/{name} differs: regenerate (see its README.md)");
    }
}

#[test]
fn small_segments() {
    compare("synth", &fixtures::synth().unwrap());
}

#[test]
fn damaged_segments() {
    compare("damaged", &fixtures::damaged().unwrap());
}

#[test]
fn incidents() {
    compare("incident", &fixtures::incident().unwrap());
}

#[test]
fn nothing_is_written_over() {
    let dir = tempfile::tempdir().unwrap();
    let mut tree = Tree::default();
    tree.file("a/b", "text");
    tree.write(dir.path()).unwrap();
    assert_eq!(files_below(dir.path()), tree.0);
    let refused = tree.write(dir.path()).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::AlreadyExists);
}
