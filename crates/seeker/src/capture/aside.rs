//! What an earlier run copied of a log that was rewritten since: kept, beside the copy that is made anew.
//!
//! Where no disk can be had, that copy may be all that is left of what the cleaner took. It goes into `earlier-N`, a capture of
//! its own, with one rename: at no moment is it neither here nor there.

use std::fs;
use std::path::Path;

use super::CaptureError;
use super::durable::{make_folder, replace, sync_folder};
use super::log_files::LogFiles;
use super::manifest::{CopyFacts, FILE_NAME, Manifest, broker_folder};

/// Moves the copy that `facts` are of, without what `files` has appended in this run, and answers where to, below `folder`;
/// `None`: there was none before this run. `manifest` is the folder's own.
pub(super) fn set_aside(
    folder: &Path,
    manifest: &Manifest,
    facts: &CopyFacts,
    files: LogFiles,
) -> Result<Option<String>, CaptureError> {
    let from = folder.join(&facts.path);
    if !files.back_to_opened()? {
        return Ok(None);
    }
    let name = free_name(folder, &facts.path);
    let aside = folder.join(&name);
    let home = aside.join(broker_folder(facts.broker_id));
    make_folder(&home)?;
    let kept = LogFiles::open(&from, i64::MIN)?;
    replace(&from.join("leader-epoch-checkpoint"), &kept.leader_epoch_checkpoint())?;
    let mut facts = facts.clone();
    facts.count(&kept);
    drop(kept);
    let mut own = match Manifest::read(&aside)? {
        Some(own) => own,
        None => Manifest { copies: Vec::new(), ..manifest.clone() },
    };
    own.put_copy(facts.clone());
    // First: from here on the folder is known as this program's.
    own.write(&aside)?;
    own.write_checkpoints(&aside, facts.broker_id)?;
    let properties = folder.join(broker_folder(facts.broker_id)).join("meta.properties");
    let text = fs::read_to_string(&properties).map_err(|e| CaptureError::io(&properties, e))?;
    replace(&home.join("meta.properties"), &text)?;
    let to = aside.join(&facts.path);
    fs::rename(&from, &to).map_err(|e| CaptureError::io(&from, e))?;
    sync_folder(&home)?;
    sync_folder(&folder.join(broker_folder(facts.broker_id)))?;
    Ok(Some(format!("{name}/{}", facts.path)))
}

/// The first `earlier-N` that has no such copy yet and isn't somebody else's.
fn free_name(folder: &Path, path: &str) -> String {
    let names = (1_u64..).map(|n| format!("earlier-{n}"));
    let free = |name: &String| {
        let aside = folder.join(name);
        !aside.exists() || aside.join(FILE_NAME).exists() && !aside.join(path).exists()
    };
    names.into_iter().find(free).unwrap_or_default()
}
