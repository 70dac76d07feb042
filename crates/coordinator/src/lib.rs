//! Replay: committed offsets, transactions, group state, and what each Kafka release would make of the log
