# Shared by the scripts in this folder: which Kafka releases are used, how one is fetched and our sources built for it.
# Needs Java 17 (a JDK) and Maven; everything goes to target/, downloads come from Maven Central.

kafka_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root_dir=$(cd "$kafka_dir/../.." && pwd)

# Releases of fixtures/records: the last patch of every minor release whose jars hold the coordinator's JSON converters.
record_releases="3.9.2 4.0.2 4.1.2 4.2.1 4.3.1"

# fetch RELEASE: its jars in target/RELEASE/lib, once; whoever comes second waits. RELEASE-applications has Connect and
# MirrorMaker 2 with it.
fetch() {
    local target=$kafka_dir/target/$1 pom=pom.xml
    case $1 in *-applications) pom=applications.xml ;; esac
    mkdir -p "$kafka_dir/target"
    (
        flock 9
        if [ ! -e "$target/fetched" ]; then
            echo "fetching Kafka $1 from Maven Central" >&2
            mvn -q -B -ntp -Dstyle.color=never -f "$kafka_dir/$pom" -Dkafka.version="${1%-applications}" package >&2
            touch "$target/fetched"
        fi
    ) 9>"$target.lock"
}

# build RELEASE PACKAGE...: compiles src/main/java/lastwrites/kafka/PACKAGE... against that release, to one folder named
# after the first package.
build() {
    local release=$1 out=$kafka_dir/target/$1/classes/$2 sources=() package
    fetch "$release"
    shift
    for package in "$@"; do
        sources+=("$kafka_dir/src/main/java/lastwrites/kafka/$package"/*.java)
    done
    rm -rf "$out"
    javac -nowarn -Xlint:-options -encoding UTF-8 --release 17 -cp "$kafka_dir/target/$release/lib/*" -d "$out" "${sources[@]}" \
        2> >(grep -v '^Note: ' >&2)
}

# run_java RELEASE PACKAGE CLASS ARGS...: runs a class with what `build RELEASE PACKAGE` made and that release's jars.
run_java() {
    local target=$kafka_dir/target/$1 package=$2 class=$3
    shift 3
    java -Xmx512m -Dfile.encoding=UTF-8 -Dorg.slf4j.simpleLogger.defaultLogLevel=error \
        -cp "$target/classes/$package:$target/lib/*" "lastwrites.kafka.$class" "$@"
}
