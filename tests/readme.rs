//! The README's run is a real one.

use std::process::Command;

#[test]
fn the_readme_shows_what_examine_prints() {
    let root = env!("CARGO_MANIFEST_DIR");
    let readme = std::fs::read_to_string(format!("{root}/README.md")).expect("the README");
    let shown = readme.split("$ lastwrites examine ").nth(1).expect("an example run");
    let (arguments, shown) = shown.split_once('\n').expect("output below the command");
    let shown = shown.split("```").next().expect("the end of the example");
    let run = Command::new(env!("CARGO_BIN_EXE_lastwrites"))
        .arg("examine")
        .args(arguments.split_whitespace())
        .current_dir(root)
        .output()
        .expect("lastwrites runs");
    assert_eq!(String::from_utf8_lossy(&run.stdout), shown);
}
