# Shared by the scripts in this folder: which Kafka releases are used, how one is fetched and our sources built for it.
# Needs Java 17 (a JDK) and Maven; everything goes to target/, downloads come from Maven Central.

kafka_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root_dir=$(cd "$kafka_dir/../.." && pwd)

# Releases of fixtures/records: the last patch of every minor release whose jars hold the coordinator's JSON converters.
record_releases="3.9.2 4.0.2 4.1.2 4.2.1 4.3.1"

# fetch RELEASE: its jars in target/RELEASE/lib, once.
fetch() {
    local target=$kafka_dir/target/$1
    if [ ! -e "$target/fetched" ]; then
        echo "fetching Kafka $1 from Maven Central" >&2
        mvn -q -B -ntp -f "$kafka_dir/pom.xml" -Dkafka.version="$1" package >&2
        touch "$target/fetched"
    fi
}

# build RELEASE PACKAGE: compiles src/main/java/lastwrites/kafka/PACKAGE against that release.
build() {
    fetch "$1"
    local target=$kafka_dir/target/$1
    javac -nowarn -encoding UTF-8 --release 17 -cp "$target/lib/*" -d "$target/classes/$2" \
        "$kafka_dir/src/main/java/lastwrites/kafka/$2"/*.java
}

# run_java RELEASE PACKAGE CLASS ARGS...: runs a class of that package with that release's jars.
run_java() {
    local target=$kafka_dir/target/$1 package=$2 class=$3
    shift 3
    java -Xmx512m -Dfile.encoding=UTF-8 -Dslf4j.internal.verbosity=ERROR \
        -cp "$target/classes/$package:$target/lib/*" "lastwrites.kafka.$package.$class" "$@"
}
