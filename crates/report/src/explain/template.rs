//! A log message's text with holes, as in `Failed to load metadata from <_> with epoch <_> due to <cause>`.
//!
//! Holes named after numbers match digits only; the others match up to the text behind them, and at the end of a
//! template to the end of the line. A group's or member's id at the end of a template stops at white space.

use memchr::memmem;

/// What a hole holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Hole {
    Any,
    Number,
    Partition,
    Offset,
    Epoch,
    OwnedEpoch,
    LeaderEpoch,
    Generation,
    Group,
    Member,
}

const HOLES: &[(&str, Hole)] = &[
    ("<_>", Hole::Any),
    ("<number>", Hole::Number),
    ("<partition>", Hole::Partition),
    ("<offset>", Hole::Offset),
    ("<epoch>", Hole::Epoch),
    ("<owned_epoch>", Hole::OwnedEpoch),
    ("<leader_epoch>", Hole::LeaderEpoch),
    ("<generation>", Hole::Generation),
    ("<group>", Hole::Group),
    ("<member>", Hole::Member),
];

impl Hole {
    const fn is_number(self) -> bool {
        !matches!(self, Self::Any | Self::Group | Self::Member)
    }
}

#[derive(Debug)]
enum Piece {
    Text(&'static str),
    Hole(Hole),
}

/// What a line filled the holes with.
#[derive(Default, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Filled<'l> {
    pub(super) partition: Option<i32>,
    pub(super) offset: Option<i64>,
    pub(super) epoch: Option<i32>,
    pub(super) owned_epoch: Option<i32>,
    pub(super) leader_epoch: Option<i32>,
    pub(super) generation: Option<i32>,
    pub(super) group: Option<&'l [u8]>,
    pub(super) member: Option<&'l [u8]>,
}

/// A message's text, ready to be looked for.
#[derive(Debug)]
pub(super) struct Template {
    pieces: Vec<Piece>,
}

/// How often a template's first words may occur in a line before it is given up.
const STARTS: usize = 16;

impl Template {
    pub(super) fn new(text: &'static str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let next = HOLES
                .iter()
                .filter_map(|(name, hole)| rest.find(name).map(|at| (at, *name, *hole)))
                .min_by_key(|(at, ..)| *at);
            let Some((at, name, hole)) = next else {
                pieces.push(Piece::Text(rest));
                break;
            };
            let (before, after) = rest.split_at(at);
            if !before.is_empty() {
                pieces.push(Piece::Text(before));
            }
            pieces.push(Piece::Hole(hole));
            rest = after.get(name.len()..).unwrap_or_default();
        }
        Self { pieces }
    }

    /// The longest words: a line without them can't match.
    pub(super) fn anchor(&self) -> &'static str {
        let texts = self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(*text),
            Piece::Hole(_) => None,
        });
        texts.max_by_key(|text| text.len()).unwrap_or_default()
    }

    /// Looks for the message anywhere in a line.
    pub(super) fn find<'l>(&self, line: &'l [u8]) -> Option<Filled<'l>> {
        let Some((Piece::Text(first), pieces)) = self.pieces.split_first() else { return None };
        memmem::find_iter(line, first.as_bytes())
            .take(STARTS)
            .find_map(|at| fill(pieces, line.get(at + first.len()..)?))
    }
}

fn fill<'l>(mut pieces: &[Piece], mut rest: &'l [u8]) -> Option<Filled<'l>> {
    let mut filled = Filled::default();
    while let Some((piece, behind)) = pieces.split_first() {
        match piece {
            Piece::Text(text) => rest = rest.strip_prefix(text.as_bytes())?,
            Piece::Hole(hole) => {
                let length = if hole.is_number() {
                    number_length(rest)?
                } else {
                    match behind.first() {
                        Some(Piece::Text(text)) => memmem::find(rest, text.as_bytes())?,
                        _ if *hole == Hole::Any => rest.len(),
                        _ => word_length(rest),
                    }
                };
                let (value, after) = rest.split_at_checked(length)?;
                filled.put(*hole, value);
                rest = after;
            }
        }
        pieces = behind;
    }
    Some(filled)
}

/// Digits with an optional sign.
fn number_length(text: &[u8]) -> Option<usize> {
    let sign = usize::from(text.first() == Some(&b'-'));
    let digits = text.iter().skip(sign).take(20).take_while(|byte| byte.is_ascii_digit()).count();
    (digits > 0).then_some(sign + digits)
}

/// A word, without the full stop or comma behind it.
fn word_length(text: &[u8]) -> usize {
    let end = text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
    let word = text.get(..end).unwrap_or_default();
    word.iter().rposition(|byte| !matches!(byte, b'.' | b',' | b':' | b'"' | b')')).map_or(0, |last| last + 1)
}

/// A decimal number, if it fits.
pub(super) fn number<N: std::str::FromStr>(text: &[u8]) -> Option<N> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

impl<'l> Filled<'l> {
    fn put(&mut self, hole: Hole, value: &'l [u8]) {
        match hole {
            Hole::Any | Hole::Number => {}
            Hole::Partition => self.partition = number(value),
            Hole::Offset => self.offset = number(value),
            Hole::Epoch => self.epoch = number(value),
            Hole::OwnedEpoch => self.owned_epoch = number(value),
            Hole::LeaderEpoch => self.leader_epoch = number(value),
            Hole::Generation => self.generation = number(value),
            Hole::Group => self.group = Some(value),
            Hole::Member => self.member = Some(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_hold_what_their_names_say() {
        let template = Template::new("Member <member> in group <group> has failed at <offset>");
        let filled = template.find(b"x Member a b in group g has failed at -12.").unwrap();
        assert_eq!(
            (filled.member, filled.group, filled.offset),
            (Some(&b"a b"[..]), Some(&b"g"[..]), Some(-12))
        );
        assert!(template.find(b"Member a in group g has failed at once").is_none());
        assert_eq!(template.anchor(), " has failed at ");
    }

    #[test]
    fn a_later_start_may_match_and_an_id_at_the_end_is_a_word() {
        let template = Template::new("partition <partition> of <group>");
        let filled = template.find(b"partition x, partition 7 of orders. (logger)").unwrap();
        assert_eq!((filled.partition, filled.group), (Some(7), Some(&b"orders"[..])));
    }
}
