//! Compression contexts that are worth keeping: setting one up costs more than packing a batch of a few hundred bytes.

use std::io;

use flate2::{Compress, Compression, FlushCompress, Status};
use zstd::stream::raw::{InBuffer, Operation, OutBuffer};

/// Contexts reused from batch to batch; the output is the same as with fresh ones.
#[derive(Default)]
pub struct Compressor {
    deflate: Option<Compress>,
    zstd: Option<zstd::stream::raw::Encoder<'static>>,
}

impl Compressor {
    /// One gzip member without name and time.
    pub(super) fn gzip(&mut self, plain: &[u8]) -> io::Result<Vec<u8>> {
        let deflate = self.deflate.get_or_insert_with(|| Compress::new(Compression::default(), false));
        deflate.reset();
        // Magic, deflate, no flags, no time, no extra flags, unknown system.
        let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
        // Stored blocks bound the size from above; the vector never has to grow inside the call.
        out.reserve(plain.len() + plain.len() / 1000 + 64);
        match deflate.compress_vec(plain, &mut out, FlushCompress::Finish).map_err(io::Error::other)? {
            Status::StreamEnd => {}
            _ => return Err(io::Error::other("deflate did not finish in the space that stored blocks need")),
        }
        // The trailer of RFC 1952 is little-endian.
        let trailer = [crc32fast::hash(plain), plain.len() as u32];
        out.extend(trailer.iter().flat_map(|word| (0..4).map(move |byte| (word >> (8 * byte)) as u8)));
        Ok(out)
    }

    /// One zstd frame of level 3 without content size.
    pub(super) fn zstd(&mut self, plain: &[u8]) -> io::Result<Vec<u8>> {
        let encoder = match &mut self.zstd {
            Some(encoder) => encoder,
            none => none.insert(zstd::stream::raw::Encoder::new(3)?),
        };
        encoder.reinit()?;
        let mut out = vec![0; zstd::zstd_safe::compress_bound(plain.len()) + 64];
        let mut input = InBuffer::around(plain);
        let mut output = OutBuffer::around(out.as_mut_slice());
        while input.pos() < plain.len() {
            encoder.run(&mut input, &mut output)?;
        }
        if encoder.finish(&mut output, true)? > 0 {
            return Err(io::Error::other("zstd did not finish in the space its own bound names"));
        }
        let written = output.pos();
        out.truncate(written);
        Ok(out)
    }
}
