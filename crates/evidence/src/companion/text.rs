//! Grammar shared by the text files: lines with their positions, words and numbers.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_till1};
use nom::character::complete::{i32, i64, space0, space1};
use nom::combinator::{all_consuming, eof};
use nom::sequence::{delimited, preceded, separated_pair, terminated};
use nom::{IResult, Parser};

use super::error::CompanionError;

/// Flaws kept per file: enough to understand it, bounded whatever the file holds.
const KEPT_FLAWS: usize = 8;

/// Lines as Java's `BufferedReader.readLine` cuts them (LF, CRLF or CR), each with its position.
pub(super) struct Lines<'a> {
    rest: &'a [u8],
    position: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, position: 0 }
    }

    /// Where the next line starts; the file's length once all lines were taken.
    pub(super) fn at(&self) -> u64 {
        self.position
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = (u64, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.position;
        let (rest, line) = line(self.rest).ok()?;
        self.position += (self.rest.len() - rest.len()) as u64;
        self.rest = rest;
        Some((at, line))
    }
}

fn line(input: &[u8]) -> IResult<&[u8], &[u8]> {
    if input.is_empty() {
        return Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Eof)));
    }
    terminated(
        take_till(|byte| byte == b'\n' || byte == b'\r'),
        alt((tag(&b"\r\n"[..]), tag(&b"\n"[..]), tag(&b"\r"[..]), eof)),
    )
    .parse(input)
}

/// A line that is one number.
pub(super) fn number(line: &[u8]) -> Option<i32> {
    let parsed: IResult<&[u8], i32> = all_consuming(delimited(space0, i32, space0)).parse(line);
    parsed.ok().map(|(_, number)| number)
}

/// `epoch offset`.
pub(super) fn epoch_offset(line: &[u8]) -> Option<(i32, i64)> {
    let parsed: IResult<&[u8], (i32, i64)> =
        all_consuming(delimited(space0, separated_pair(i32, space1, i64), space0)).parse(line);
    parsed.ok().map(|(_, entry)| entry)
}

/// `topic partition offset`.
pub(super) fn topic_partition_offset(line: &[u8]) -> Option<(&str, i32, i64)> {
    let word = take_till1(|byte: u8| byte.is_ascii_whitespace());
    let parsed: IResult<&[u8], (&[u8], i32, i64)> =
        all_consuming(terminated((word, preceded(space1, i32), preceded(space1, i64)), space0)).parse(line);
    let (_, (topic, partition, offset)) = parsed.ok()?;
    Some((std::str::from_utf8(topic).ok()?, partition, offset))
}

/// The frame of all of Kafka's checkpoint files (`CheckpointFile`): a version line, a count line, then one
/// entry a line. Reads every entry it can; what a broker would refuse the file for is listed beside them.
pub(super) fn checkpoint_lines<T>(
    bytes: &[u8],
    entry_form: &'static str,
    parse: impl Fn(&[u8]) -> Option<T>,
) -> Result<(Vec<T>, Vec<CompanionError>), CompanionError> {
    let mut flaws = Vec::new();
    let mut entries = Vec::new();
    let mut lines = Lines::new(bytes);
    // Kafka reads an empty file, and one with only a version, as no entries.
    let Some((at, line)) = lines.next() else { return Ok((entries, flaws)) };
    match number(line) {
        Some(0) => {}
        Some(_) => flaws.push(CompanionError::quoting(at, "version 0", line)),
        None => return Err(CompanionError::quoting(at, "a version line (\"0\")", line)),
    }
    let Some((count_at, line)) = lines.next() else { return Ok((entries, flaws)) };
    let count = number(line);
    if count.is_none() {
        flaws.push(CompanionError::quoting(count_at, "the number of entries", line));
    }
    let mut refused = 0_usize;
    for (at, line) in lines.by_ref() {
        match parse(line) {
            Some(entry) => entries.push(entry),
            None => {
                refused += 1;
                if flaws.len() < KEPT_FLAWS {
                    flaws.push(CompanionError::quoting(at, entry_form, line));
                }
            }
        }
    }
    let found = entries.len() + refused;
    if let Some(count) = count
        && usize::try_from(count) != Ok(found)
    {
        let expected = format!("{count} entries, as the count line at position {count_at} says");
        flaws.push(CompanionError::new(lines.at(), expected, found));
    }
    Ok((entries, flaws))
}
