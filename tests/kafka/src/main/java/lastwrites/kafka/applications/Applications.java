package lastwrites.kafka.applications;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;

import lastwrites.kafka.broker.Fixture;
import lastwrites.kafka.broker.Run;
import lastwrites.kafka.broker.Truth;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.state.Stores;

/**
 * Groups of applications whose place is more than committed offsets, as the real ones write them: a Connect sink, the workers of
 * MirrorMaker 2 with its topics and the offsets that it syncs, a Kafka Streams application of the classic protocol, and a plain
 * group beside them.
 *
 * Arguments: `all`, name of the case, scratch folder, target folder.
 */
public final class Applications implements Fixture.Workload {
    private static final int TIMEOUT_MS = 120_000;

    private final Path scratch;

    private Applications(Path scratch) {
        this.scratch = scratch;
    }

    public static void main(String[] args) throws Exception {
        Path scratch = Path.of(args[2]);
        Fixture.write(args[1], new Applications(scratch), new Truth(), scratch, Path.of(args[3]));
        System.exit(0);
    }

    @Override
    public Map<String, String> config() {
        return Map.of();
    }

    @Override
    public Fixture.Copy copy() {
        return Fixture.Copy.CLEAN_SHUTDOWN;
    }

    @Override
    public void run(Run run) throws Exception {
        run.createTopic("orders", 2);
        run.produce("orders", 2, 20);
        run.commit("plain", "orders", 0, 7, 0, "a group of nobody in particular");
        run.commit("readers", "orders", 0, 5, 0, "what MirrorMaker syncs");
        Process sink = java("sink.log", "org.apache.kafka.connect.cli.ConnectStandalone",
            file("worker.properties",
                "bootstrap.servers=" + run.broker.bootstrap(),
                "listeners=http://127.0.0.1:0",
                "key.converter=org.apache.kafka.connect.storage.StringConverter",
                "value.converter=org.apache.kafka.connect.storage.StringConverter",
                "offset.storage.file.filename=" + scratch.resolve("connect.offsets"),
                "offset.flush.interval.ms=1000",
                "consumer.auto.offset.reset=earliest"),
            file("sink.properties", "name=discard", "connector.class=" + Discard.class.getName(), "topics=orders"));
        Process mirror = java("mirror.log", "org.apache.kafka.connect.mirror.MirrorMaker",
            file("mirror.properties",
                "clusters=source,target",
                "source.bootstrap.servers=" + run.broker.bootstrap(),
                "target.bootstrap.servers=" + run.broker.bootstrap(),
                "source->target.enabled=true",
                "source->target.topics=orders",
                "source->target.groups=readers",
                "target->source.enabled=false",
                "target->source.emit.heartbeats.enabled=false",
                "sync.group.offsets.enabled=true",
                "sync.group.offsets.interval.seconds=1",
                "emit.checkpoints.interval.seconds=1",
                "refresh.groups.interval.seconds=2",
                "offset.flush.interval.ms=1000",
                "replication.factor=1",
                "offset.storage.replication.factor=1", "status.storage.replication.factor=1", "config.storage.replication.factor=1",
                "offset-syncs.topic.replication.factor=1", "checkpoints.topic.replication.factor=1",
                "heartbeats.topic.replication.factor=1",
                "offset.storage.partitions=1", "status.storage.partitions=1",
                "offset.lag.max=0"));
        KafkaStreams streams = counting(run);
        until(run, "connect-discard", 2);
        until(run, "counting", 2);
        until(run, "readers", 2);
        // Orderly ends: the offsets stay, members leave.
        streams.close(Duration.ofSeconds(20));
        run.event("stopped", "group", "counting");
        for (Process process : List.of(sink, mirror)) {
            process.destroy();
            process.waitFor();
        }
        run.event("stopped", "what", "the sink and MirrorMaker");
    }

    private KafkaStreams counting(Run run) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.<String, String>stream("orders")
            .selectKey((key, value) -> value)
            .groupByKey()
            .count(Materialized.as(Stores.inMemoryKeyValueStore("counts")));
        Properties config = run.clientConfig();
        config.put("application.id", "counting");
        config.put("commit.interval.ms", "1000");
        config.put("default.key.serde", Serdes.StringSerde.class.getName());
        config.put("default.value.serde", Serdes.StringSerde.class.getName());
        config.put("state.dir", scratch.resolve("streams").toString());
        config.put("auto.offset.reset", "earliest");
        KafkaStreams streams = new KafkaStreams(builder.build(), config);
        streams.start();
        return streams;
    }

    /** Waits until the group has offsets for so many partitions. */
    private static void until(Run run, String group, int offsets) throws Exception {
        long deadline = System.currentTimeMillis() + TIMEOUT_MS;
        while (run.admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().size() < offsets) {
            if (System.currentTimeMillis() > deadline) {
                throw new IllegalStateException(group + " has fewer than " + offsets + " offsets");
            }
            Thread.sleep(500);
        }
        run.event("running", "group", group);
    }

    private String file(String name, String... lines) throws IOException {
        return Files.write(scratch.resolve(name), List.of(lines)).toString();
    }

    private Process java(String log, String mainClass, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m", "-XX:+UseSerialGC",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", System.getProperty("java.class.path"), mainClass));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(scratch.resolve(log).toFile())
            .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        return process;
    }
}
