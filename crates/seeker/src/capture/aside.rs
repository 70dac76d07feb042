//! What was copied of a log before the cleaner rewrote it: kept, beside the copy that is made anew.
//!
//! Where no disk can be had, that may be all that is left of what the cleaner took. It goes into `earlier-N`, a capture of its
//! own, with one rename: at no moment is it neither here nor there. It may hold two states of the log, and the log went on
//! since: so it is partial for good, and offline commands doubt what they take from it.

use std::fs;
use std::path::Path;

use super::CaptureError;
use super::durable::{make_folder, replace, sync_folder};
use super::log_files::LogFiles;
use super::manifest::{CopyFacts, Manifest, State, broker_folder};

const WHY: &str =
    "the broker rewrote the log since: what had been copied before, perhaps of two of its states";

/// Moves the copy that `facts` are of. `manifest` is the folder's own.
pub(super) fn set_aside(folder: &Path, manifest: &Manifest, facts: &CopyFacts) -> Result<(), CaptureError> {
    let from = folder.join(&facts.path);
    let aside = folder.join(free_name(folder, manifest, &facts.path));
    let home = aside.join(broker_folder(facts.broker_id));
    make_folder(&home)?;
    let mut own = match Manifest::read(&aside)? {
        Some(own) => own,
        None => Manifest { copies: Vec::new(), ..manifest.clone() },
    };
    let mut facts =
        CopyFacts { state: State::Partial, why: Some(WHY.to_owned()), earlier: Vec::new(), ..facts.clone() };
    facts.count(&LogFiles::open(&from, i64::MIN)?);
    own.put_copy(facts.clone());
    // First: from here on the folder is known as this program's.
    own.write(&aside)?;
    own.write_checkpoints(&aside, facts.broker_id)?;
    let properties = folder.join(broker_folder(facts.broker_id)).join("meta.properties");
    let text = fs::read_to_string(&properties).map_err(|e| CaptureError::io(&properties, e))?;
    replace(&home.join("meta.properties"), &text)?;
    fs::rename(&from, aside.join(&facts.path)).map_err(|e| CaptureError::io(&from, e))?;
    sync_folder(&home)?;
    sync_folder(&folder.join(broker_folder(facts.broker_id)))
}

/// Where copies of a log were set aside, oldest first, below the capture's folder.
pub(super) fn set_aside_before(folder: &Path, path: &str) -> Vec<String> {
    let all = (1_u64..).map(name).take_while(|name| folder.join(name).exists());
    all.map(|name| format!("{name}/{path}")).filter(|aside| folder.join(aside).exists()).collect()
}

/// The first `earlier-N` that has no such copy yet and isn't somebody else's.
fn free_name(folder: &Path, manifest: &Manifest, path: &str) -> String {
    let free = |name: &String| {
        let aside = folder.join(name);
        let is_ours = || {
            let own = Manifest::read(&aside);
            own.is_ok_and(|own| own.is_some_and(|own| own.cluster_id == manifest.cluster_id))
        };
        !aside.exists() || is_ours() && !aside.join(path).exists()
    };
    (1..).map(name).find(free).unwrap_or_default()
}

fn name(n: u64) -> String {
    format!("earlier-{n}")
}
