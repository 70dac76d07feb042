//! Zstandard: one or more frames.

use zstd::zstd_safe::{DCtx, InBuffer, OutBuffer, get_error_name};

use super::output::Output;
use super::{InflateReason, Stop};

/// zstd's name for the one error that more room mends.
const NO_ROOM: &str = "Destination buffer is too small";

/// A decompression context.
#[derive(Default)]
pub(super) struct Zstd {
    context: Option<DCtx<'static>>,
}

impl Zstd {
    pub(super) fn inflate(&mut self, packed: &[u8], output: &mut Output) -> Result<(), Stop> {
        let context = self.context.get_or_insert_with(DCtx::default);
        loop {
            // All frames at once: without a window of its own that is faster than streaming, and the sizes
            // that frames announce are never allocated.
            match context.decompress(output.any_room(0)?, packed) {
                Ok(written) => {
                    output.wrote(written);
                    return Ok(());
                }
                Err(code) if get_error_name(code) == NO_ROOM => {
                    if !output.larger() {
                        return Err(Stop { at: 0, reason: InflateReason::TooLarge { cap: output.cap() } });
                    }
                }
                Err(_) => return salvage(context, packed, output),
            }
        }
    }
}

/// Inflates damaged data as far as it goes.
#[cold]
fn salvage(context: &mut DCtx<'static>, packed: &[u8], output: &mut Output) -> Result<(), Stop> {
    // Resetting a context can't fail; if it did, the stream would.
    let _ = context.init();
    let mut input = InBuffer::around(packed);
    loop {
        let (read, written, hint) = {
            let mut room = OutBuffer::around(output.any_room(input.pos())?);
            let before = input.pos();
            let hint = context.decompress_stream(&mut room, &mut input);
            (input.pos() - before, room.pos(), hint)
        };
        output.wrote(written);
        match hint {
            Err(code) => return Err(Stop::corrupt(input.pos(), get_error_name(code))),
            Ok(0) if input.pos() == packed.len() => return Ok(()),
            Ok(_) if read == 0 && written == 0 => return Err(Stop::truncated(input.pos())),
            Ok(_) => {}
        }
    }
}
