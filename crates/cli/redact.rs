//! `--redact`: the pseudonyms of this run, and the file that maps back. A process is one run, so they are its own.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use lastwrites_evidence::{ClusterMetadata, Evidence};
use lastwrites_records::redact::Redaction;
use lastwrites_types::ByteText;

use crate::args::Reading;
use crate::commands::{CouldNotRun, create, json, shown};

static RUN: OnceLock<Run> = OnceLock::new();

struct Run {
    redaction: Arc<Redaction>,
    map: Option<PathBuf>,
}

/// The pseudonyms that were asked for. Fails where the map's file exists: said before hours of reading.
pub(crate) fn asked(reading: &Reading) -> Result<Option<Arc<Redaction>>, CouldNotRun> {
    if !reading.redact {
        return Ok(None);
    }
    let map = reading.redact_map.clone();
    if let Some(path) = &map
        && path.symlink_metadata().is_ok()
    {
        return Err(CouldNotRun::because(format!(
            "{}: exists already; nothing is overwritten",
            shown(&[path])
        )));
    }
    let run = RUN.get_or_init(|| Run {
        redaction: Arc::new(Redaction::new(map.is_some(), reading.redact_names)),
        map,
    });
    Ok(Some(Arc::clone(&run.redaction)))
}

/// Shows topics under the pseudonyms of this run, where these were asked for.
pub(crate) fn names(evidence: &mut Evidence) {
    if let Some(Run { redaction, .. }) = RUN.get() {
        evidence.redact(redaction);
    }
}

/// A group as the person named it, the way outputs show it.
pub(crate) fn group(id: &str) -> ByteText {
    let id = ByteText::from(id);
    RUN.get().map_or_else(|| id.clone(), |run| run.redaction.group(&id))
}

/// What the person told of the cluster, the way outputs show it.
pub(crate) fn described(mut cluster: ClusterMetadata) -> ClusterMetadata {
    if let Some(Run { redaction, .. }) = RUN.get() {
        cluster.redact_names(redaction);
    }
    cluster
}

/// Writes the map where one was asked for.
pub(crate) fn finish() -> Result<(), CouldNotRun> {
    let Some(Run { redaction, map: Some(path) }) = RUN.get() else { return Ok(()) };
    create(path, &json(&redaction.map())?)
}
