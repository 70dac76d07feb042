//! `lastwrites playbook`.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use lastwrites_coordinator::pass::Progress;
use lastwrites_coordinator::rules::known;
use lastwrites_evidence::cluster_layout;
use lastwrites_recovered_offsets::Document;
use lastwrites_report::diagnose::{AskedProfiles, RaceWindows, diagnose};
use lastwrites_report::playbook::{Asked, Playbook, playbook};
use lastwrites_report::recover::{Wanted, document};
use lastwrites_report::{report, terminal};
use lastwrites_types::Release;

use super::recover::now_ms;
use super::{CouldNotRun, create, find, json, options, profile, shown};
use crate::args;
use crate::progress::Bar;
use crate::{exit, output};

pub(crate) fn run(args: &args::Playbook) -> Result<ExitCode, CouldNotRun> {
    let options = options(&args.evidence.reading, None)?;
    let mut evidence = find(&args.evidence.paths)?;
    if let Some(partition) = args.partition {
        evidence.copies.retain(|copy| copy.partition == Some(partition));
        if evidence.copies.is_empty() {
            return Err(CouldNotRun::because(format!("no copy of __consumer_offsets-{partition} here")));
        }
    }
    let kafka = args.kafka.as_deref().map(profile).transpose()?;
    let kafka = kafka.map(|(release, profile)| (release, profile.coordinator()));
    let mut releases: Vec<Release> =
        known().iter().map(lastwrites_coordinator::rules::Profile::release).collect();
    releases.extend(kafka.map(|(release, _)| release));
    let progress = Arc::new(Progress::default());
    let bar = Bar::over(&progress);
    let asked = AskedProfiles::of(&releases);
    let diagnosis = diagnose(&evidence, &options, &asked, RaceWindows::Smallest, &progress)?;
    let report = report(&evidence, &options, &progress)?;
    drop(bar);
    let wanted = Wanted { groups: None, foreign: false, asked: lastwrites_report::moment::Asked::default() };
    // A partition without a single committed offset has nothing to save.
    let offsets = args.out.as_ref().and_then(|_| document(&report, &evidence, &wanted, now_ms()).ok());
    let asked = Asked {
        partition: args.partition,
        replicas: args.brokers.clone(),
        leader: args.leader,
        layout: cluster_layout(&evidence, None, options.read),
        kafka,
        evidence: offsets.is_none().then(|| shown(&args.evidence.paths)),
    };
    let made = playbook(&diagnosis, &report, &asked)?;
    let text = terminal::playbook(&made);
    if let Some(folder) = &args.out {
        write(folder, &made, &text, offsets.as_ref())?;
    }
    output::show(args.json, &made, || text)?;
    Ok(exit::by_findings(&diagnosis.findings))
}

/// Writes the files into a new folder, and the offsets beside them; nothing that exists is overwritten.
fn write(folder: &Path, made: &Playbook, text: &str, offsets: Option<&Document>) -> Result<(), CouldNotRun> {
    fs::create_dir_all(folder)
        .map_err(|error| CouldNotRun::because(format!("{}: {error}", folder.display())))?;
    for file in &made.files {
        create(&folder.join(&file.name), &json(&file.content)?)?;
    }
    create(&folder.join("playbook.txt"), text)?;
    if let Some(document) = offsets {
        create(&folder.join("offsets.json"), &document.to_json_pretty()?)?;
    }
    Ok(())
}
