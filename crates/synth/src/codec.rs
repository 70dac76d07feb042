//! Compression as Kafka's producers and brokers write it, quirks included.
//!
//! Used by both batch formats. It never decompresses.

mod compressor;
mod lz4;

use std::io;

pub use compressor::Compressor;

/// How the records of a batch are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Codec {
    /// Not at all.
    #[default]
    None,
    /// One gzip member.
    Gzip,
    /// The snappy-java stream ("xerial"): magic, two versions, then length-prefixed raw blocks of 32 KiB.
    Snappy,
    /// One raw snappy block without framing, as some foreign clients send it.
    SnappyRaw,
    /// An LZ4 frame of independent 64 KiB blocks. Magic 0 gets the wrong header checksum of KAFKA-3160.
    Lz4,
    /// One zstd frame without content size, as a stream writer leaves it. Not allowed below magic 2.
    Zstd,
    /// Several concatenated zstd frames, each of this many input bytes (at least 1).
    ZstdFrames(usize),
}

impl Codec {
    /// The codecs a fixture set covers, with the name each goes by on disk.
    pub const NAMED: [(&'static str, Codec); 7] = [
        ("none", Codec::None),
        ("gzip", Codec::Gzip),
        ("snappy", Codec::Snappy),
        ("snappy-raw", Codec::SnappyRaw),
        ("lz4", Codec::Lz4),
        ("zstd", Codec::Zstd),
        ("zstd-frames", Codec::ZstdFrames(64)),
    ];

    /// The codec called `name` in [`Codec::NAMED`].
    pub fn named(name: &str) -> Option<Codec> {
        Self::NAMED.iter().find(|(known, _)| *known == name).map(|(_, codec)| *codec)
    }

    /// Bits 0-2 of the attributes.
    pub fn attribute_bits(self) -> u8 {
        match self {
            Codec::None => 0,
            Codec::Gzip => 1,
            Codec::Snappy | Codec::SnappyRaw => 2,
            Codec::Lz4 => 3,
            Codec::Zstd | Codec::ZstdFrames(_) => 4,
        }
    }

    /// `plain` compressed for a batch of format `magic`.
    ///
    /// # Errors
    /// What the compression library reports; none is expected on memory buffers.
    pub fn compress(self, plain: &[u8], magic: u8, contexts: &mut Compressor) -> io::Result<Vec<u8>> {
        match self {
            Codec::None => Ok(plain.to_vec()),
            Codec::Gzip => contexts.gzip(plain),
            Codec::Snappy => xerial(plain),
            Codec::SnappyRaw => snap::raw::Encoder::new().compress_vec(plain).map_err(io::Error::other),
            Codec::Lz4 => lz4::frame(plain, magic == 0),
            Codec::Zstd => contexts.zstd(plain),
            Codec::ZstdFrames(size) => {
                let frames: io::Result<Vec<Vec<u8>>> =
                    plain.chunks(size.max(1)).map(|chunk| contexts.zstd(chunk)).collect();
                Ok(frames?.concat())
            }
        }
    }
}

/// Block size of `SnappyOutputStream` as Kafka configures it.
const XERIAL_BLOCK_BYTES: usize = 32 * 1024;

fn xerial(plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut out = b"\x82SNAPPY\x00".to_vec();
    out.extend_from_slice(&1_u32.to_be_bytes());
    out.extend_from_slice(&1_u32.to_be_bytes());
    for block in plain.chunks(XERIAL_BLOCK_BYTES) {
        let packed = snap::raw::Encoder::new().compress_vec(block).map_err(io::Error::other)?;
        out.extend_from_slice(&crate::wire::count(packed.len()).to_be_bytes());
        out.extend_from_slice(&packed);
    }
    Ok(out)
}
