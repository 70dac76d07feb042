//! The declarations against Kafka's own classes, real loaders' answers, and arbitrary bytes.

#[cfg(test)]
mod arbitrary;
#[cfg(test)]
mod common;
#[cfg(test)]
mod fixtures;
mod inline_structs;
#[cfg(test)]
mod load_cases;
#[cfg(test)]
mod metadata;
#[cfg(test)]
mod offset_commit;
#[cfg(test)]
mod record_cases;
#[cfg(test)]
mod transaction_state;
