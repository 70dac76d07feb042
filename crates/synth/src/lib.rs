//! Writes segments, damage and incidents for tests; shares no code with the readers
