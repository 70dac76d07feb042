//! `lastwrites`: the offline binary. Arguments and wiring only; everything it knows is in the libraries.

fn main() {}
