#!/bin/sh
# Lets Kafka's own kafka-dump-log judge what synth writes: every batch valid, every record readable.
# Needs Java 17 and Maven (Kafka comes from Maven Central). Usage: check-with-kafka.sh [KAFKA_VERSION]
set -eu
version=${1:-4.1.2}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>lastwrites</groupId><artifactId>check</artifactId><version>1</version>
<dependencies><dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
<version>$version</version></dependency></dependencies></project>
POM
(cd "$work" && mvn -q -B dependency:copy-dependencies -DoutputDirectory=jars)

synth="cargo run -q -p lastwrites-synth --"
$synth fixtures --out "$work/fixtures"
for incident in $($synth list | grep -v '^ '); do
    $synth "$incident" --out "$work/incidents/$incident" > "$work/log"
done
$synth benchmark --bytes 1MiB --out "$work/benchmark" > "$work/log"

failed=0
for log in $(find "$work/fixtures/synth" "$work/fixtures/incident" "$work/incidents" "$work/benchmark" \
    -name '*.log' -size +0 | grep -v /broker/); do
    java -XX:TieredStopAtLevel=1 -cp "$work/jars/*" kafka.tools.DumpLogSegments \
        --offsets-decoder --deep-iteration --files "$log" > "$work/out" 2>&1 || failed=1
    batches=$(grep -c -E '^(baseOffset|offset):' "$work/out" || true)
    valid=$(grep -c -i 'isvalid: true' "$work/out" || true)
    # Records some incidents are about: dump-log cannot read these by design.
    odd=$(grep -c -i -E 'exception|error at|unknown record type' "$work/out" || true)
    [ "$batches" -gt 0 ] && [ "$valid" -ge "$batches" ] || failed=1
    echo "${log#"$work"/} batches=$batches valid=$valid unreadable=$odd"
done
exit $failed
