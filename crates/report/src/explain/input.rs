//! A log as it comes: plain, gzipped as rotated ones are, or in UTF-16 as Windows PowerShell writes with `>`.

use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const UTF_16_LE: [u8; 2] = [0xff, 0xfe];
const UTF_16_BE: [u8; 2] = [0xfe, 0xff];
/// Bytes of UTF-16 that are turned at once.
const PIECE_BYTES: usize = 1 << 14;

/// A log as UTF-8 or as the bytes it is.
pub struct Input<'a> {
    /// The log.
    pub log: Box<dyn BufRead + 'a>,
    damage: Rc<RefCell<Option<String>>>,
}

impl<'a> Input<'a> {
    /// Looks at the first bytes of a log and unpacks it where they say so.
    ///
    /// # Errors
    /// When the log can't be read.
    pub fn new(log: impl BufRead + 'a) -> io::Result<Self> {
        let damage = Rc::new(RefCell::new(None));
        let (start, log) = begin(log)?;
        let log: Box<dyn BufRead + 'a> = if start == Some(GZIP) {
            let unpacked = Unpacked { from: MultiGzDecoder::new(log), damage: Rc::clone(&damage) };
            Box::new(BufReader::with_capacity(1 << 17, unpacked))
        } else {
            Box::new(log)
        };
        let (start, log) = begin(log)?;
        let log: Box<dyn BufRead + 'a> = match start {
            Some(UTF_16_LE) => Box::new(BufReader::new(Utf16::new(log, u16::from_le_bytes))),
            Some(UTF_16_BE) => Box::new(BufReader::new(Utf16::new(log, u16::from_be_bytes))),
            _ => Box::new(log),
        };
        Ok(Self { log, damage })
    }

    /// Tells, once the log was read, why a gzipped one ended early; a clone of it outlives the log.
    #[must_use]
    pub fn damage(&self) -> Rc<RefCell<Option<String>>> {
        Rc::clone(&self.damage)
    }
}

/// The first two bytes, and the log with them.
fn begin<'a>(mut log: impl BufRead + 'a) -> io::Result<(Option<[u8; 2]>, impl BufRead + 'a)> {
    let mut start = Vec::with_capacity(2);
    log.by_ref().take(2).read_to_end(&mut start)?;
    let pair = start.first_chunk::<2>().copied();
    Ok((pair, Cursor::new(start).chain(log)))
}

/// A gzipped log that ends where it is damaged: what stands before is worth reading.
struct Unpacked<R> {
    from: R,
    damage: Rc<RefCell<Option<String>>>,
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.damage.borrow().is_some() {
            return Ok(0);
        }
        match self.from.read(into) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                *self.damage.borrow_mut() = Some(error.to_string());
                Ok(0)
            }
            read => read,
        }
    }
}

/// UTF-16 as UTF-8; a half of a pair becomes U+FFFD, and so does a byte that is left over.
struct Utf16<R> {
    from: R,
    unit: fn([u8; 2]) -> u16,
    /// Text that waits to be read.
    text: Cursor<Vec<u8>>,
    /// A unit that the next one decides, and a byte of one.
    waiting: Vec<u8>,
}

impl<R: BufRead> Utf16<R> {
    fn new(from: R, unit: fn([u8; 2]) -> u16) -> Self {
        Self { from, unit, text: Cursor::new(Vec::new()), waiting: Vec::new() }
    }

    /// Turns the next piece; false at the end.
    fn next_piece(&mut self) -> io::Result<bool> {
        let mut bytes = std::mem::take(&mut self.waiting);
        let read = self.from.by_ref().take(PIECE_BYTES as u64).read_to_end(&mut bytes)?;
        let (pairs, odd) = bytes.as_chunks::<2>();
        let mut units: Vec<u16> = pairs.iter().map(|pair| (self.unit)(*pair)).collect();
        if read == 0 {
            units.extend(odd.first().map(|_| 0xfffd));
        } else {
            let open = units.pop_if(|last| (0xd800..0xdc00).contains(last)).is_some();
            let kept = odd.len() + if open { 2 } else { 0 };
            self.waiting = bytes.get(bytes.len() - kept..).unwrap_or_default().to_vec();
        }
        let text: String = char::decode_utf16(units)
            .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
            .filter(|char| *char != '\u{feff}')
            .collect();
        self.text = Cursor::new(text.into_bytes());
        Ok(read > 0 || !self.text.get_ref().is_empty())
    }
}

impl<R: BufRead> Read for Utf16<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.text.read(into)?;
            if read > 0 || into.is_empty() || !self.next_piece()? {
                return Ok(read);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    /// Every odd character: two bytes, three, a pair, and more of them than a piece holds.
    fn text() -> String {
        "Group \u{fc}\u{4e2d}\u{1f600} payments\r\n".repeat(2000)
    }

    fn read(bytes: &[u8]) -> (String, Option<String>) {
        let mut input = Input::new(BufReader::with_capacity(7, bytes)).unwrap();
        let damage = input.damage();
        let mut read = Vec::new();
        input.log.read_to_end(&mut read).unwrap();
        let damage = damage.borrow().clone();
        (String::from_utf8_lossy(&read).into_owned(), damage)
    }

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    }

    fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes).collect()
    }

    #[test]
    fn a_log_is_read_however_it_was_stored() {
        let plain = text();
        let little = utf_16(&plain, u16::to_le_bytes);
        let big = utf_16(&plain, u16::to_be_bytes);
        // Rotated logs are put together with `cat`, too.
        let two = [gzipped(plain.as_bytes()), gzipped(plain.as_bytes())].concat();
        for bytes in [plain.as_bytes(), &little, &big, &gzipped(plain.as_bytes()), &gzipped(&little)] {
            assert_eq!(read(bytes), (plain.clone(), None));
        }
        assert_eq!(read(&two), (plain.repeat(2), None));
        assert_eq!(read(b"").0, "");
        assert_eq!(read(b"x").0, "x");
    }

    #[test]
    fn what_stands_before_a_damage_is_read() {
        let noise: String = (0..20_000u32).map(|n| format!("{}\n", n.wrapping_mul(2_654_435_761))).collect();
        let packed = gzipped(noise.as_bytes());
        let (read_text, damage) = read(&packed[..packed.len() / 2]);
        assert!(read_text.len() > noise.len() / 3 && noise.starts_with(&read_text), "{}", read_text.len());
        assert!(damage.is_some());
        let (text, _) = read(&[&utf_16("ab", u16::to_le_bytes)[..], b"c"].concat());
        assert_eq!(text, "ab\u{fffd}");
    }
}
