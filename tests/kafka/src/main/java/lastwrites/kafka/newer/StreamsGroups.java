package lastwrites.kafka.newer;

import java.time.Duration;
import java.util.Map;
import java.util.Properties;

import lastwrites.kafka.broker.Fixture;
import lastwrites.kafka.broker.Run;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.state.Stores;

/** Streams groups (KIP-1071): a running application with a repartition topic and a store, one stopped, one with transactions. */
final class StreamsGroups implements Fixture.Workload {
    private static final int TIMEOUT_MS = 60_000;

    @Override
    public Map<String, String> config() {
        return Map.of(
            "group.streams.min.heartbeat.interval.ms", "500",
            "group.streams.heartbeat.interval.ms", "500",
            "group.streams.initial.rebalance.delay.ms", "0");
    }

    @Override
    public Fixture.Copy copy() {
        return Fixture.Copy.LIVE;
    }

    @Override
    public void run(Run run) throws Exception {
        run.createTopic("words", 3);
        run.createTopic("lines", 2);
        run.produce("words", 3, 20);
        run.commit("simple", "words", 0, 1, 0, "a group with offsets beside streams groups");
        KafkaStreams counting = start(run, "counting", counts(), "at_least_once");
        KafkaStreams exactly = start(run, "exactly-once", copies(), "exactly_once_v2");
        KafkaStreams stopped = start(run, "stopped", copies(), "at_least_once");
        stopped.close(Duration.ofSeconds(20));
        run.event("leave", "group", "stopped");
        run.keepOpen(() -> counting.close(Duration.ofMillis(1)));
        run.keepOpen(() -> exactly.close(Duration.ofMillis(1)));
    }

    private static KafkaStreams start(Run run, String group, Topology topology, String guarantee) throws Exception {
        Properties config = run.clientConfig();
        config.put("application.id", group);
        config.put("client.id", group + "-client");
        config.put("group.protocol", "streams");
        config.put("processing.guarantee", guarantee);
        config.put("num.stream.threads", "1");
        config.put("commit.interval.ms", "1000");
        config.put("default.key.serde", Serdes.StringSerde.class.getName());
        config.put("default.value.serde", Serdes.StringSerde.class.getName());
        config.put("state.dir", run.broker.logDir().resolveSibling("streams-" + group).toString());
        config.put("auto.offset.reset", "earliest");
        KafkaStreams streams = new KafkaStreams(topology, config);
        streams.start();
        long deadline = System.currentTimeMillis() + TIMEOUT_MS;
        while (streams.state() != KafkaStreams.State.RUNNING || run.admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().size() < 3) {
            if (System.currentTimeMillis() > deadline) {
                throw new IllegalStateException(group + " did not get to work: " + streams.state());
            }
            Thread.sleep(200);
        }
        run.event("running", "group", group);
        return streams;
    }

    private static Topology counts() {
        StreamsBuilder builder = new StreamsBuilder();
        builder.<String, String>stream("words")
            .selectKey((key, value) -> value)
            .groupByKey()
            .count(Materialized.as(Stores.inMemoryKeyValueStore("counts")));
        return builder.build();
    }

    private static Topology copies() {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("words").to("lines");
        return builder.build();
    }
}
