#!/usr/bin/env bash
# Times `scan` and `groups` on a generated log; the figures of docs/performance.md come from here.
#   benches/groups.sh [BYTES] [KEYS]        default: 1GiB 40000
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bytes=${1:-1GiB} keys=${2:-40000}
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
cargo build -q --release -p lastwrites --no-default-features
cargo run -q --release -p lastwrites-synth -- benchmark --bytes "$bytes" --keys "$keys" --codec none --out "$log/set"
for threads in 1 2; do
    for command in scan groups; do
        echo "$command --threads $threads"
        time cargo run -q --release -p lastwrites --no-default-features -- "$command" --json --threads "$threads" "$log/set" >/dev/null
    done
done
