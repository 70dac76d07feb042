//! The document that crosses the air gap: recovered committed offsets, validated. No I/O
