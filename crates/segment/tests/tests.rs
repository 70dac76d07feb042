//! The reader against an independent writer, against real brokers' files, and against arbitrary bytes.

#[cfg(test)]
mod arbitrary;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod dump_log;
#[cfg(test)]
mod formats;
#[cfg(test)]
mod loader_words;
#[cfg(test)]
mod walk;
