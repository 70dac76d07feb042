//! The encodings that are not plain big-endian numbers.

/// Appends an unsigned varint: 7 bits a byte, lowest first.
pub(crate) fn put_unsigned_varint(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a length as bytes and arrays carry it; `None` is null. Lengths beyond 31 bits don't occur in
/// a record and are cut.
pub(crate) fn put_length(out: &mut Vec<u8>, flexible: bool, length: Option<usize>) {
    let length = length.map(|n| i32::try_from(n).unwrap_or(i32::MAX));
    if flexible {
        put_unsigned_varint(out, length.map_or(0, |n| n.unsigned_abs().saturating_add(1)));
    } else {
        out.extend_from_slice(&length.unwrap_or(-1).to_be_bytes());
    }
}

/// Appends a string's length; `None` is null.
pub(crate) fn put_string_length(out: &mut Vec<u8>, flexible: bool, length: Option<usize>) {
    if flexible {
        put_length(out, true, length);
    } else {
        let length = length.map_or(-1, |n| i16::try_from(n).unwrap_or(i16::MAX));
        out.extend_from_slice(&length.to_be_bytes());
    }
}
