//! Where objects begin in what a console consumer's JSON formatter printed.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _};

use super::beside::is_beside;
use super::lines::text_of;

/// Where the next object may begin.
pub(super) struct Next {
    /// Its first byte; `None` where there is none up to the end.
    pub(super) at: Option<u64>,
    /// What stands before it may have been one.
    pub(super) lost: bool,
}

/// Bytes that are looked through at once for an object's start.
const PIECE: u64 = 8 * 1024;
/// Bytes at a piece's end in which a start may be cut in two.
const START_SPAN: usize = 64;

/// Looks for the next object's start at or behind byte `from`.
pub(super) fn next_object(file: &mut File, from: u64) -> io::Result<Next> {
    let (mut at, mut lost) = (from, false);
    file.seek(io::SeekFrom::Start(from))?;
    let mut reader = BufReader::new(file.try_clone()?);
    loop {
        let mut bytes = Vec::new();
        reader.by_ref().take(PIECE).read_until(b'\n', &mut bytes)?;
        if bytes.is_empty() {
            return Ok(Next { at: None, lost });
        }
        let begins = begins_object(&bytes);
        let cut = bytes.iter().rposition(|byte| *byte == b'{').filter(|cut| {
            *cut > 0 && bytes.len() as u64 == PIECE && bytes.len() - cut < START_SPAN && begins.is_none()
        });
        let end = begins.or(cut).unwrap_or(bytes.len());
        let before = text_of(bytes.get(..end).unwrap_or_default());
        lost |= !before.trim().is_empty() && !is_beside(&before);
        at += end as u64;
        if begins.is_some() {
            return Ok(Next { at: Some(at), lost });
        }
        if cut.is_some() {
            reader.seek(io::SeekFrom::Start(at))?;
        }
    }
}

/// Where in a line `{"key":` stands, blanks between or not, or a brace alone as in what is laid out.
fn begins_object(line: &[u8]) -> Option<usize> {
    let braces = line.iter().enumerate().filter(|(_, byte)| **byte == b'{').map(|(at, _)| at);
    let alone = text_of(line).trim() == "{";
    braces.into_iter().find(|at| {
        let inside = line.get(at + 1..).unwrap_or_default().trim_ascii_start();
        let member = inside.strip_prefix(br#""key""#);
        alone || member.is_some_and(|behind| behind.trim_ascii_start().starts_with(b":"))
    })
}
